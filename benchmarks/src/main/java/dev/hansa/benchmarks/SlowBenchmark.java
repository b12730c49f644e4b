package dev.hansa.benchmarks;

import dev.hansa.benchmarks.gateway.Attack;
import dev.hansa.benchmarks.gateway.GoodCalls;
import dev.hansa.benchmarks.gateway.Helper;
import dev.hansa.benchmarks.gateway.Rival;
import dev.hansa.benchmarks.gateway.Strangers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Many at once who say one byte of a hello a second and never all of it, and what becomes of those
/// who are served meanwhile. docs/BENCHMARKS.md says what each figure means.
@Command(
        name = "slow",
        description = "18,000 slow strangers from two processes and 64 addresses.",
        mixinStandardHelpOptions = true)
final class SlowBenchmark extends ServersBenchmark {
    private static final int PROCESSES = 2;

    /// Of all strangers, until they are as many as they shall be.
    private static final int PER_SECOND = 2000;

    @Option(names = "--quick", description = "A small size that shows that it works.")
    private boolean quick;

    @Option(
            names = "--seconds",
            description = "Of each time that is measured (default: 10).",
            defaultValue = "10")
    private int seconds;

    @Option(
            names = "--network",
            description = "The first three bytes of the loopback addresses to use.",
            defaultValue = "127.114.1")
    private String network = "";

    @Option(
            names = "--strangers",
            description =
                    "The second byte of the strangers' loopback addresses; of the others one more.",
            defaultValue = "115")
    private int from;

    SlowBenchmark() {
        super("slow");
    }

    @Override
    void run(Path folder) throws Exception {
        var descriptors = PeersBenchmark.system().getMaxFileDescriptorCount();
        var each =
                (int)
                        Math.min(
                                (quick ? 600 : FloodBenchmark.MOST_SLOW) / PROCESSES,
                                descriptors - FloodBenchmark.OTHER_DESCRIPTORS);
        figures().put("command", "./benchmarks/run slow" + (quick ? " --quick" : ""));
        figures().putAll(Machine.facts(checkout()));
        figures().put("open_files", descriptors);
        figures().put("processes", PROCESSES);
        figures().put("sources", FloodBenchmark.SOURCES);
        figures().put("strangers_at_once", each * PROCESSES);
        figures().put("requests_a_second", FloodBenchmark.REQUESTS + FloodBenchmark.CALLS);
        var gateway = new OneGateway(checkout(), folder, network);
        var server = ServerProcess.start(checkout(), folder, "bench", network + ".1", List.of());
        try (server) {
            var name = OneGateway.serve(server);
            var usual = gateway.rival(server, List.of());
            // as many as its open files allow, of any source, and all of them half open
            var raised =
                    gateway.rival(
                            server,
                            List.of(
                                    "--max-connections",
                                    "9000",
                                    "--max-connections-per-source",
                                    "9000",
                                    "--max-connection-rate-per-source",
                                    "5000",
                                    "--max-half-open",
                                    "9000"));
            gateway.learnRoutes(usual);
            server.close();
            try (var _ = gateway.startBackend();
                    var good = Helper.start(GoodCalls.class, List.of(), name)) {
                figures().put("default", measure(usual, folder, gateway, good, each));
                figures().put("raised", measure(raised, folder, gateway, good, each));
            }
        }
    }

    private Map<String, Object> measure(
            Rival rival, Path folder, OneGateway gateway, Helper good, int each) throws Exception {
        var millis = (quick ? 1 : seconds) * 1000;
        // until as many stand as shall, and a while for those who are reset and come again
        var grows = each * PROCESSES * 1000 / PER_SECOND + 2000;
        var found = new LinkedHashMap<String, Object>();
        try (var running = rival.start(folder, List.of());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var to = rival.address();
            FloodBenchmark.calls(good, to, millis);
            var before = gateway.metrics();
            told(found, "quiet_", FloodBenchmark.calls(good, to, millis));
            found.put("quiet_rss_mb", Math.round(running.residentBytes() / 1e6));
            var strangers = new ArrayList<Helper>();
            try {
                for (var i = 0; i < PROCESSES; i++) {
                    strangers.add(
                            Helper.start(
                                    Strangers.class,
                                    List.of(),
                                    "127." + (from + i),
                                    Integer.toString(FloodBenchmark.SOURCES / PROCESSES)));
                }
                var attacks =
                        strangers.stream()
                                .map(one ->
                                        threads.submit(
                                                (Callable<long[]>)
                                                        () ->
                                                                FloodBenchmark.attack(
                                                                        one,
                                                                        Attack.SLOW,
                                                                        to,
                                                                        each,
                                                                        PER_SECOND / PROCESSES,
                                                                        grows + millis + 1000)))
                                .toList();
                TimeUnit.MILLISECONDS.sleep(grows);
                told(found, "", FloodBenchmark.calls(good, to, millis));
                found.put("rss_mb", Math.round(running.residentBytes() / 1e6));
                // before they leave, which is counted too
                var now = gateway.metrics();
                found.put("held_by_the_gateway", open(now));
                found.put("refused", refused(before, now));
                var made = 0L;
                var stood = 0L;
                for (var attack : attacks) {
                    made += attack.get()[0];
                    stood += attack.get()[3];
                }
                found.put("connections", made);
                found.put("held_by_strangers", stood);
            } finally {
                strangers.forEach(Helper::close);
            }
        }
        say(found.toString());
        return found;
    }

    private static void told(Map<String, Object> found, String prefix, long[] counts) {
        found.put(prefix + "p50_us", counts[0] / 1000);
        found.put(prefix + "p99_us", counts[1] / 1000);
        found.put(prefix + "call_p50_us", counts[3] / 1000);
        found.put(prefix + "call_p99_us", counts[4] / 1000);
        found.put(prefix + "calls", counts[2] + counts[5]);
        found.put(prefix + "failed", counts[6]);
    }

    private static long open(Map<String, Double> metrics) {
        return metrics.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("hansa_connections_open"))
                .mapToLong(entry -> entry.getValue().longValue())
                .sum();
    }

    /// Of the strangers, by reason.
    private static Map<String, Long> refused(
            Map<String, Double> before, Map<String, Double> after) {
        var refused = new LinkedHashMap<String, Long>();
        after.forEach((name, count) -> {
            if (name.startsWith("hansa_connections_refused_total")) {
                var reason = name.replaceAll(".*reason=\"([a-z_]+)\".*", "$1");
                refused.put(reason, (long) (count - before.getOrDefault(name, 0.0)));
            }
        });
        return refused;
    }
}
