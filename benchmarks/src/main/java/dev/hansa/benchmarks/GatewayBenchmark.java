package dev.hansa.benchmarks;

import dev.hansa.benchmarks.gateway.Peers;
import dev.hansa.benchmarks.gateway.Rival;
import dev.hansa.benchmarks.gateway.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The gateway's relay beside HAProxy, nginx and Envoy, which route by SNI too. docs/BENCHMARKS.md
/// says what each figure means.
@Command(
        name = "gateway",
        description = "What carrying costs, beside HAProxy, nginx and Envoy in turns.",
        mixinStandardHelpOptions = true)
final class GatewayBenchmark extends PeersBenchmark {
    /// Not counted in the connections that stand: jars, logs, epoll.
    private static final int OTHER_DESCRIPTORS = 300;

    @Option(names = "--full", description = "21 rounds of twice the time.")
    private boolean full;

    @Option(
            names = "--against",
            paramLabel = "CHECKOUT",
            description = "Another build of Hansa that takes part as hansa/against.")
    private Path against = Path.of("");

    @Option(
            names = "--network",
            description = "The first three bytes of the loopback addresses to use.",
            defaultValue = "127.110.0")
    private String network = "";

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
        var gateway = new OneGateway(checkout(), folder, network);
        var backend = gateway.backend();
        var server = ServerProcess.start(checkout(), folder, "bench", network + ".1", List.of());
        try (server) {
            var name = OneGateway.serve(server);
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
                            versions());
            // a run opens more, and sooner, than strangers may
            var places =
                    Long.toString((system.getMaxFileDescriptorCount() - OTHER_DESCRIPTORS) / 2);
            var limits =
                    List.of(
                            "--max-connections",
                            places,
                            "--max-connections-per-source",
                            places,
                            "--max-connection-rate",
                            "1000000");
            var withName = new ArrayList<>(limits);
            withName.addAll(List.of("--max-connections-per-name", places));
            var all = new ArrayList<Rival>();
            all.add(gateway.rival(server, withName));
            gateway.learnRoutes(all.getFirst());
            if (!against.toString().isEmpty()) {
                // an earlier build has no bound for one name
                var other = gateway.against(against);
                all.add(other.rival(server, limits));
                other.learnRoutes(all.getLast());
            }
            peers.rivals().stream().filter(peer -> isWanted(peer.name())).forEach(all::add);
            new Run(folder, sizes, all, backend, name, Run.Pins.of(isPinned), this::say)
                    .run(figures()::put, gateway::ready, server::close);
        }
        show();
    }

    private Map<String, String> versions() throws IOException {
        return against.toString().isEmpty()
                ? Map.of()
                : Map.of(
                        "hansa/against",
                        Files.readString(against.resolve("cli/target/hansa/built")).strip());
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
}
