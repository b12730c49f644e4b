package dev.hansa.benchmarks;

import dev.hansa.benchmarks.gateway.Attack;
import dev.hansa.benchmarks.gateway.GoodCalls;
import dev.hansa.benchmarks.gateway.Helper;
import dev.hansa.benchmarks.gateway.Rival;
import dev.hansa.benchmarks.gateway.Strangers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What attacks that need no name cost a gateway, and those whom it serves. docs/BENCHMARKS.md says
/// what each figure means.
@Command(
        name = "flood",
        description = "What strangers cost a gateway, and those whom it serves meanwhile.",
        mixinStandardHelpOptions = true)
final class FloodBenchmark extends ServersBenchmark {
    /// Of a strangers' process: jars, and what is being closed.
    static final int OTHER_DESCRIPTORS = 700;

    static final int MOST_SLOW = 18_000;
    static final int SOURCES = 64;
    static final int REQUESTS = 400;
    static final int CALLS = 100;

    /// A gateway gives whom it refuses a second to read why.
    private static final long REST_MILLIS = 1200;

    @Option(names = "--quick", description = "One short round: does it work, not how much.")
    private boolean quick;

    @Option(names = "--rounds", description = "Of all attacks (default: 3).", defaultValue = "3")
    private int rounds;

    @Option(
            names = "--rate",
            description = "Connections of strangers a second (default: 1000).",
            defaultValue = "1000")
    private int rate;

    @Option(
            names = "--network",
            description = "The first three bytes of the loopback addresses to use.",
            defaultValue = "127.110.1")
    private String network = "";

    @Option(
            names = "--strangers",
            description = "The first two bytes of the strangers' loopback addresses.",
            defaultValue = "127.111")
    private String from = "";

    private final Map<Attack, Map<String, List<Double>>> series = new EnumMap<>(Attack.class);

    FloodBenchmark() {
        super("flood");
    }

    @Override
    void run(Path folder) throws Exception {
        var descriptors = PeersBenchmark.system().getMaxFileDescriptorCount();
        var slow = (int) Math.min(quick ? 300 : MOST_SLOW, descriptors - OTHER_DESCRIPTORS);
        var perSecond = quick ? 200 : rate;
        figures().put("command", "./benchmarks/run flood" + (quick ? " --quick" : ""));
        figures().putAll(Machine.facts(checkout()));
        figures().put("rounds", quick ? 1 : rounds);
        figures().put("strangers_at_once", slow);
        figures().put("strangers_a_second", perSecond);
        figures().put("sources", SOURCES);
        var gateway = new OneGateway(checkout(), folder, network);
        var server = ServerProcess.start(checkout(), folder, "bench", network + ".1", List.of());
        try (server) {
            var name = OneGateway.serve(server);
            var ours = gateway.rival(server, List.of());
            gateway.learnRoutes(ours);
            server.close();
            try (var _ = gateway.startBackend();
                    var good = Helper.start(GoodCalls.class, List.of(), name);
                    var strangers =
                            Helper.start(
                                    Strangers.class, List.of(), from, Integer.toString(SOURCES));
                    var running = ours.start(folder, List.of())) {
                var millis = quick ? 1000 : 3000;
                // the first connections bring classes, and code that is compiled later
                calls(good, ours.address(), millis);
                for (var attack : Attack.values()) {
                    attack(strangers, attack, ours.address(), slow, perSecond, millis / 2);
                    calls(good, ours.address(), millis / 4);
                }
                for (var round = 0; round < (quick ? 1 : rounds); round++) {
                    for (var attack : Attack.values()) {
                        TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
                        measure(attack, running, good, strangers, slow, perSecond, millis);
                    }
                    say("round " + (round + 1) + " of " + (quick ? 1 : rounds));
                }
            }
        }
        var results = new LinkedHashMap<String, Object>();
        series.forEach((attack, values) -> results.put(attack.name(), medians(values)));
        figures().put("results", results);
        System.err.println(table());
    }

    private static Map<String, Double> medians(Map<String, List<Double>> values) {
        var medians = new LinkedHashMap<String, Double>();
        values.forEach(
                (name, all) -> medians.put(name, Math.round(Figures.median(all) * 1000) / 1000.0));
        return medians;
    }

    static long[] calls(Helper good, InetSocketAddress to, int millis) throws IOException {
        return good.order(
                to.getAddress().getHostAddress()
                        + " "
                        + to.getPort()
                        + " "
                        + REQUESTS
                        + " "
                        + CALLS
                        + " "
                        + millis);
    }

    static long[] attack(
            Helper strangers,
            Attack attack,
            InetSocketAddress to,
            int atOnce,
            int perSecond,
            int millis)
            throws IOException {
        return strangers.order(
                attack
                        + " "
                        + to.getAddress().getHostAddress()
                        + " "
                        + to.getPort()
                        + " "
                        + atOnce
                        + " "
                        + perSecond
                        + " "
                        + millis);
    }

    /// A quiet time, and the same with the attack: what it costs is the difference.
    private void measure(
            Attack attack,
            Rival.Running running,
            Helper good,
            Helper strangers,
            int atOnce,
            int perSecond,
            int millis)
            throws IOException, InterruptedException {
        var to = running.rival().address();
        var before = running.processorSeconds();
        var quiet = calls(good, to, millis);
        var between = running.processorSeconds();
        var made = new long[1][];
        var attacking =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                made[0] = attack(strangers, attack, to, atOnce, perSecond, millis);
                            } catch (IOException e) {
                                say(attack + ": " + e.getMessage());
                            }
                        });
        var attacked = calls(good, to, millis);
        attacking.join();
        var after = running.processorSeconds();
        var counts =
                Objects.requireNonNull(made[0], "expected what the strangers did; found an end");
        var spent = Math.max(0, (after - between) - (between - before));
        add(attack, "quiet_p50_us", quiet[0] / 1e3);
        add(attack, "p50_us", attacked[0] / 1e3);
        add(attack, "quiet_p99_us", quiet[1] / 1e3);
        add(attack, "p99_us", attacked[1] / 1e3);
        add(attack, "quiet_call_p50_us", quiet[3] / 1e3);
        add(attack, "call_p50_us", attacked[3] / 1e3);
        add(attack, "quiet_call_p99_us", quiet[4] / 1e3);
        add(attack, "call_p99_us", attacked[4] / 1e3);
        add(attack, "quiet_failed", (double) quiet[6]);
        add(attack, "failed", (double) attacked[6]);
        add(attack, "connections", (double) counts[0]);
        add(attack, "bytes", (double) counts[1]);
        add(attack, "not_connected", (double) counts[2]);
        add(attack, "held_at_the_end", (double) counts[3]);
        add(attack, "cpu_us_per_connection", counts[0] == 0 ? 0 : spent * 1e6 / counts[0]);
        add(attack, "cpu_ns_per_byte", counts[1] == 0 ? 0 : spent * 1e9 / counts[1]);
        add(attack, "rss_mb", running.residentBytes() / 1e6);
    }

    private void add(Attack attack, String name, double value) {
        series.computeIfAbsent(attack, _ -> new LinkedHashMap<>())
                .computeIfAbsent(name, _ -> new ArrayList<>())
                .add(value);
    }

    /// In Markdown: what is quiet and what is not, side by side.
    private String table() {
        var lines = new ArrayList<String>();
        lines.add(
                "| attack | connections | held | µs/connection | ns/byte | request p50, quiet | p50 | request p99, quiet | p99 | call p50, quiet | p50 | call p99, quiet | p99 | failed, quiet | failed | RSS, MB |");
        lines.add("|" + "---|".repeat(16));
        series.forEach((attack, values) -> {
            var line = new StringBuilder("| `" + attack + "` |");
            for (var name :
                    List.of(
                            "connections",
                            "held_at_the_end",
                            "cpu_us_per_connection",
                            "cpu_ns_per_byte",
                            "quiet_p50_us",
                            "p50_us",
                            "quiet_p99_us",
                            "p99_us",
                            "quiet_call_p50_us",
                            "call_p50_us",
                            "quiet_call_p99_us",
                            "call_p99_us",
                            "quiet_failed",
                            "failed",
                            "rss_mb")) {
                line.append(' ')
                        .append(
                                Math.round(
                                        Figures.median(
                                                Objects.requireNonNull(values.get(name), name))))
                        .append(" |");
            }
            lines.add(line.toString());
        });
        return String.join("\n", lines);
    }
}
