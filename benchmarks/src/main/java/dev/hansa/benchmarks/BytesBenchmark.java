package dev.hansa.benchmarks;

import dev.hansa.benchmarks.gateway.Conversations;
import dev.hansa.benchmarks.gateway.Helper;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Random streams both ways through a real gateway, every byte compared. It fails at the first
/// difference. docs/BENCHMARKS.md says what each figure means.
@Command(
        name = "bytes",
        description = "Compares every byte of many connections through a gateway.",
        mixinStandardHelpOptions = true)
final class BytesBenchmark extends ServersBenchmark {
    /// Between two words on how far it is.
    private static final int BATCH = 10_000;

    private static final int MOST = 1_000_000;

    @Option(
            names = "--connections",
            description = "How many (default: 1000000; 2000 with --quick).",
            defaultValue = "1000000")
    private int connections;

    @Option(
            names = "--seconds",
            description = "Begins no more after so long; 0: all (default: 0).",
            defaultValue = "0")
    private long seconds;

    @Option(
            names = "--seed",
            description = "Another one is another million (default: 1).",
            defaultValue = "1")
    private long seed;

    @Option(
            names = "--first",
            description = "The number of the first, as a failure names one (default: 0).",
            defaultValue = "0")
    private long first;

    @Option(names = "--at-once", description = "Default: 64.", defaultValue = "64")
    private int atOnce;

    @Option(names = "--quick", description = "A small size that shows that it works.")
    private boolean quick;

    @Option(
            names = "--network",
            description = "The first three bytes of the loopback addresses to use.",
            defaultValue = "127.113.1")
    private String network = "";

    BytesBenchmark() {
        super("bytes");
    }

    @Override
    void run(Path folder) throws Exception {
        var most = quick ? Math.min(connections, 2000) : connections;
        figures()
                .put("command", "./benchmarks/run bytes --connections " + most + " --seed " + seed);
        figures().putAll(Machine.facts(checkout()));
        var gateway = new OneGateway(checkout(), folder, network);
        var server = ServerProcess.start(checkout(), folder, "bench", network + ".1", List.of());
        try (server) {
            var name = OneGateway.serve(server);
            // what is compared is what it carries, and not what it refuses
            var unbounded = Integer.toString(MOST);
            var ours =
                    gateway.rival(
                            server,
                            List.of(
                                    "--max-connection-rate",
                                    unbounded,
                                    "--max-connection-rate-per-source",
                                    unbounded));
            gateway.learnRoutes(ours);
            server.close();
            var endpoint = gateway.backend();
            try (var talk =
                            Helper.start(
                                    Conversations.class,
                                    List.of(),
                                    endpoint.getAddress().getHostAddress(),
                                    Integer.toString(endpoint.getPort()),
                                    name,
                                    Long.toString(seed));
                    var running = ours.start(folder, List.of())) {
                var began = System.nanoTime();
                var spent = running.processorSeconds();
                var done = 0;
                var bytes = 0L;
                var resets = 0L;
                while (done < most && (seconds == 0 || since(began) < seconds)) {
                    var batch = Math.min(BATCH, most - done);
                    var to = running.rival().address();
                    var counts =
                            talk.order(
                                    to.getAddress().getHostAddress()
                                            + " "
                                            + to.getPort()
                                            + " "
                                            + (first + done)
                                            + " "
                                            + batch
                                            + " "
                                            + atOnce);
                    bytes += counts[0];
                    resets += counts[1];
                    if (counts[2] > 0) {
                        throw new IllegalStateException(
                                "expected no difference; found "
                                        + counts[2]
                                        + " after "
                                        + done
                                        + " connections, as told above");
                    }
                    done += batch;
                    say(done + " connections, " + bytes + " bytes, 0 differences");
                }
                figures().put("connections", done);
                figures().put("bytes", bytes);
                figures().put("differences", 0);
                figures().put("resets_passed_on", resets);
                figures().put("seconds", Math.round(since(began) * 10) / 10.0);
                figures().put("connections_a_second", Math.round(done / since(began)));
                figures()
                        .put(
                                "cpu_us_per_connection",
                                Math.round((running.processorSeconds() - spent) * 1e6 / done));
                figures().put("rss_mb", Math.round(running.residentBytes() / 1e6));
            }
        }
    }

    private static double since(long began) {
        return (System.nanoTime() - began) / (double) TimeUnit.SECONDS.toNanos(1);
    }
}
