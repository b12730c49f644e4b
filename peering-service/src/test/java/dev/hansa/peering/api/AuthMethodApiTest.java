package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.jwk.JWKSet;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Auth methods and binding rules as they are written, and what is not taken for one.
class AuthMethodApiTest {
    @TempDir Path folder;
    private LoginWorld logins;

    @BeforeEach
    void start() throws Exception {
        logins = new LoginWorld(folder);
    }

    @AfterEach
    void stop() throws Exception {
        logins.close();
    }

    @Test
    void methodAndRuleAreWrittenReadListedAndDeletedAsByConsul() throws Exception {
        var made =
                logins.json(
                        "PUT",
                        "/v1/acl/auth-method",
                        logins.method("k8s").put("MaxTokenTTL", "1h30m"));
        assertThat(made.path("MaxTokenTTL").asText()).isEqualTo("1h30m0s");
        assertThat(made.path("TokenLocality").asText()).isEqualTo("local");
        assertThat(made.path("Config")).isEqualTo(logins.config());
        assertThat(logins.json("GET", "/v1/acl/auth-method/k8s", "")).isEqualTo(made);
        var list = logins.json("GET", "/v1/acl/auth-methods", "");
        assertThat(list).hasSize(1);
        assertThat(list.path(0).has("Config")).isFalse();
        var changed =
                logins.json(
                        "PUT",
                        "/v1/acl/auth-method/k8s",
                        logins.method("k8s").put("Description", "ours"));
        assertThat(changed.path("Description").asText()).isEqualTo("ours");
        assertThat(changed.path("CreateIndex")).isEqualTo(made.path("CreateIndex"));

        logins.rule("k8s", "service", "web", "");
        var rules = logins.json("GET", "/v1/acl/binding-rules?authmethod=k8s", "");
        assertThat(rules).hasSize(1);
        var rule = (ObjectNode) rules.path(0);
        var path = "/v1/acl/binding-rule/" + rule.path("ID").asText();
        assertThat(logins.json("PUT", path, rule.put("BindName", "shop")).path("BindName").asText())
                .isEqualTo("shop");
        assertThat(logins.json("GET", path, "").path("BindName").asText()).isEqualTo("shop");
        assertThat(logins.send("PUT", path, rule.put("AuthMethod", "other")).body())
                .isEqualTo(
                        "Invalid Binding Rule: the AuthMethod field of a Binding Rule is immutable");
        assertThat(logins.json("DELETE", path, "").asBoolean()).isTrue();
        assertThat(logins.send("GET", path, "").statusCode()).isEqualTo(404);
        assertThat(logins.send("PUT", path, "{}").statusCode()).isEqualTo(404);
        assertThat(
                        logins.send("PUT", "/v1/acl/auth-method/none", logins.method("none"))
                                .statusCode())
                .isEqualTo(404);
    }

    private String fault(ObjectNode method) throws Exception {
        var answer = logins.send("PUT", "/v1/acl/auth-method", method);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        return answer.body();
    }

    private String fault(String field, Object value) throws Exception {
        var method = logins.method("k8s");
        ((ObjectNode) method.path("Config")).set(field, LoginWorld.JSON.valueToTree(value));
        return fault(method);
    }

    // shows: PUT /v1/acl/auth-method
    @Test
    void methodThatWouldBelieveTooMuchIsRefusedInWords() throws Exception {
        assertThat(fault(logins.method("k8s").put("Type", "kubernetes")))
                .contains("Type: expected 'jwt'");
        assertThat(fault(logins.method("a b"))).contains("invalid Name");
        assertThat(fault(logins.method("k8s").put("TokenLocality", "mars")))
                .contains("TokenLocality");
        assertThat(fault(logins.method("k8s").put("MaxTokenTTL", "5s")))
                .contains("expected a life from 1m");
        for (var algorithm : List.of("none", "HS256", "EdDSA", "ES256K", "rs256")) {
            assertThat(fault("JWTSupportedAlgs", List.of(algorithm)))
                    .contains("JWTSupportedAlgs: expected some of")
                    .endsWith("found '" + algorithm + "'");
        }
        for (var url :
                List.of(
                        "http://localhost/jwks",
                        "file:///etc/shadow",
                        "/proc/self/environ",
                        "https://user:secret@localhost/",
                        "https:///jwks",
                        "https://localhost/#x",
                        "jar:https://x!/y")) {
            assertThat(fault("JWKSURL", url))
                    .contains("JWKSURL: expected https://HOST/PATH")
                    .doesNotContain("secret");
        }
        assertThat(fault("OIDCDiscoveryURL", "https://issuer.example"))
                .contains("OIDCDiscoveryURL: expected JWKSURL");
        assertThat(fault("JWKSCACert", "x")).contains("JWKSCACert: expected certificates");
        assertThat(fault("JWKS", "{}"))
                .contains("expected one of [JWTValidationPubKeys, JWKS, JWKSURL]");
        assertThat(fault("ClockSkewLeeway", "2h")).contains("ClockSkewLeeway: expected at most 1h");
        assertThat(fault("Unknown", 1)).contains("unknown field");
        assertThat(fault("ClaimMappings", Map.of("sub", "a-b")))
                .contains("ClaimMappings: expected");
        var anybody = logins.method("k8s");
        ((ObjectNode) anybody.path("Config")).remove(List.of("BoundIssuer", "BoundAudiences"));
        assertThat(fault(anybody)).contains("expected BoundIssuer or BoundAudiences");
        var unfit = logins.method("k8s");
        var pinned = (ObjectNode) unfit.path("Config");
        pinned.remove(List.of("JWKSURL", "JWKSCACert"));
        pinned.set("JWKS", LoginWorld.JSON.readTree(new JWKSet(logins.key).toString(true)));
        pinned.putArray("JWTSupportedAlgs").add("ES256");
        assertThat(fault(unfit))
                .contains("expected one by which a pinned key can sign; found [ES256]");
        assertThat(fault("JWKSCACert", "x".repeat(128 * 1024)))
                .contains("Config: expected at most 131072 characters");
        var secret = logins.method("k8s");
        var config = (ObjectNode) secret.path("Config");
        config.remove(List.of("JWKSURL", "JWKSCACert"));
        config.set("JWKS", LoginWorld.JSON.readTree(new JWKSet(logins.key).toString(false)));
        assertThat(fault(secret))
                .contains("found a secret one")
                .doesNotContain(logins.key.getPrivateExponent().toString());
        assertThat(logins.world.store.now().acl().logins().methods()).isEmpty();
    }

    // shows: PUT /v1/acl/binding-rule
    @Test
    void ruleThatCannotHoldIsRefusedInWords() throws Exception {
        logins.kubernetes();
        for (var no :
                List.of(
                        LoginWorld.object().put("BindType", "role").put("BindName", "x"),
                        LoginWorld.object()
                                .put("BindType", "templated-policy")
                                .put("BindName", "x"),
                        LoginWorld.object()
                                .put("BindType", "policy")
                                .put("BindName", "${value.nobody}"),
                        LoginWorld.object()
                                .put("BindType", "policy")
                                .put("BindName", "x")
                                .put("Selector", "value.nobody == x"))) {
            assertThat(
                            logins.send("PUT", "/v1/acl/binding-rule", no.put("AuthMethod", "k8s"))
                                    .body())
                    .startsWith("Invalid Binding Rule: ");
        }
        assertThat(
                        logins.send(
                                        "PUT",
                                        "/v1/acl/binding-rule",
                                        LoginWorld.object()
                                                .put("AuthMethod", "none")
                                                .put("BindType", "policy"))
                                .body())
                .isEqualTo(
                        "Invalid Binding Rule: AuthMethod: expected the name of one; found 'none'");
    }
}
