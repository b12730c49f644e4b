package dev.hansa.kubernetes;

import static org.awaitility.Awaitility.await;

import dev.hansa.tests.support.FreePorts;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.opentest4j.TestAbortedException;

/// A real API server of Kubernetes and its etcd, each a process, with rights as a cluster has them:
/// the accounts of the chart have those that the chart gives them. No controller and no kubelet
/// runs: what they would do a test does.
public final class RealApiServer implements AutoCloseable {
    /// Where the chart is installed, as its expected manifests have it.
    public static final String NAMESPACE = "mesh";

    /// How the names of its objects begin.
    public static final String PREFIX = "hansa-eu";

    /// ServiceAccounts of the chart.
    public static final String OPERATOR = PREFIX + "-operator";

    public static final String INJECTOR = PREFIX + "-connect-injector";

    private static final List<String> ACCOUNTS = List.of(OPERATOR, INJECTOR);

    /// What the chart's own tests hold against what Helm makes of it.
    private static final Path CHART = Definition.ROOT.resolve("cli/src/test/resources/chart");

    private static final Path MANIFESTS = CHART.resolve("three-servers/expected");

    private static final Set<String> RIGHTS =
            Set.of("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding");

    private static final Duration START = Duration.ofSeconds(90);

    private final List<Process> processes = new ArrayList<>();
    private final Path folder;
    private final String adminToken = UUID.randomUUID().toString();
    private final Map<String, String> tokens =
            ACCOUNTS.stream()
                    .collect(
                            Collectors.toMap(
                                    account -> account, _ -> UUID.randomUUID().toString()));
    private int port;

    private RealApiServer(Path folder) {
        this.folder = folder;
    }

    /// The file that a variable names, or that PATH has.
    private static Optional<Path> binary(String variable, String name) {
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

    /// Skips the tests, loudly, where there are no binaries.
    ///
    /// @param tests whose, for that sentence
    public static RealApiServer start(Path folder, String tests) throws Exception {
        var etcd = binary("HANSA_ETCD", "etcd");
        var apiServer = binary("HANSA_KUBE_APISERVER", "kube-apiserver");
        if (etcd.isEmpty() || apiServer.isEmpty()) {
            var words =
                    "SKIPPED: "
                            + tests
                            + ": expected HANSA_KUBE_APISERVER and HANSA_ETCD, or kube-apiserver and etcd on PATH (tests/apiserver/build makes them); found "
                            + apiServer
                            + " and "
                            + etcd;
            System.err.println(words);
            throw new TestAbortedException(words);
        }
        var started = new RealApiServer(Files.createDirectories(folder));
        try {
            started.run(etcd.get(), apiServer.get());
            return started;
        } catch (Exception e) {
            try (started) {
                throw e;
            }
        }
    }

    private void run(Path etcd, Path apiServer) throws Exception {
        var ports = FreePorts.some(3);
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
        var known = new StringBuilder(adminToken + ",admin,admin,system:masters\n");
        tokens.forEach((account, token) ->
                known.append(token)
                        .append(",system:serviceaccount:" + NAMESPACE + ":" + account)
                        .append("," + account)
                        .append(",\"system:serviceaccounts,system:serviceaccounts:")
                        .append(NAMESPACE + "\"\n"));
        var tokenFile = Files.writeString(folder.resolve("tokens.csv"), known);
        process(
                "kube-apiserver",
                apiServer.toString(),
                "--etcd-servers=" + client,
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--cert-dir=" + folder.resolve("certs"),
                "--token-auth-file=" + tokenFile,
                "--authorization-mode=RBAC",
                // no controller makes the default account of a namespace here
                "--disable-admission-plugins=ServiceAccount",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + checking,
                "--service-account-signing-key-file=" + signing,
                // no kube-proxy runs either: a webhook's Service is its endpoints
                "--enable-aggregator-routing=true",
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

    /// Of somebody who may do all.
    public KubernetesClient admin() {
        return client(adminToken);
    }

    /// @param account of the chart
    public KubernetesClient of(String account) {
        return client(Objects.requireNonNull(tokens.get(account), account));
    }

    /// Makes the objects of a manifest of the chart that give its accounts their rights.
    ///
    /// @param others kinds of objects that are made too
    public static void install(KubernetesClient admin, String manifest, String... others)
            throws IOException {
        var kinds = new HashSet<>(RIGHTS);
        kinds.addAll(List.of(others));
        try (var in = Files.newInputStream(MANIFESTS.resolve(manifest))) {
            for (HasMetadata one : admin.load(in).items()) {
                if (kinds.contains(one.getKind())) {
                    admin.resource(one).create();
                }
            }
        }
    }

    /// Of each case of the chart's tests; some come to nothing.
    static List<Path> manifests() throws IOException {
        var some = new ArrayList<Path>();
        try (var all = Files.walk(CHART)) {
            for (var file : all.filter(Files::isRegularFile).sorted().toList()) {
                if (file.toString().contains("/expected/")
                        && Files.readString(file).contains("\nkind: ")) {
                    some.add(file);
                }
            }
        }
        return some;
    }

    public static void namespaces(KubernetesClient admin, String... names) {
        for (var name : names) {
            admin.resource(
                            new NamespaceBuilder()
                                    .withNewMetadata()
                                    .withName(name)
                                    .endMetadata()
                                    .build())
                    .create();
        }
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
