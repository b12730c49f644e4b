package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.Settings;
import dev.hansa.failover.JoinToken;
import dev.hansa.kubernetes.inject.ConnectInitMain;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A pod that comes into the mesh of a real server, by the token of its service account.
class ConnectInitTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final KeyPair ISSUER = keys();

    @TempDir private static Path shared;
    @TempDir private Path folder;

    private static TestingDatacenter eks;

    private record Ran(int status, String said) {}

    private static KeyPair keys() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        eks = TestingDatacenter.start("eks", shared);
        var config = JSON.createObjectNode().put("BoundIssuer", "https://kubernetes.example");
        config.putArray("BoundAudiences").add("hansa");
        config.putArray("JWTValidationPubKeys")
                .add(
                        "-----BEGIN PUBLIC KEY-----\n"
                                + Base64.getMimeEncoder()
                                        .encodeToString(ISSUER.getPublic().getEncoded())
                                + "\n-----END PUBLIC KEY-----\n");
        config.putObject("ClaimMappings").put("/kubernetes.io/serviceaccount/name", "account");
        var method = JSON.createObjectNode().put("Name", "kubernetes").put("Type", "jwt");
        method.set("Config", config);
        put("/v1/acl/auth-method", method);
        put("/v1/acl/binding-rule", rule("service", "${value.account}", ""));
    }

    @AfterAll
    static void stop() throws Exception {
        eks.close();
    }

    private static ObjectNode rule(String type, String name, String selector) {
        return JSON.createObjectNode()
                .put("AuthMethod", "kubernetes")
                .put("BindType", type)
                .put("BindName", name)
                .put("Selector", selector);
    }

    private static void put(String path, ObjectNode body) {
        var answer = eks.ask("PUT", path, body.toString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /// As whoever reads EndpointSlices registers a pod for a Service.
    private static void register(String service, String kubernetesService, String uid) {
        var body = JSON.createObjectNode().put("Node", "k8s-node-1").put("Address", "192.0.2.1");
        body.putObject("Service")
                .put("ID", uid + "-" + service)
                .put("Service", service)
                .put("Address", "192.0.2.7")
                .put("Port", 8080)
                .putObject("Meta")
                .put("pod-uid", uid)
                .put("k8s-service-name", kubernetesService);
        put("/v1/catalog/register", body);
    }

    private static String bearer(String account) throws GeneralSecurityException {
        var claims =
                JSON.createObjectNode()
                        .put("iss", "https://kubernetes.example")
                        .put("sub", "system:serviceaccount:shop:" + account)
                        .put("exp", Instant.now().plusSeconds(600).getEpochSecond());
        claims.putArray("aud").add("hansa");
        claims.putObject("kubernetes.io").putObject("serviceaccount").put("name", account);
        var head =
                encoded("{\"alg\":\"RS256\",\"typ\":\"JWT\"}") + "." + encoded(claims.toString());
        var signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(ISSUER.getPrivate());
        signature.update(head.getBytes(StandardCharsets.US_ASCII));
        return head
                + "."
                + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
    }

    private static String encoded(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private Path out() {
        return folder.resolve("join-token");
    }

    private Ran run(String bearer, String uid, Map<String, String> more) throws Exception {
        var settings = new HashMap<String, String>();
        settings.put("http-addr", eks.address());
        settings.put(
                "bearer-token-file", Files.writeString(folder.resolve("token"), bearer).toString());
        settings.put("namespace", "shop");
        settings.put("pod", "web-0");
        settings.put("pod-uid", uid);
        settings.put("out", out().toString());
        settings.put("timeout", "1s");
        settings.putAll(more);
        var said = new ByteArrayOutputStream();
        var status =
                ConnectInitMain.run(
                        Settings.of(settings, Map.of(), Optional.empty()),
                        new PrintStream(said, true, StandardCharsets.UTF_8));
        return new Ran(status, said.toString(StandardCharsets.UTF_8));
    }

    private static int logins() throws Exception {
        return JSON.readTree(eks.ask("GET", "/v1/acl/tokens?authmethod=kubernetes", "").body())
                .size();
    }

    @Test
    void podOfOneServiceGetsATokenThatItsSidecarAloneReads() throws Exception {
        register("web", "web", "uid-1");

        var ran =
                run(
                        bearer("web"),
                        "uid-1",
                        Map.of("service", "web", "upstreams", "shipping:50052"));

        assertThat(ran.status()).as(ran.said()).isZero();
        assertThat(ran.said())
                .contains("pod 'shop/web-0' joins as service 'web', upstreams: shipping:50052")
                .doesNotContain("eyJ")
                .doesNotContain(Files.readString(out()));
        assertThat(JoinToken.read(out()).datacenter().name()).isEqualTo("eks");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out())))
                .isEqualTo("rw-------");
        assertThat(logins()).as("tokens of logins").isZero();
    }

    @Test
    void podWaitsForItsService() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running =
                    threads.submit(() ->
                            run(
                                    bearer("late"),
                                    "uid-2",
                                    Map.of("service", "late", "timeout", "60s")));
            Awaitility.await().until(() -> logins() == 1);
            register("late", "late", "uid-2");

            assertThat(running.get().status()).isZero();
        }
    }

    @Test
    void podThatNoServiceSelectsSaysSo() throws Exception {
        var ran = run(bearer("alone"), "uid-3", Map.of("service", "alone"));

        assertThat(ran.status()).isEqualTo(3);
        assertThat(ran.said().lines().toList().getLast())
                .isEqualTo(
                        "NoService: pod 'shop/web-0': expected that one Service selects it, with instances of service 'alone', its service account; found none (no Service selects it, several do, or one that is named otherwise: its Events say which)");
        assertThat(out()).doesNotExist();
        assertThat(logins()).isZero();
    }

    @Test
    void podThatSeveralServicesSelectSaysWhichUnlessOneIsNamed() throws Exception {
        register("twice", "twice", "uid-4");
        register("other", "other", "uid-4");

        var ran = run(bearer("twice"), "uid-4", Map.of("service", "twice"));
        assertThat(ran.status()).isEqualTo(4);
        assertThat(ran.said()).contains("SeveralServices: ", "found 'other' and 'twice'");
        assertThat(
                        run(
                                        bearer("twice"),
                                        "uid-4",
                                        Map.of("service", "twice", "kubernetes-service", "twice"))
                                .status())
                .isZero();
    }

    @Test
    void podOfAnotherServiceThanItsAccountsSaysWhich() throws Exception {
        register("frontend", "frontend", "uid-5");

        var ran = run(bearer("web2"), "uid-5", Map.of("service", "web2"));

        assertThat(ran.status()).isEqualTo(5);
        assertThat(ran.said()).contains("OtherService: ", "found 'frontend'");
    }

    @Test
    void podThatOnlyCallsNeedsNoService() throws Exception {
        var ran = run(bearer("batch"), "uid-6", Map.of("service", "batch", "only-calls", "true"));

        assertThat(ran.status()).as(ran.said()).isZero();
        assertThat(out()).exists();
    }

    /// Another's account, a forged token, a token file that is not there: none of them gets in, and
    /// nothing of what was shown is repeated.
    @Test
    void whoeverIsNotTheServiceStaysOutside() throws Exception {
        register("pay", "pay", "uid-8");

        var other = run(bearer("web"), "uid-8", Map.of("service", "pay"));
        assertThat(other.status()).isEqualTo(1);
        assertThat(other.said()).contains("expected a join token; found 'Permission denied");
        var forged = bearer("pay").substring(0, bearer("pay").length() - 8) + "AAAAAAAA";
        var refused = run(forged, "uid-8", Map.of("service", "pay"));
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.said())
                .contains("ConnectInitFailed: ", "expected a login at auth method 'kubernetes'")
                .doesNotContain(forged.substring(0, 20));
        var none =
                run(
                        "x",
                        "uid-8",
                        Map.of("service", "pay", "bearer-token-file", folder + "/nowhere"));
        assertThat(none.said()).contains("nowhere': expected to be readable");
        assertThat(out()).doesNotExist();
    }

    @Test
    void mistakesAreToldBeforeAnybodyIsAsked() throws Exception {
        assertThat(run("x", "uid 9", Map.of("timeout", "1h")).said())
                .contains(
                        "pod-uid: expected the pod's uid",
                        "service: expected the name of the pod's service account",
                        "timeout: expected a duration from 1s to 10m");
    }
}
