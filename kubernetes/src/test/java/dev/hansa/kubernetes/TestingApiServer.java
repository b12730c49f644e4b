package dev.hansa.kubernetes;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/// A real API server of Kubernetes and its etcd, each a process, with rights as a cluster has them.
/// No controller and no kubelet runs: what they would do a test does.
final class TestingApiServer implements AutoCloseable {
    /// Who the operator is by its ServiceAccount.
    private static final String OPERATOR = "system:serviceaccount:hansa:hansa-operator";

    private static final Duration START = Duration.ofSeconds(90);

    private final List<Process> processes = new ArrayList<>();
    private final Path folder;
    private final String adminToken = UUID.randomUUID().toString();
    private final String operatorToken = UUID.randomUUID().toString();
    private int port;

    private TestingApiServer(Path folder) {
        this.folder = folder;
    }

    /// The file that a variable names, or that PATH has.
    static Optional<Path> binary(String variable, String name) {
        var named = Optional.ofNullable(System.getenv(variable)).map(Path::of);
        return named.or(() ->
                        Arrays.stream(
                                        Optional.ofNullable(System.getenv("PATH"))
                                                .orElse("")
                                                .split(":"))
                                .map(one -> Path.of(one, name))
                                .filter(Files::isExecutable)
                                .findFirst())
                .filter(Files::isExecutable);
    }

    static TestingApiServer start(Path folder, Path etcd, Path apiServer) throws Exception {
        var started = new TestingApiServer(Files.createDirectories(folder));
        try {
            started.run(etcd, apiServer);
            return started;
        } catch (Exception e) {
            try (started) {
                throw e;
            }
        }
    }

    private void run(Path etcd, Path apiServer) throws Exception {
        var ports = freePorts(3);
        port = ports.get(2);
        var client = "http://127.0.0.1:" + ports.get(0);
        var peer = "http://127.0.0.1:" + ports.get(1);
        process(
                "etcd",
                etcd.toString(),
                "--data-dir=" + folder.resolve("etcd"),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=default=" + peer,
                "--unsafe-no-fsync");
        var keys = KeyPairGenerator.getInstance("RSA");
        keys.initialize(2048);
        var pair = keys.generateKeyPair();
        var signing = pem("sa.key", "PRIVATE KEY", pair.getPrivate());
        var checking = pem("sa.pub", "PUBLIC KEY", pair.getPublic());
        var tokens =
                Files.writeString(
                        folder.resolve("tokens.csv"),
                        adminToken
                                + ",admin,1,system:masters\n"
                                + operatorToken
                                + ","
                                + OPERATOR
                                + ",2,\"system:serviceaccounts,system:serviceaccounts:hansa\"\n");
        process(
                "kube-apiserver",
                apiServer.toString(),
                "--etcd-servers=" + client,
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--cert-dir=" + folder.resolve("certs"),
                "--token-auth-file=" + tokens,
                "--authorization-mode=RBAC",
                // no controller makes the default account of a namespace here
                "--disable-admission-plugins=ServiceAccount",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + checking,
                "--service-account-signing-key-file=" + signing,
                "--service-cluster-ip-range=10.96.0.0/16");
        try (var admin = admin()) {
            await().atMost(START)
                    .ignoreExceptions()
                    .until(() -> {
                        if (!processes.stream().allMatch(Process::isAlive)) {
                            throw new AssertionError("a process has ended: see " + folder);
                        }
                        // the roles that it makes itself come after it is ready
                        return "ok".equals(admin.raw("/readyz"))
                                && admin.namespaces().withName("kube-system").get() != null;
                    });
        }
    }

    private Path pem(String file, String kind, Key key) throws IOException {
        return Files.writeString(
                folder.resolve(file),
                "-----BEGIN "
                        + kind
                        + "-----\n"
                        + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                        + "\n-----END "
                        + kind
                        + "-----\n");
    }

    private void process(String name, String... command) throws IOException {
        processes.add(
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve(name + ".log").toFile())
                        .start());
    }

    static List<Integer> freePorts(int count) throws IOException {
        var held = new ArrayList<ServerSocket>();
        try {
            for (var i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (var socket : held) {
                socket.close();
            }
        }
    }

    /// Of somebody who may do all.
    KubernetesClient admin() {
        return client(adminToken);
    }

    /// Of the ServiceAccount of the manifests.
    KubernetesClient operator() {
        return client(operatorToken);
    }

    private KubernetesClient client(String token) {
        return new KubernetesClientBuilder()
                .withConfig(
                        new ConfigBuilder(Config.empty())
                                .withMasterUrl("https://127.0.0.1:" + port)
                                .withTrustCerts(true)
                                .withOauthToken(token)
                                .withRequestTimeout(Math.toIntExact(Cluster.LONGEST.toMillis()))
                                .withRequestRetryBackoffLimit(0)
                                .build())
                .withKubernetesSerialization(KubernetesJson.serialization())
                .build();
    }

    @Override
    public void close() throws Exception {
        for (var process : processes.reversed()) {
            process.destroy();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }
}
