package dev.hansa.kubernetes.install;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.hansa.bootstrap.InvalidConfigException;
import dev.hansa.bootstrap.Settings;
import dev.hansa.kubernetes.api.AclApi;
import dev.hansa.kubernetes.api.ApiAccess;
import dev.hansa.kubernetes.api.HansaApi;
import dev.hansa.peering.PeeringService;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Date;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Level;
import java.util.logging.Logger;

/// A mocked API server that signs tokens of service accounts, and room for a real server beside it.
final class TestingInstallation implements AutoCloseable {
    static final String ISSUER = "https://kubernetes.default.svc.cluster.local";

    /// Held, or its level would be forgotten with it: it logs each request.
    private static final Logger QUIET = Logger.getLogger(MockWebServer.class.getName());

    /// Of one server.
    private static final int PORTS = 5;

    /// One for all: it takes the processor longer than anything else here.
    private static final RSAKey KEY = key();

    private final KubernetesMockServer server;
    private final NamespacedKubernetesClient client;
    private final List<Integer> ports = FreePorts.some(2 * PORTS);
    private final Queue<String> said = new ConcurrentLinkedQueue<>();
    private final Path folder;
    private final Deque<PeeringService> running = new ArrayDeque<>();

    private static RSAKey key() {
        try {
            return new RSAKeyGenerator(2048).keyID("one").generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    TestingInstallation(Path folder) throws IOException {
        QUIET.setLevel(Level.WARNING);
        this.folder = folder;
        var responses = new HashMap<ServerRequest, Queue<ServerResponse>>();
        server =
                new KubernetesMockServer(
                        new Context(),
                        new MockWebServer(),
                        responses,
                        new KubernetesMixedDispatcher(responses),
                        false);
        server.init();
        server.expect()
                .get()
                .withPath("/.well-known/openid-configuration")
                .andReturn(200, "{\"issuer\":\"" + ISSUER + "\"}")
                .always();
        server.expect()
                .get()
                .withPath("/openid/v1/jwks")
                .andReturn(200, new JWKSet(KEY).toPublicJWKSet().toString())
                .always();
        client = server.createClient();
    }

    /// Nobody may read there from now on.
    void refuse(String path) {
        server.expect().get().withPath(path).andReturn(403, "").always();
    }

    NamespacedKubernetesClient client() {
        return client;
    }

    /// Another client of the same API server.
    NamespacedKubernetesClient another() {
        return server.createClient();
    }

    Queue<String> said() {
        return said;
    }

    URI address() {
        return address(0);
    }

    URI address(int server) {
        return URI.create("https://127.0.0.1:" + ports.get(server * PORTS));
    }

    Path caFile() {
        return folder.resolve("ca.crt");
    }

    /// Of a pod's service account.
    Path bearer(String namespace, String account) throws JOSEException, IOException {
        var now = Instant.now();
        var jwt =
                new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("one").build(),
                        new JWTClaimsSet.Builder()
                                .issuer(ISSUER)
                                .audience("hansa")
                                .subject("system:serviceaccount:" + namespace + ":" + account)
                                .issueTime(Date.from(now))
                                .expirationTime(Date.from(now.plus(Duration.ofHours(1))))
                                .claim(
                                        "kubernetes.io",
                                        Map.of(
                                                "namespace",
                                                namespace,
                                                "serviceaccount",
                                                Map.of("name", account)))
                                .build());
        jwt.sign(new RSASSASigner(KEY));
        return Files.writeString(
                folder.resolve(namespace + "-" + account + ".jwt"), jwt.serialize());
    }

    static Settings settings(Map<String, String> flags) {
        return Settings.of(flags, Map.of(), Optional.empty());
    }

    BootstrapConfig config(Map<String, String> others) throws InvalidConfigException {
        var flags = new HashMap<String, String>();
        flags.put("http-addr", address().toString());
        flags.put("prefix", "eks");
        flags.put("namespace", "mesh");
        flags.put("wait-limit", "60s");
        flags.putAll(others);
        return BootstrapConfig.read(settings(flags));
    }

    Bootstrap bootstrap(Map<String, String> others) throws InvalidConfigException {
        return new Bootstrap(config(others), client, Clock.systemUTC(), said::add);
    }

    String secret(String name, String key) {
        return Keeping.value(client.secrets().inNamespace("mesh").withName(name).get(), key);
    }

    boolean hasSecret(String name) {
        return client.secrets().inNamespace("mesh").withName(name).get() != null;
    }

    /// As the chart starts it: with what is in the Secrets, under a name, and with the settings
    /// that its init container has left.
    void startServer(int number, Optional<Path> left) throws Exception {
        Files.writeString(caFile(), secret("eks-server-cert", "ca.crt"));
        var own = ports.subList(number * PORTS, (number + 1) * PORTS);
        var name = "localhost:";
        var config =
                PeeringServiceConfig.read(
                        Settings.of(
                                Map.ofEntries(
                                        Map.entry("datacenter", "eks"),
                                        Map.entry("node-name", "eks-server-" + number),
                                        Map.entry(
                                                "data-dir",
                                                folder.resolve("volume-" + number + "/server")
                                                        .toString()),
                                        Map.entry("http.address", "127.0.0.1:" + own.get(0)),
                                        Map.entry("proxy.address", name + own.get(1)),
                                        Map.entry("peer.address", name + own.get(2)),
                                        Map.entry("admin.address", "127.0.0.1:" + own.get(3)),
                                        Map.entry("raft.address", name + own.get(4)),
                                        Map.entry("retry-join", name + ports.get(1)),
                                        Map.entry("dns.address", "none"),
                                        Map.entry("acl.enabled", "true"),
                                        Map.entry(
                                                "acl.initial-management-token-file",
                                                written("eks-bootstrap-acl-token", "token")),
                                        Map.entry(
                                                "http.certificate",
                                                written("eks-server-cert", "tls.crt")),
                                        Map.entry(
                                                "http.key", written("eks-server-cert", "tls.key"))),
                                Map.of(),
                                left));
        running.push(PeeringService.start(config, Clock.systemUTC()));
    }

    private String written(String secret, String key) throws IOException {
        return Files.writeString(folder.resolve(secret + "." + key), secret(secret, key) + "\n")
                .toString();
    }

    AclApi api(int server, String token) throws IOException {
        return new AclApi(
                new HansaApi(
                        new ApiAccess(address(server), Optional.of(caFile()), Optional.empty())),
                Optional.of(new dev.hansa.bootstrap.Secret(token)));
    }

    @Override
    public void close() throws Exception {
        while (!running.isEmpty()) {
            // the one that leads first: it hands over
            running.removeLast().close();
        }
        client.close();
        server.destroy();
    }
}
