package dev.hansa.benchmarks;

import dev.hansa.benchmarks.gateway.Peers;
import dev.hansa.benchmarks.gateway.Rival;
import dev.hansa.benchmarks.gateway.Run;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The gateway's relay beside HAProxy, nginx and Envoy, which route by SNI too. docs/BENCHMARKS.md
/// says what each figure means.
@Command(
        name = "gateway",
        description = "What carrying costs, beside HAProxy, nginx and Envoy in turns.",
        mixinStandardHelpOptions = true)
final class GatewayBenchmark extends PeersBenchmark {
    private static final int SERVER_PEER_PORT = 8503;
    private static final int PORT = 8443;
    private static final int ADMIN = 19443;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /// Not counted in the connections that stand: jars, logs, epoll.
    private static final int OTHER_DESCRIPTORS = 300;

    @Option(names = "--full", description = "21 rounds of twice the time.")
    private boolean full;

    @Option(
            names = "--network",
            description = "The first three bytes of the loopback addresses to use.",
            defaultValue = "127.110.0")
    private String network = "";

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    GatewayBenchmark() {
        super("gateway");
    }

    @Override
    void run(Path folder) throws Exception {
        var system = system();
        var isPinned = system.getAvailableProcessors() >= Run.Pins.CORES;
        figures()
                .put(
                        "command",
                        "./benchmarks/run gateway"
                                + (isQuick() ? " --quick" : "")
                                + (full ? " --full" : ""));
        figures().putAll(Machine.facts(checkout()));
        figures().put("pinning", isPinned ? "proxy 0, backend 1, load 2" : "none");
        var sizes = sizes(system.getMaxFileDescriptorCount());
        figures().put("rounds", sizes.rounds());
        var backend = new InetSocketAddress(network + ".1", SERVER_PEER_PORT);
        var server = ServerProcess.start(checkout(), folder, "bench", network + ".1", List.of());
        try (server) {
            var name = serve(server);
            var peers =
                    find(
                            new Peers.World(
                                    checkout().resolve("benchmarks/peers").toRealPath(),
                                    folder,
                                    network + ".2",
                                    FIRST_PEER_PORT,
                                    backend,
                                    name,
                                    isPinned ? 1 : system.getAvailableProcessors(),
                                    system.getMaxFileDescriptorCount(),
                                    Map.of()),
                            Map.of());
            var ours = ours(server, folder, system.getMaxFileDescriptorCount());
            learnRoutes(ours, folder);
            var all = new ArrayList<Rival>();
            all.add(ours);
            peers.rivals().stream().filter(peer -> isWanted(peer.name())).forEach(all::add);
            new Run(folder, sizes, all, backend, name, Run.Pins.of(isPinned), this::say)
                    .run(figures()::put, this::ready, server::close);
        }
        show();
    }

    private Run.Sizes sizes(long descriptors) {
        var most = (int) Math.min(9000, (descriptors - OTHER_DESCRIPTORS) / 2);
        if (isQuick()) {
            return new Run.Sizes(3, 1, 1000, 500, 500, List.of(200, 500));
        }
        return full
                ? new Run.Sizes(21, 5, 6000, 4000, 5000, List.of(1000, most))
                : new Run.Sizes(11, 3, 4000, 2000, 3000, List.of(1000, most));
    }

    /// Peers that come through the gateway are a name for which it needs nobody else: it leads to
    /// the server's own port for peers, whose place the backend takes when the server has gone.
    private static String serve(ServerProcess server) throws IOException, InterruptedException {
        server.call(
                "PUT",
                "/v1/config",
                Map.of(
                        "Kind",
                        "mesh",
                        "Name",
                        "mesh",
                        "Peering",
                        Map.of("PeerThroughMeshGateways", true)));
        var domain = server.call("GET", "/v1/hansa/ca", "").path("TrustDomain").asText();
        return "server.bench.peering." + domain;
    }

    private Rival ours(ServerProcess server, Path folder, long descriptors)
            throws IOException, InterruptedException {
        var token = folder.resolve("gateway.token");
        Files.writeString(
                token,
                server.call("POST", "/v1/hansa/join-token", Map.of("MeshGateway", true))
                        .path("JoinToken")
                        .asText());
        return new Rival(
                "hansa",
                "default",
                new InetSocketAddress(network + ".2", PORT),
                List.of(
                        checkout().resolve("hansa").toString(),
                        "gateway",
                        "--join-token-file",
                        token.toString(),
                        "--listen",
                        network + ".2:" + PORT,
                        "--admin-address",
                        network + ".2:" + ADMIN,
                        "--data-dir",
                        folder.resolve("gateway").toString(),
                        "--drain-grace",
                        "0s",
                        "--drain-timeout",
                        "0s",
                        // a run opens more, and sooner, than strangers may
                        "--max-connections",
                        Long.toString((descriptors - OTHER_DESCRIPTORS) / 2),
                        "--max-connections-per-source",
                        Long.toString((descriptors - OTHER_DESCRIPTORS) / 2),
                        "--max-connection-rate",
                        "1000000"));
    }

    /// The first start asks the server, and has the routes on its disk from then on.
    private void learnRoutes(Rival ours, Path folder) throws IOException, InterruptedException {
        try (var _ = ours.start(folder, List.of())) {
            ready(ours);
        }
    }

    /// Hansa's gateway has a stream to its server, and the name.
    private void ready(Rival rival) throws IOException, InterruptedException {
        if (!rival.name().equals("hansa")) {
            return;
        }
        var until = System.nanoTime() + LIMIT.toNanos();
        var request =
                HttpRequest.newBuilder(URI.create("http://" + network + ".2:" + ADMIN + "/health"))
                        .timeout(LIMIT)
                        .build();
        while (true) {
            var health =
                    JSON.readTree(
                            client.send(request, HttpResponse.BodyHandlers.ofString()).body());
            if (health.path("control").asText().equals("connected")
                    && health.path("names").asInt() > 0) {
                return;
            }
            if (System.nanoTime() - until > 0) {
                throw new IllegalStateException(
                        "gateway: expected a stream to its server and a name; found " + health);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }
}
