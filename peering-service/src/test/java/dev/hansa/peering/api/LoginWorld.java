package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.hansa.peering.TestTls;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import io.vertx.core.Vertx;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/// A datacenter, and an issuer whose keys are published by a real server over TLS.
final class LoginWorld implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    static final String ISSUER = "https://kubernetes.example";

    private static final RSAKey KEY = key();
    private static final RSAKey STRANGER = key();

    final RSAKey key = KEY;
    final RSAKey stranger = STRANGER;
    final ApiWorld world;
    final String root;

    /// What the issuer's server was asked for, and where that is.
    final List<String> asked = new CopyOnWriteArrayList<>();

    final String keys;

    private final Vertx vertx = Vertx.vertx();
    private final CaMaterial ca =
            CaMaterial.create(
                    new TrustDomain("eks.consul"),
                    new Datacenter("eks"),
                    Clock.systemUTC().instant());

    LoginWorld(Path folder) throws Exception {
        var server =
                vertx.createHttpServer(TestTls.certified(ca, "localhost"))
                        .requestHandler(call -> {
                            asked.add(call.uri());
                            call.response().end(new JWKSet(key).toString(true));
                        })
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS);
        keys = "https://localhost:" + server.actualPort() + "/openid/v1/jwks";
        world = new ApiWorld(folder, new AccessSettings(true, false));
        root = JSON.readTree(world.put("/v1/acl/bootstrap", "").body()).path("SecretID").asText();
    }

    private static RSAKey key() {
        try {
            return new RSAKeyGenerator(2048).keyID("k1").generate();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() throws Exception {
        world.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    HttpResponse<String> send(String method, String path, Object body) throws Exception {
        return world.sendAs(root, method, path, body.toString());
    }

    JsonNode json(String method, String path, Object body) throws Exception {
        var answer = send(method, path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    ObjectNode config() {
        var config =
                object().put("JWKSURL", keys)
                        .put("JWKSCACert", ca.rootPem())
                        .put("BoundIssuer", ISSUER);
        config.putArray("BoundAudiences").add("hansa");
        config.putObject("ClaimMappings")
                .put("/kubernetes.io/namespace", "namespace")
                .put("/kubernetes.io/serviceaccount/name", "account");
        config.putObject("ListClaimMappings").put("groups", "groups");
        return config;
    }

    ObjectNode method(String name) {
        var method = object().put("Name", name).put("Type", "jwt");
        method.set("Config", config());
        return method;
    }

    void rule(String method, String type, String name, String selector) throws Exception {
        json(
                "PUT",
                "/v1/acl/binding-rule",
                object().put("AuthMethod", method)
                        .put("BindType", type)
                        .put("BindName", name)
                        .put("Selector", selector));
    }

    void policy(String name, String rules) throws Exception {
        json("PUT", "/v1/acl/policy", object().put("Name", name).put("Rules", rules));
    }

    /// The cluster as an operator would set it up.
    void kubernetes() throws Exception {
        json("PUT", "/v1/acl/auth-method", method("k8s"));
        policy("shop-reader", "peering = \"read\"");
        rule("k8s", "policy", "${value.namespace}-reader", "value.account == web");
    }

    static JWTClaimsSet.Builder claims(Instant end) {
        return new JWTClaimsSet.Builder()
                .issuer(ISSUER)
                .audience("hansa")
                .subject("system:serviceaccount:shop:web")
                .expirationTime(Date.from(end))
                .claim(
                        "kubernetes.io",
                        Map.of("namespace", "shop", "serviceaccount", Map.of("name", "web")));
    }

    static Instant inMinutes(int minutes) {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).plus(Duration.ofMinutes(minutes));
    }

    static JWTClaimsSet.Builder claims() {
        return claims(inMinutes(30));
    }

    static String bearer(RSAKey by, JWTClaimsSet claims) throws Exception {
        return bearer(by, claims, new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("k1").build());
    }

    static String bearer(RSAKey by, JWTClaimsSet claims, JWSHeader header) throws Exception {
        var token = new SignedJWT(header, claims);
        token.sign(new RSASSASigner(by));
        return token.serialize();
    }

    HttpResponse<String> login(String method, String bearer) throws Exception {
        return world.post(
                "/v1/acl/login",
                object().put("AuthMethod", method).put("BearerToken", bearer).toString());
    }

    String refusal(String method, String bearer) throws Exception {
        var answer = login(method, bearer);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(403);
        assertThat(answer.body())
                .doesNotContain(bearer.substring(0, Math.min(20, bearer.length())));
        return answer.body();
    }

    JsonNode enter(String method, JWTClaimsSet claims) throws Exception {
        var answer = login(method, bearer(key, claims));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    int peerings(String token) throws Exception {
        return world.sendAs(token, "GET", "/v1/peerings", "").statusCode();
    }
}
