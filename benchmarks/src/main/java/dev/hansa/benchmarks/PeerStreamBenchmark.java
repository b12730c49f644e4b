package dev.hansa.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What peer streams cost one datacenter that exports a large catalog to three peers.
/// docs/BENCHMARKS.md says what each figure means.
@Command(
        name = "peer-stream",
        description = "A large catalog exported to three peers: full sync, memory, one change.",
        mixinStandardHelpOptions = true)
final class PeerStreamBenchmark implements Callable<Integer> {
    private static final int INSTANCES = 3;
    private static final int PEERS = 3;

    /// An odd number, so that the median is one that was seen.
    private static final int ROUNDS = 5;

    /// A server that has run for a day is warm, one that has run for a minute is not: the first
    /// rounds are slower by half each time.
    private static final int WARM_UP_ROUNDS = 5;

    private static final int CHANGES_A_SECOND = 500;
    private static final int WRITERS = 32;
    private static final Duration SYNC_LIMIT = Duration.ofSeconds(90);
    private static final String PROBE = "probe";

    @Option(names = "--json", description = "Write the figures to this file too.")
    private Path json = Path.of("");

    @Option(
            names = "--quick",
            description = "200 services and few rounds: does it work, not how fast is it.")
    private boolean quick;

    @Option(
            names = "--network",
            description = "The first three bytes of the loopback addresses to use.",
            defaultValue = "127.107.0")
    private String network = "";

    @Option(names = "--checkout", description = "The checkout to measure.", defaultValue = ".")
    private Path checkout = Path.of(".");

    private final Map<String, Object> figures = new LinkedHashMap<>();

    @Override
    public Integer call() throws Exception {
        var directory = Files.createTempDirectory("hansa-benchmark");
        try {
            run(directory);
        } finally {
            delete(directory);
        }
        var mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        System.out.println(mapper.writeValueAsString(figures));
        if (!json.toString().isEmpty()) {
            mapper.writeValue(json.toFile(), figures);
        }
        return 0;
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            files.sorted((a, b) -> b.getNameCount() - a.getNameCount())
                    .forEach(file -> {
                        try {
                            Files.deleteIfExists(file);
                        } catch (IOException e) {
                            throw new UncheckedIOException("cannot delete '" + file + "'", e);
                        }
                    });
        }
    }

    private void run(Path directory) throws Exception {
        var services = quick ? 200 : 10_000;
        var system = ManagementFactory.getOperatingSystemMXBean();
        figures.put("command", "./benchmarks/run peer-stream" + (quick ? " --quick" : ""));
        figures.put("cores", system.getAvailableProcessors());
        figures.put("load_at_start", system.getSystemLoadAverage());
        figures.put("services", services);
        figures.put("instances_per_service", INSTANCES);
        figures.put("peers", PEERS);
        var importers = new ArrayList<ServerProcess>();
        try (var exporter = ServerProcess.start(checkout, directory, "exporter", network + ".1");
                var relay =
                        GatedRelay.start(
                                InetAddress.getByName(network + ".1"),
                                8504,
                                new InetSocketAddress(network + ".1", 8503))) {
            try {
                for (var i = 0; i < PEERS; i++) {
                    importers.add(
                            ServerProcess.start(
                                    checkout, directory, "importer" + i, network + "." + (i + 2)));
                }
                register(exporter, services);
                export(exporter);
                var exporterAlone = exporter.liveHeap();
                var importerAlone = importers.getFirst().liveHeap();
                peer(exporter, importers, services);
                fullSync(exporter, importers, relay, services);
                memory(exporter, importers.getFirst(), exporterAlone, importerAlone, services);
                oneChange(exporter, importers);
                changes(exporter, importers.getFirst(), services);
            } finally {
                importers.forEach(ServerProcess::close);
            }
        }
    }

    private static void say(String text) {
        System.err.println("peer-stream: " + text);
    }

    private static String service(int index) {
        return "service-%05d".formatted(index);
    }

    /// Each instance on a node of its own, as pods are.
    private static void put(ServerProcess exporter, String service, int instance, boolean isUp) {
        var id = service + "-" + instance;
        try {
            exporter.call(
                    "PUT",
                    "/v1/catalog/register",
                    ServerProcess.registration(
                            "node-" + id,
                            "10.0.%d.%d".formatted(instance, service.hashCode() & 127),
                            service,
                            id,
                            isUp ? "passing" : "critical"));
        } catch (IOException e) {
            throw new UncheckedIOException("registering '" + id + "' failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("told to stop", e);
        }
    }

    private void register(ServerProcess exporter, int services) throws Exception {
        var began = System.nanoTime();
        try (var writers = Executors.newFixedThreadPool(WRITERS)) {
            var tasks = new ArrayList<Callable<Boolean>>();
            IntStream.range(0, services * INSTANCES)
                    .forEach(i ->
                            tasks.add(() -> {
                                put(exporter, service(i / INSTANCES), i % INSTANCES, true);
                                return true;
                            }));
            for (var done : writers.invokeAll(tasks)) {
                done.get();
            }
        }
        put(exporter, PROBE, 0, true);
        var seconds = (System.nanoTime() - began) / 1e9;
        figures.put("registrations_per_second", Math.round(services * INSTANCES / seconds));
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
            var token =
                    exporter.call(
                            "POST",
                            "/v1/peering/token",
                            Map.of(
                                    "PeerName",
                                    "importer" + i,
                                    "ServerExternalAddresses",
                                    List.of(network + ".1:8504")));
            importers
                    .get(i)
                    .call(
                            "POST",
                            "/v1/peering/establish",
                            Map.of(
                                    "PeerName",
                                    "exporter",
                                    "PeeringToken",
                                    token.path("PeeringToken").asText()));
        }
        for (var importer : importers) {
            importer.await("all services", SYNC_LIMIT, () -> imported(importer) == services + 1);
        }
        say("three peers established and in sync");
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
            relay.cut(PEERS);
            exporter.await(
                    "a full sync of each peer",
                    SYNC_LIMIT,
                    () -> {
                        var now = syncs(exporter, "count");
                        return IntStream.range(0, PEERS)
                                .allMatch(i -> now.get(i) >= before.get(i) + 1);
                    });
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
            if (imported(importer) != services + 1) {
                throw new IllegalStateException("expected all services after the syncs");
            }
        }
        figures.put("full_sync_ms", rounds);
        figures.put("full_sync_median_ms", Figures.median(rounds));
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
        figures.put(
                "bytes_per_instance_exporter",
                Math.round((exporter.liveHeap() - exporterAlone) / instances / PEERS));
        figures.put(
                "bytes_per_instance_importer",
                Math.round((importer.liveHeap() - importerAlone) / instances));
        say(
                "bytes an instance and peer: %s at the exporter, %s at the importer"
                        .formatted(
                                figures.get("bytes_per_instance_exporter"),
                                figures.get("bytes_per_instance_importer")));
    }

    private static double sent(ServerProcess exporter, int peer) {
        return metric(exporter, "hansa_peering_resources_sent_total", "importer" + peer);
    }

    private void oneChange(ServerProcess exporter, List<ServerProcess> importers) throws Exception {
        var before = IntStream.range(0, PEERS).mapToObj(i -> sent(exporter, i)).toList();
        put(exporter, service(1), 0, false);
        for (var importer : importers) {
            importer.await(
                    "the change",
                    SYNC_LIMIT,
                    () -> isDown(importer, service(1), service(1) + "-0"));
        }
        var most =
                IntStream.range(0, PEERS)
                        .mapToDouble(i -> sent(exporter, i) - before.get(i))
                        .max()
                        .orElseThrow();
        figures.put("messages_for_one_change", Math.round(most));
        say("messages for one change: " + Math.round(most));
    }

    private static boolean isDown(ServerProcess importer, String service, String id) {
        try {
            for (var entry :
                    importer.call("GET", "/v1/health/service/" + service + "?peer=exporter", "")) {
                if (entry.path("Service").path("ID").asText().equals(id)) {
                    return entry.path("Checks").path(0).path("Status").asText().equals("critical");
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("reading health failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("told to stop", e);
        }
    }

    /// One instance goes up and down, timed from before the request at the exporter until a waiting
    /// reader at the importer has been told, while others change all around it.
    private void changes(ServerProcess exporter, ServerProcess importer, int services)
            throws Exception {
        var going = new AtomicBoolean(true);
        var made = new AtomicLong();
        var millis = new ArrayList<Double>();
        var began = System.nanoTime();
        try (var writers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var i = 0; i < WRITERS; i++) {
                writers.submit(() -> churn(exporter, services, going, made, began));
            }
            var limit = began + TimeUnit.SECONDS.toNanos(quick ? 3 : 20);
            var isUp = true;
            while (System.nanoTime() - limit < 0) {
                isUp = !isUp;
                millis.add(probe(exporter, importer, isUp));
            }
            going.set(false);
        }
        var seconds = (System.nanoTime() - began) / 1e9;
        // the first second warms up: after the full syncs the change's own way is still cold
        var warm = millis.subList(millis.size() / 10, millis.size());
        figures.put("changes_per_second", Math.round(made.get() / seconds));
        figures.put("change_samples", warm.size());
        figures.put("change_p50_ms", Math.round(Figures.median(warm) * 10) / 10.0);
        figures.put("change_p99_ms", Math.round(Figures.quantile(warm, 0.99) * 10) / 10.0);
        say(
                "a change reaches the importer in %s ms (p50), %s ms (p99), at %s changes a second"
                        .formatted(
                                figures.get("change_p50_ms"),
                                figures.get("change_p99_ms"),
                                figures.get("changes_per_second")));
    }

    /// Changes at even distances, whoever of the writers makes them.
    private static void churn(
            ServerProcess exporter,
            int services,
            AtomicBoolean going,
            AtomicLong made,
            long began) {
        var random = ThreadLocalRandom.current();
        try {
            while (going.get()) {
                var turn = made.getAndIncrement();
                var due = began + turn * TimeUnit.SECONDS.toNanos(1) / CHANGES_A_SECOND;
                TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                put(
                        exporter,
                        service(random.nextInt(services)),
                        random.nextInt(INSTANCES),
                        turn % 2 == 0);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static double probe(ServerProcess exporter, ServerProcess importer, boolean isUp)
            throws Exception {
        var path = "/v1/health/service/" + PROBE + "?peer=exporter";
        var wanted = isUp ? "passing" : "critical";
        var seen = new AtomicLong();
        var reader =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                var index = "0";
                                while (seen.get() == 0) {
                                    var read = importer.read(path, index);
                                    index = read.index();
                                    if (read.body()
                                            .path(0)
                                            .path("Checks")
                                            .path(0)
                                            .path("Status")
                                            .asText()
                                            .equals(wanted)) {
                                        seen.set(System.nanoTime());
                                    }
                                }
                            } catch (IOException e) {
                                throw new UncheckedIOException("reading health failed", e);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        var began = System.nanoTime();
        put(exporter, PROBE, 0, isUp);
        if (!reader.join(Duration.ofSeconds(30)) || seen.get() == 0) {
            throw new IllegalStateException("expected the change at the importer within 30 s");
        }
        return (seen.get() - began) / 1e6;
    }
}
