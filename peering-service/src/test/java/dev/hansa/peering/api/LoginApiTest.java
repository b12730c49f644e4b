package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWKSet;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.TestTls;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.token.login.LoginKeys;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Logging in as a Kubernetes service account and as a person, over real HTTP, with keys from a
/// real server over TLS.
// shows: POST /v1/acl/login
class LoginApiTest {
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
    void serviceAccountComesInMayDoWhatItsRuleSaysAndGoes() throws Exception {
        logins.kubernetes();
        var end = LoginWorld.inMinutes(30);

        var body =
                LoginWorld.object()
                        .put("AuthMethod", "k8s")
                        .put(
                                "BearerToken",
                                LoginWorld.bearer(logins.key, LoginWorld.claims(end).build()));
        body.putObject("Meta").put("pod", "shop/web-1");
        var made =
                LoginWorld.JSON.readTree(
                        logins.world.post("/v1/acl/login", body.toString()).body());

        assertThat(made.path("AuthMethod").asText()).isEqualTo("k8s");
        assertThat(made.path("Local").asBoolean()).isTrue();
        assertThat(made.path("ExpirationTime").asText()).isEqualTo(end.toString());
        assertThat(made.path("Description").asText())
                .isEqualTo("token created via login: {\"pod\":\"shop/web-1\"}");
        assertThat(made.path("Policies")).hasSize(1);
        assertThat(made.path("Policies").path(0).path("Name").asText()).isEqualTo("shop-reader");
        var token = made.path("SecretID").asText();
        assertThat(logins.peerings(token)).isEqualTo(200);
        assertThat(logins.world.sendAs(token, "GET", "/v1/acl/tokens", "").statusCode())
                .isEqualTo(403);
        assertThat(logins.json("GET", "/v1/acl/tokens?authmethod=k8s", "")).hasSize(1);
        assertThat(logins.json("GET", "/v1/acl/tokens?authmethod=other", "")).isEmpty();
        assertThat(logins.asked).containsExactly("/openid/v1/jwks");
        // a second one needs no keys again
        logins.enter("k8s", LoginWorld.claims().build());
        assertThat(logins.asked).hasSize(1);

        assertThat(logins.world.sendAs(token, "POST", "/v1/acl/logout", "").statusCode())
                .isEqualTo(200);
        assertThat(logins.world.sendAs(token, "GET", "/v1/peerings", "").body())
                .isEqualTo("ACL not found");
        assertThat(logins.world.sendAs(logins.root, "POST", "/v1/acl/logout", "").body())
                .isEqualTo(
                        "Permission denied: expected a token that a login has made; found another");
        assertThat(logins.world.post("/v1/acl/logout", "").statusCode()).isEqualTo(403);
        assertThat(logins.world.events.toString())
                .contains("system:serviceaccount:shop:web")
                .doesNotContain("eyJ")
                .doesNotContain(token);
    }

    @Test
    void tokenEndsWithWhatItWasMadeForOrEarlier() throws Exception {
        logins.kubernetes();
        logins.json(
                "PUT", "/v1/acl/auth-method/k8s", logins.method("k8s").put("MaxTokenTTL", "10m"));

        var brief = logins.enter("k8s", LoginWorld.claims(LoginWorld.inMinutes(5)).build());
        var capped = logins.enter("k8s", LoginWorld.claims(LoginWorld.inMinutes(60)).build());

        assertThat(Duration.between(Instant.now(), end(brief))).isLessThan(Duration.ofMinutes(6));
        assertThat(Duration.between(Instant.now(), end(capped)))
                .isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
        logins.world.ahead = Duration.ofMinutes(7);
        assertThat(logins.peerings(brief.path("SecretID").asText())).isEqualTo(403);
        assertThat(logins.peerings(capped.path("SecretID").asText())).isEqualTo(200);
        logins.world.ahead = Duration.ofMinutes(11);
        assertThat(logins.peerings(capped.path("SecretID").asText())).isEqualTo(403);
        assertThat(
                        logins.refusal(
                                "k8s",
                                LoginWorld.bearer(
                                        logins.key,
                                        LoginWorld.claims(LoginWorld.inMinutes(5)).build())))
                .startsWith("Permission denied: bearer token: exp: expected a later moment");
    }

    private static Instant end(JsonNode token) {
        return Instant.parse(token.path("ExpirationTime").asText());
    }

    @Test
    void whoeverIsNotMeantStaysOutside() throws Exception {
        logins.kubernetes();

        assertThat(
                        logins.refusal(
                                "none", LoginWorld.bearer(logins.key, LoginWorld.claims().build())))
                .isEqualTo("ACL not found: auth method \"none\" not found");
        assertThat(
                        logins.refusal(
                                "k8s",
                                LoginWorld.bearer(logins.stranger, LoginWorld.claims().build())))
                .isEqualTo(
                        "Permission denied: bearer token: expected a signature by a key of the auth method; found none");
        assertThat(
                        logins.refusal(
                                "k8s",
                                LoginWorld.bearer(
                                        logins.key,
                                        LoginWorld.claims()
                                                .issuer("https://evil.example")
                                                .build())))
                .contains("iss: expected '" + LoginWorld.ISSUER + "'");
        assertThat(
                        logins.refusal(
                                "k8s",
                                LoginWorld.bearer(
                                        logins.key, LoginWorld.claims().audience("other").build())))
                .contains("aud: expected one of [hansa]");
        var otherAccount =
                LoginWorld.claims()
                        .claim(
                                "kubernetes.io",
                                Map.of(
                                        "namespace",
                                        "shop",
                                        "serviceaccount",
                                        Map.of("name", "cart")));
        assertThat(logins.refusal("k8s", LoginWorld.bearer(logins.key, otherAccount.build())))
                .startsWith("Permission denied: expected a binding rule of auth method 'k8s'");
        // the rules fit, and there is no such policy, or none that a token may name
        logins.rule("k8s", "policy", "${value.namespace}", "");
        for (var namespace : List.of("bank", "global-management", "../shop", "")) {
            var injecting =
                    LoginWorld.claims()
                            .claim(
                                    "kubernetes.io",
                                    Map.of(
                                            "namespace",
                                            namespace,
                                            "serviceaccount",
                                            Map.of("name", "web")));
            assertThat(logins.refusal("k8s", LoginWorld.bearer(logins.key, injecting.build())))
                    .startsWith("Permission denied: expected a binding rule");
        }
        var pointing =
                new JWSHeader.Builder(JWSAlgorithm.RS256)
                        .keyID("k1")
                        .jwkURL(URI.create(logins.keys.replace("openid", "attacker")))
                        .x509CertURL(URI.create(logins.keys.replace("openid", "attacker")))
                        .jwk(logins.stranger.toPublicJWK())
                        .build();
        assertThat(
                        logins.refusal(
                                "k8s",
                                LoginWorld.bearer(
                                        logins.stranger, LoginWorld.claims().build(), pointing)))
                .contains("expected a signature");
        assertThat(logins.refusal("k8s", "x".repeat(16 * 1024 + 1)))
                .contains("expected at most 16384 characters");
        assertThat(logins.asked).containsExactly("/openid/v1/jwks");
        assertThat(logins.world.store.now().acl().tokens()).hasSize(1);
        assertThat(logins.world.events.toString()).doesNotContain("eyJ");
    }

    /// Whose token is over asks with it for the next one, as Consul's clients do.
    @Test
    void tokenThatIsOverIsNotInTheWayOfTheNextOne() throws Exception {
        logins.kubernetes();
        var body =
                LoginWorld.object()
                        .put("AuthMethod", "k8s")
                        .put(
                                "BearerToken",
                                LoginWorld.bearer(logins.key, LoginWorld.claims().build()));
        var answer =
                logins.world.sendAs(
                        "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f002",
                        "POST",
                        "/v1/acl/login",
                        body.toString());

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /// However long the issuer lets his live.
    @Test
    void tokenOfAMethodWithoutALimitEndsAfterADay() throws Exception {
        logins.kubernetes();

        var made =
                logins.enter("k8s", LoginWorld.claims(LoginWorld.inMinutes(60 * 24 * 300)).build());

        assertThat(Duration.between(Instant.now(), end(made)))
                .isBetween(Duration.ofHours(23), LoginResource.LIFE);
    }

    /// An issuer may give its next key the name of the one before, or none.
    @Test
    void newKeyUnderAnOldNameIsAskedFor() throws Exception {
        logins.kubernetes();
        var old = LoginKeys.ofJwks(new JWKSet(logins.stranger).toString(true));
        var present = LoginKeys.ofJwks(new JWKSet(logins.key).toString(true));
        logins.world.issuer = Optional.of((_, newer) -> newer ? present : old);

        assertThat(logins.enter("k8s", LoginWorld.claims().build()).path("Policies")).hasSize(1);
    }

    /// What is no token makes nobody ask an issuer.
    @Test
    void keysAreAskedForOnlyWhenATokenCouldBeOne() throws Exception {
        logins.kubernetes();
        var hmac =
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

        assertThat(logins.refusal("k8s", "no JWT")).contains("expected a signed JWT");
        assertThat(logins.refusal("k8s", hmac)).contains("expected an algorithm");
        assertThat(logins.asked).isEmpty();
        assertThat(logins.world.events)
                .contains(
                        new PeeringEvent.LoginTried("k8s", "malformed", "127.0.0.1"),
                        new PeeringEvent.LoginTried("k8s", "algorithm", "127.0.0.1"));
    }

    @Test
    void whoMayNotReachTheKeysIsToldNothingOfWhy() throws Exception {
        var method = logins.method("away");
        ((ObjectNode) method.path("Config")).put("JWKSURL", "https://169.254.169.254/latest/");
        logins.json("PUT", "/v1/acl/auth-method", method);

        var bearer = LoginWorld.bearer(logins.key, LoginWorld.claims().build());
        var answer = logins.login("away", bearer);

        assertThat(answer.body())
                .isEqualTo(
                        "login: auth method 'away': expected its issuer's keys; found none for now: the log of the server that leads says why");
        assertThat(logins.world.events.toString()).contains("link-local");
        // who is away for a moment is no reason to give up
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).contains("10");
        try (var follower =
                new ApiWorld(folder.resolve("follower"), new AccessSettings(true, false))) {
            follower.follow(logins.world);
            var body = LoginWorld.object().put("AuthMethod", "away").put("BearerToken", bearer);
            var passedOn = follower.post("/v1/acl/login", body.toString());
            assertThat(passedOn.statusCode()).isEqualTo(503);
            assertThat(passedOn.headers().firstValue("Retry-After")).contains("10");
        }
    }

    /// An operator who changes a method does not lock out who logs in at that moment.
    @Test
    void whoLogsInWhileTheMethodChangesIsToldToTryAgain() throws Exception {
        logins.kubernetes();
        var present = LoginKeys.ofJwks(new JWKSet(logins.key).toString(true));
        logins.world.issuer =
                Optional.of((_, _) -> {
                    changeMethod();
                    return present;
                });
        var bearer = LoginWorld.bearer(logins.key, LoginWorld.claims().build());

        var answer = logins.login("k8s", bearer);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).contains("10");
        assertThat(answer.body()).startsWith("login: ").endsWith(": try again");
        assertThat(logins.world.events)
                .contains(new PeeringEvent.LoginTried("k8s", "changed", "127.0.0.1"));
    }

    private void changeMethod() {
        try {
            logins.json(
                    "PUT", "/v1/acl/auth-method/k8s", logins.method("k8s").put("Description", "x"));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void personComesInByPinnedKeysWithGroupsAndIdentities() throws Exception {
        var method =
                logins.method("people").put("TokenLocality", "global").put("DisplayName", "People");
        var config = (ObjectNode) method.path("Config");
        config.remove(List.of("JWKSURL", "JWKSCACert"));
        config.putArray("JWTValidationPubKeys")
                .add(TestTls.pem("PUBLIC KEY", logins.stranger.toRSAPublicKey().getEncoded()))
                .add(TestTls.pem("PUBLIC KEY", logins.key.toRSAPublicKey().getEncoded()));
        logins.json("PUT", "/v1/acl/auth-method", method);
        logins.rule("people", "policy", "builtin/global-read-only", "ops in list.groups");
        logins.rule("people", "service", "${value.account}", "");
        logins.rule("people", "node", "vm-${value.account}", "");

        var made =
                logins.enter(
                        "people",
                        LoginWorld.claims().claim("groups", List.of("dev", "ops")).build());

        assertThat(made.path("Local").asBoolean()).isFalse();
        assertThat(made.path("Policies").path(0).path("Name").asText())
                .isEqualTo("builtin/global-read-only");
        assertThat(made.path("ServiceIdentities").path(0).path("ServiceName").asText())
                .isEqualTo("web");
        assertThat(made.path("NodeIdentities").path(0).path("NodeName").asText())
                .isEqualTo("vm-web");
        assertThat(logins.asked).isEmpty();
        assertThat(logins.enter("people", LoginWorld.claims().build()).path("Policies")).isEmpty();
        var config2 = logins.method("set");
        var set = (ObjectNode) config2.path("Config");
        set.remove(List.of("JWKSURL", "JWKSCACert"));
        set.set("JWKS", LoginWorld.JSON.readTree(new JWKSet(logins.key).toString(true)));
        logins.json("PUT", "/v1/acl/auth-method", config2);
        logins.rule("set", "service", "web", "");
        assertThat(logins.enter("set", LoginWorld.claims().build()).path("ServiceIdentities"))
                .hasSize(1);
    }

    // shows: DELETE /v1/acl/auth-method/:name
    @Test
    void methodTakesWhoHasComeInByItAlong() throws Exception {
        logins.kubernetes();
        var token = logins.enter("k8s", LoginWorld.claims().build());
        var secret = token.path("SecretID").asText();
        var accessor = token.path("AccessorID").asText();
        assertThat(logins.send("PUT", "/v1/acl/token/" + accessor + "/clone", "").body())
                .isEqualTo("Cannot clone a token created from an auth method");
        assertThat(logins.send("PUT", "/v1/acl/token", "{\"AuthMethod\":\"k8s\"}").body())
                .isEqualTo("AuthMethod field is disallowed outside of Login");
        // what is changed of it stays a login's
        logins.json(
                "PUT", "/v1/acl/token/" + accessor, "{\"Policies\":[{\"Name\":\"shop-reader\"}]}");
        assertThat(logins.peerings(secret)).isEqualTo(200);

        assertThat(logins.json("DELETE", "/v1/acl/auth-method/k8s", "").asBoolean()).isTrue();
        assertThat(logins.peerings(secret)).isEqualTo(403);
        assertThat(logins.json("GET", "/v1/acl/binding-rules", "")).isEmpty();
        assertThat(logins.send("GET", "/v1/acl/auth-method/k8s", "").statusCode()).isEqualTo(404);
    }

    @Test
    void onlyWhoMayReadTokensSeesWhoseWordCounts() throws Exception {
        logins.kubernetes();
        var token = logins.enter("k8s", LoginWorld.claims().build()).path("SecretID").asText();
        for (var path :
                List.of(
                        "/v1/acl/auth-methods",
                        "/v1/acl/auth-method/k8s",
                        "/v1/acl/binding-rules")) {
            for (var caller : List.of("", token)) {
                var answer = logins.world.sendAs(caller, "GET", path, "");
                assertThat(answer.statusCode()).as(path).isEqualTo(403);
                assertThat(answer.body()).doesNotContain("kubernetes.example");
            }
        }
    }

    @Test
    void guessingIsSlow() throws Exception {
        var statuses = new ArrayList<Integer>();
        // a slow machine lets some more come in meanwhile
        while (!statuses.contains(429) && statuses.size() < 10 * LoginGate.BURST) {
            statuses.add(logins.login("k8s", "x").statusCode());
        }

        assertThat(statuses).hasSizeGreaterThan(LoginGate.BURST).endsWith(429);
        assertThat(statuses.subList(0, LoginGate.BURST)).containsOnly(403);
        assertThat(logins.world.events).contains(new PeeringEvent.RequestOverRate());
        // all else goes on
        assertThat(logins.peerings(logins.root)).isEqualTo(200);
    }

    @Test
    void followerPassesALoginOnAndItsTokenHoldsEverywhere() throws Exception {
        logins.kubernetes();
        try (var follower =
                new ApiWorld(folder.resolve("follower"), new AccessSettings(true, false))) {
            // it says where a client is once the audit log has begun
            follower.put("/v1/acl/bootstrap", "");
            follower.follow(logins.world);
            var answer =
                    follower.post(
                            "/v1/acl/login",
                            LoginWorld.object()
                                    .put("AuthMethod", "k8s")
                                    .put(
                                            "BearerToken",
                                            LoginWorld.bearer(
                                                    logins.key, LoginWorld.claims().build()))
                                    .toString());

            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            var token = LoginWorld.JSON.readTree(answer.body()).path("SecretID").asText();
            assertThat(follower.sendAs(token, "GET", "/v1/peerings", "").statusCode())
                    .isEqualTo(200);
            assertThat(logins.peerings(token)).isEqualTo(200);
            assertThat(follower.sendAs(token, "POST", "/v1/acl/logout", "").statusCode())
                    .isEqualTo(200);
            assertThat(logins.peerings(token)).isEqualTo(403);
            assertThat(logins.world.events)
                    .contains(new PeeringEvent.LoginTried("k8s", "accepted", "127.0.0.1"));
        }
    }
}
