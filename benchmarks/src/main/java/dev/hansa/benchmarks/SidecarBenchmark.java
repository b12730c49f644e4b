package dev.hansa.benchmarks;

import dev.hansa.benchmarks.gateway.Helper;
import dev.hansa.benchmarks.gateway.Peers;
import dev.hansa.benchmarks.gateway.Results;
import dev.hansa.benchmarks.gateway.Rival;
import dev.hansa.benchmarks.gateway.Run;
import dev.hansa.benchmarks.sidecar.Mesh;
import dev.hansa.benchmarks.sidecar.Rounds;
import dev.hansa.benchmarks.sidecar.TlsPrograms;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The sidecar's TLS beside HAProxy, nginx and Envoy, which end and open it too. docs/BENCHMARKS.md
/// says what each figure means.
@Command(
        name = "sidecar",
        description = "What TLS costs, beside HAProxy, nginx and Envoy in turns.",
        mixinStandardHelpOptions = true)
final class SidecarBenchmark extends PeersBenchmark {
    private static final int PLAIN_BACKEND = 8080;
    private static final int SECURED_BACKEND = 20443;
    private static final int PORT = 20000;
    private static final int ADMIN = 19000;

    @Option(names = "--rounds", description = "Of each kind of load (default: 11; isQuick(): 3).")
    private int rounds;

    @Option(
            names = "--loads",
            split = ",",
            description = "Which metrics are measured, such as tls_full,tls_bulk (default: all).")
    private List<String> loads = List.of();

    @Option(
            names = "--against",
            paramLabel = "CHECKOUT",
            description = "Another build of Hansa that takes part as hansa/against.")
    private Path against = Path.of("");

    @Option(
            names = "--network",
            description = "The first three bytes of the loopback addresses to use.",
            defaultValue = "127.111.0")
    private String network = "";

    SidecarBenchmark() {
        super("sidecar");
    }

    @Override
    void run(Path folder) throws Exception {
        var system = system();
        var isPinned = system.getAvailableProcessors() >= Run.Pins.CORES;
        var pins = Run.Pins.of(isPinned);
        figures().put("command", "./benchmarks/run sidecar" + (isQuick() ? " --quick" : ""));
        figures().putAll(Machine.facts(checkout()));
        figures().put("pinning", isPinned ? "proxy 0, backend 1, load 2" : "none");
        var sizes = sizes();
        figures().put("rounds", sizes.rounds());
        var mesh = new Mesh(folder);
        var peers = peers(mesh, folder, isPinned ? 1 : system.getAvailableProcessors());
        var all = new ArrayList<Rival.Running>();
        try (var backend =
                        TlsPrograms.backend(
                                folder, pins.backend(), at(1), PLAIN_BACKEND, SECURED_BACKEND);
                var load = TlsPrograms.load(folder, pins.load())) {
            try {
                startOurs(mesh, folder, pins, load, all);
                // the servers have gone, and the one that stood for the backend
                TlsPrograms.open(backend);
                for (var rival : peers.rivals()) {
                    if (isWanted(rival.name())) {
                        all.add(rival.start(folder, pins.proxy()));
                    }
                }
                var results = new Rounds(sizes, all, load, backend, this::say).run();
                report(results, all.stream().map(Rival.Running::rival).toList());
            } finally {
                all.forEach(Rival.Running::close);
            }
        }
    }

    private Rounds.Sizes sizes() {
        var usual = isQuick() ? 3 : 11;
        return new Rounds.Sizes(
                rounds == 0 ? usual : rounds,
                isQuick() ? 1000 : 4000,
                isQuick() ? 500 : 2000,
                loads);
    }

    private String at(int last) {
        return network + "." + last;
    }

    private Peers peers(Mesh mesh, Path folder, int workers)
            throws IOException, InterruptedException {
        var ours = new LinkedHashMap<String, String>();
        if (!against.toString().isEmpty()) {
            ours.put(
                    "hansa/against",
                    Files.readString(against.resolve("cli/target/hansa/built")).strip());
        }
        return find(
                new Peers.World(
                        checkout().resolve("benchmarks/peers/sidecar").toRealPath(),
                        folder,
                        at(2),
                        FIRST_PEER_PORT,
                        new InetSocketAddress(at(1), PLAIN_BACKEND),
                        Mesh.name(Mesh.CALLED),
                        workers,
                        system().getMaxFileDescriptorCount(),
                        mesh.holes(at(1), SECURED_BACKEND)),
                ours);
    }

    /// Hansa's sidecars learn from a server where the backend is: another sidecar stands there,
    /// until each has called it. Then server and stand-in go, and the sidecars under test go on
    /// with the routes that they have, as they do when a control plane is away.
    private void startOurs(
            Mesh mesh, Path folder, Run.Pins pins, Helper load, List<Rival.Running> all)
            throws IOException, InterruptedException {
        var standIns = new ArrayList<Rival.Running>();
        try (var server =
                ServerProcess.start(
                        checkout(), folder, Mesh.DATACENTER.name(), at(1), mesh.serverFlags())) {
            var settings = settings(server, folder, "stand-in", Mesh.BACKEND, 1);
            var there = new InetSocketAddress(at(1), SECURED_BACKEND);
            standIns.add(sidecar(checkout(), "stand-in", there, settings).start(folder, List.of()));
            all.add(ours(server, folder, checkout(), "default", 2).start(folder, pins.proxy()));
            if (!against.toString().isEmpty()) {
                all.add(ours(server, folder, against, "against", 3).start(folder, pins.proxy()));
            }
            for (var running : all) {
                Rounds.awaitAnswer(load, running.rival());
            }
        } finally {
            // after the server, which would tell the sidecars of its end
            standIns.forEach(Rival.Running::close);
        }
    }

    private Rival ours(ServerProcess server, Path folder, Path build, String config, int address)
            throws IOException, InterruptedException {
        var file = settings(server, folder, config, Mesh.CALLED, address);
        return sidecar(build, config, new InetSocketAddress(at(address), PORT), file);
    }

    private static Rival sidecar(
            Path build, String config, InetSocketAddress address, Path settings) {
        return new Rival(
                "hansa",
                config,
                address,
                List.of(
                        build.resolve("hansa").toString(),
                        "sidecar",
                        "--config",
                        settings.toString()));
    }

    /// Of a sidecar as it comes: the backend is its application, and who calls the other service
    /// besides.
    private Path settings(
            ServerProcess server, Path folder, String config, String service, int address)
            throws IOException, InterruptedException {
        var isUnderTest = service.equals(Mesh.CALLED);
        var services = isUnderTest ? List.of(service, Mesh.CALLER) : List.of(service);
        var token = folder.resolve("sidecar-" + config + ".token");
        Files.writeString(
                token,
                server.call("POST", "/v1/hansa/join-token", Map.of("Services", services))
                        .path("JoinToken")
                        .asText());
        var port = isUnderTest ? PORT : SECURED_BACKEND;
        var lines = new ArrayList<String>();
        lines.add("node-name = " + config);
        lines.add("join-token-file = " + token);
        lines.add("admin.address = " + at(address) + ":" + ADMIN);
        lines.add("drain-grace = 0s");
        lines.add("drain-timeout = 0s");
        lines.add("services = " + String.join(",", services));
        lines.add("service." + service + ".address = " + at(1) + ":" + PLAIN_BACKEND);
        lines.add("service." + service + ".listen = " + at(address) + ":" + port);
        if (isUnderTest) {
            var caller = "service." + Mesh.CALLER + ".";
            lines.add(caller + "address = none");
            lines.add(caller + "upstream-address = " + at(address));
            lines.add(caller + "upstreams = " + Mesh.BACKEND + ":" + (PORT + Peers.SECOND_PORT));
        }
        var file = folder.resolve("sidecar-" + config + ".properties");
        Files.write(file, lines);
        return file;
    }

    private void report(Results results, List<Rival> rivals) throws IOException {
        figures().put("results", results.rows());
        var ours = rivals.getFirst();
        var peers = rivals.subList(1, rivals.size());
        figures().put("ratios", results.ratios(ours, peers, Rounds.METRICS));
        var hybrid = new LinkedHashMap<String, Object>();
        for (var metric : List.of("tls_full", "tls_originate")) {
            results.ratio(ours, metric + "_hybrid", metric)
                    .ifPresent(ratio -> hybrid.put(metric, ratio));
        }
        figures().put("hybrid", hybrid);
        figures().put("failed", results.failed());
        show();
    }
}
