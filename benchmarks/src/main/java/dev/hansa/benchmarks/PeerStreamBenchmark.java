package dev.hansa.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What peer streams cost one datacenter that exports a large catalog to three peers.
/// docs/BENCHMARKS.md says what each figure means.
@Command(
        name = "peer-stream",
        description = "A large catalog exported to three peers: full sync, memory, one change.",
        mixinStandardHelpOptions = true)
final class PeerStreamBenchmark extends ServersBenchmark {
    private static final int INSTANCES = 3;
    private static final int PEERS = 3;

    /// An odd number, so that the median is one that was seen.
    private static final int ROUNDS = 5;

    /// A server that has run for a day is warm, one that has run for a minute is not: the first
    /// rounds are slower by half each time.
    private static final int WARM_UP_ROUNDS = 5;

    private static final int WRITERS = 32;
    private static final int ESTABLISH_ATTEMPTS = 3;

    /// A message too many comes late: a count is final when it has not moved for this long.
    private static final Duration SETTLE = Duration.ofSeconds(1);

    private static final Duration SYNC_LIMIT = Duration.ofSeconds(90);

    @Option(
            names = "--quick",
            description = "200 services and few rounds: does it work, not how fast is it.")
    private boolean quick;

    @Option(
            names = "--network",
            description = "The first three bytes of the loopback addresses to use.",
            defaultValue = "127.107.0")
    private String network = "";

    PeerStreamBenchmark() {
        super("peer-stream");
    }

    @Override
    void run(Path directory) throws Exception {
        var services = quick ? 200 : 10_000;
        figures().put("command", "./benchmarks/run peer-stream" + (quick ? " --quick" : ""));
        figures().putAll(Machine.facts(checkout()));
        figures().put("services", services);
        figures().put("instances_per_service", INSTANCES);
        figures().put("peers", PEERS);
        var importers = new ArrayList<ServerProcess>();
        try (var exporter = ServerProcess.start(checkout(), directory, "exporter", network + ".1");
                var relay =
                        GatedRelay.start(
                                InetAddress.getByName(network + ".1"),
                                8504,
                                new InetSocketAddress(network + ".1", 8503))) {
            try {
                for (var i = 0; i < PEERS; i++) {
                    importers.add(
                            ServerProcess.start(
                                    checkout(),
                                    directory,
                                    "importer" + i,
                                    network + "." + (i + 2)));
                }
                register(exporter, services);
                export(exporter);
                var exporterAlone = exporter.liveHeap();
                var importerAlone = importers.getFirst().liveHeap();
                peer(exporter, importers, services);
                fullSync(exporter, importers, relay, services);
                memory(exporter, importers.getFirst(), exporterAlone, importerAlone, services);
                oneChange(exporter, importers, services);
                changes(exporter, importers.getFirst(), services);
            } finally {
                importers.forEach(ServerProcess::close);
            }
        }
    }

    static String service(int index) {
        return "service-%05d".formatted(index);
    }

    private void register(ServerProcess exporter, int services) throws Exception {
        var began = System.nanoTime();
        try (var writers = Executors.newFixedThreadPool(WRITERS)) {
            var tasks = new ArrayList<Callable<Boolean>>();
            IntStream.range(0, services * INSTANCES)
                    .forEach(i ->
                            tasks.add(() -> {
                                exporter.register(service(i / INSTANCES), i % INSTANCES, true);
                                return true;
                            }));
            for (var done : writers.invokeAll(tasks)) {
                done.get();
            }
        }
        var seconds = (System.nanoTime() - began) / 1e9;
        figures().put("registrations_per_second", Math.round(services * INSTANCES / seconds));
        say("%d instances registered in %.1f s".formatted(services * INSTANCES, seconds));
    }

    private static void export(ServerProcess exporter) throws Exception {
        var consumers =
                IntStream.range(0, PEERS).mapToObj(i -> Map.of("Peer", "importer" + i)).toList();
        exporter.call(
                "PUT",
                "/v1/config",
                Map.of(
                        "Kind",
                        "exported-services",
                        "Name",
                        "default",
                        "Services",
                        List.of(Map.of("Name", "*", "Consumers", consumers))));
    }

    private void peer(ServerProcess exporter, List<ServerProcess> importers, int services)
            throws Exception {
        for (var i = 0; i < PEERS; i++) {
            establish(exporter, importers.get(i), "importer" + i);
        }
        for (var importer : importers) {
            importer.await("all services", SYNC_LIMIT, () -> imported(importer) == services);
        }
        say("three peers established and in sync");
    }

    /// An exchange whose answer came too late has used its token up, as an overloaded machine
    /// shows: then the operator makes another one, and so do we.
    private void establish(ServerProcess exporter, ServerProcess importer, String name)
            throws Exception {
        for (var attempt = 1; ; attempt++) {
            var token =
                    exporter.call(
                            "POST",
                            "/v1/peering/token",
                            Map.of(
                                    "PeerName",
                                    name,
                                    "ServerExternalAddresses",
                                    List.of(network + ".1:8504")));
            try {
                importer.call(
                        "POST",
                        "/v1/peering/establish",
                        Map.of(
                                "PeerName",
                                "exporter",
                                "PeeringToken",
                                token.path("PeeringToken").asText()));
                return;
            } catch (IllegalStateException e) {
                if (attempt == ESTABLISH_ATTEMPTS) {
                    throw e;
                }
                say("establishing again: " + e.getMessage());
            }
        }
    }

    private static int imported(ServerProcess importer) {
        try {
            return importer.call("GET", "/v1/peering/exporter", "")
                    .path("StreamStatus")
                    .path("ImportedServices")
                    .size();
        } catch (IOException e) {
            throw new UncheckedIOException("reading the peering failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    /// What the exporter itself says: from a stream's Open until the acknowledgement of the last
    /// resource; the slowest of the three.
    private void fullSync(
            ServerProcess exporter, List<ServerProcess> importers, GatedRelay relay, int services)
            throws Exception {
        var rounds = new ArrayList<Double>();
        var warmUp = quick ? 0 : WARM_UP_ROUNDS;
        for (var round = -warmUp; round < (quick ? 1 : ROUNDS); round++) {
            var before = syncs(exporter, "count");
            var sums = syncs(exporter, "sum");
            var resources = sent(exporter);
            relay.cut(PEERS);
            exporter.await(
                    "a full sync of each peer",
                    SYNC_LIMIT,
                    () -> {
                        var now = syncs(exporter, "count");
                        return IntStream.range(0, PEERS)
                                .allMatch(i -> now.get(i) >= before.get(i) + 1);
                    });
            requireAllSent(resources, sent(exporter), services);
            var after = syncs(exporter, "sum");
            var slowest =
                    IntStream.range(0, PEERS)
                            .mapToDouble(i -> (after.get(i) - sums.get(i)) * 1000)
                            .max()
                            .orElseThrow();
            if (round >= 0) {
                rounds.add(Math.round(slowest * 10) / 10.0);
            }
            say("full sync%s: %.0f ms".formatted(round < 0 ? " (warming up)" : "", slowest));
        }
        for (var importer : importers) {
            if (imported(importer) != services) {
                throw new IllegalStateException("expected all services after the syncs");
            }
        }
        figures().put("full_sync_ms", rounds);
        figures().put("full_sync_median_ms", Figures.median(rounds));
    }

    private static List<Double> syncs(ServerProcess exporter, String what) {
        var values = new ArrayList<Double>();
        for (var i = 0; i < PEERS; i++) {
            values.add(metric(exporter, "hansa_peering_full_sync_seconds_" + what, "importer" + i));
        }
        return values;
    }

    private static double metric(ServerProcess server, String name, String label) {
        try {
            return server.metric(name, label);
        } catch (IOException e) {
            throw new UncheckedIOException("reading the metrics failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("told to stop", e);
        }
    }

    private void memory(
            ServerProcess exporter,
            ServerProcess importer,
            long exporterAlone,
            long importerAlone,
            int services)
            throws Exception {
        double instances = (double) services * INSTANCES;
        figures()
                .put(
                        "bytes_per_instance_exporter",
                        Math.round((exporter.liveHeap() - exporterAlone) / instances / PEERS));
        figures()
                .put(
                        "bytes_per_instance_importer",
                        Math.round((importer.liveHeap() - importerAlone) / instances));
        say(
                "bytes an instance and peer: %s at the exporter, %s at the importer"
                        .formatted(
                                figures().get("bytes_per_instance_exporter"),
                                figures().get("bytes_per_instance_importer")));
    }

    private static List<Double> sent(ServerProcess exporter) {
        return IntStream.range(0, PEERS)
                .mapToObj(
                        i -> metric(exporter, "hansa_peering_resources_sent_total", "importer" + i))
                .toList();
    }

    /// A sync that sent less than everything would be fast.
    private static void requireAllSent(List<Double> before, List<Double> after, int services) {
        for (var i = 0; i < PEERS; i++) {
            var sent = after.get(i) - before.get(i);
            if (sent < services) {
                throw new IllegalStateException(
                        "full sync: expected %d resources or more to importer%d; found %.0f"
                                .formatted(services, i, sent));
            }
        }
    }

    private static List<Double> settled(ServerProcess exporter) throws InterruptedException {
        var deadline = System.nanoTime() + SYNC_LIMIT.toNanos();
        for (var last = sent(exporter); ; ) {
            TimeUnit.MILLISECONDS.sleep(SETTLE.toMillis());
            var now = sent(exporter);
            if (now.equals(last)) {
                return now;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("expected the streams to become quiet");
            }
            last = now;
        }
    }

    private void oneChange(ServerProcess exporter, List<ServerProcess> importers, int services)
            throws Exception {
        var changed = service(services - 1);
        var before = settled(exporter);
        exporter.register(changed, 0, false);
        for (var importer : importers) {
            importer.await("the change", SYNC_LIMIT, () -> isDown(importer, changed));
        }
        var after = settled(exporter);
        var most =
                IntStream.range(0, PEERS)
                        .mapToDouble(i -> after.get(i) - before.get(i))
                        .max()
                        .orElseThrow();
        figures().put("messages_for_one_change", Math.round(most));
        say("messages for one change: " + Math.round(most));
    }

    private static boolean isDown(ServerProcess importer, String service) {
        try {
            var health =
                    importer.call("GET", "/v1/health/service/" + service + "?peer=exporter", "");
            return ServerProcess.status(health, service + "-0").equals(ServerProcess.status(false));
        } catch (IOException e) {
            throw new UncheckedIOException("reading health failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("told to stop", e);
        }
    }

    private void changes(ServerProcess exporter, ServerProcess importer, int services)
            throws Exception {
        var seen =
                new ChangeLatency(exporter, importer, services, INSTANCES)
                        .measure(
                                Duration.ofMillis(quick ? 300 : 2000),
                                Duration.ofSeconds(quick ? 3 : 20));
        figures().put("changes_per_second", Math.round(seen.changesPerSecond()));
        figures().put("change_samples", seen.millis().size());
        figures().put("change_p50_ms", Math.round(Figures.median(seen.millis()) * 10) / 10.0);
        figures()
                .put(
                        "change_p99_ms",
                        Math.round(Figures.quantile(seen.millis(), 0.99) * 10) / 10.0);
        say(
                "a change reaches the importer in %s ms (p50), %s ms (p99), at %s changes a second"
                        .formatted(
                                figures().get("change_p50_ms"),
                                figures().get("change_p99_ms"),
                                figures().get("changes_per_second")));
    }
}
