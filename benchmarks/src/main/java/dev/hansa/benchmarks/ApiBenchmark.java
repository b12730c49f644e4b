package dev.hansa.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What the operators' door costs those who come through it: a read of a service's health, a change
/// that thousands wait for, and the start of a command. docs/BENCHMARKS.md says what each figure
/// means.
@Command(
        name = "api",
        description = "The HTTP API and the command line: reads, waiting readers, starts.",
        mixinStandardHelpOptions = true)
final class ApiBenchmark extends ServersBenchmark {
    private static final String SERVICE = "x";
    private static final String PATH = "/v1/health/service/" + SERVICE;
    private static final int INSTANCES = 3;
    private static final int CONNECTIONS = 16;

    /// An odd count would give a median that was seen; twenty is what the figure is defined by.
    private static final int STARTS = 20;

    private static final int STARTS_BEFORE = 3;

    @Option(
            names = "--quick",
            description = "A second of reads, 200 waiting readers: does it work, not how fast.")
    private boolean quick;

    @Option(
            names = "--network",
            description = "The first three bytes of the loopback addresses to use.",
            defaultValue = "127.108.0")
    private String network = "";

    ApiBenchmark() {
        super("api");
    }

    @Override
    void run(Path directory) throws Exception {
        var readers = quick ? 200 : 10_000;
        figures().put("command", "./benchmarks/run api" + (quick ? " --quick" : ""));
        figures().putAll(Machine.facts(checkout()));
        // above the defaults, which a crowd like this is to be kept out by
        var settings =
                List.of(
                        "--http-max-connections",
                        Integer.toString(readers + 1000),
                        "--http-max-waiting-per-client",
                        Integer.toString(readers),
                        // as fast as it goes, and all readers at once
                        "--http-max-read-rate",
                        "1000000");
        try (var server =
                ServerProcess.start(checkout(), directory, "api", network + ".1", settings)) {
            for (var i = 0; i < INSTANCES; i++) {
                server.register(SERVICE, i, true);
            }
            reads(server);
            wake(server, readers);
            starts(server);
        }
    }

    private void reads(ServerProcess server) throws Exception {
        read(server, Duration.ofSeconds(quick ? 1 : 15));
        var measured = Duration.ofSeconds(quick ? 1 : 15);
        var times = read(server, measured);
        figures().put("health_connections", CONNECTIONS);
        figures().put("health_rps", Math.round(times.size() / (double) measured.toSeconds()));
        figures().put("health_p50_ms", rounded(Figures.median(times)));
        figures().put("health_p99_ms", rounded(Figures.quantile(times, 0.99)));
    }

    /// Each connection asks again as soon as it is answered; the milliseconds of each answer.
    private static List<Double> read(ServerProcess server, Duration lasting) throws Exception {
        var times = new ArrayList<Double>();
        try (var threads = Executors.newFixedThreadPool(CONNECTIONS)) {
            var end = System.nanoTime() + lasting.toNanos();
            var all = new ArrayList<Future<List<Double>>>();
            for (var i = 0; i < CONNECTIONS; i++) {
                all.add(
                        threads.submit(() -> {
                            var own = new ArrayList<Double>();
                            try (var client = new KeptConnection(server.host(), 8500)) {
                                for (var now = System.nanoTime(); now < end; ) {
                                    client.get(PATH);
                                    var after = System.nanoTime();
                                    own.add((after - now) / 1e6);
                                    now = after;
                                }
                            }
                            return own;
                        }));
            }
            for (var one : all) {
                times.addAll(one.get());
            }
        }
        return times;
    }

    private void wake(ServerProcess server, int readers) throws Exception {
        var rounds = new ArrayList<Double>();
        for (var round = 0; round < (quick ? 1 : 3); round++) {
            try (var crowd = WaitingCrowd.gather(server, PATH, readers)) {
                var began = System.nanoTime();
                server.register(SERVICE, 0, round % 2 == 1);
                rounds.add((crowd.lastAnswer() - began) / 1e6);
            }
        }
        figures().put("waiting_readers", readers);
        figures()
                .put(
                        "blocking_wake_rounds_ms",
                        rounds.stream().map(ApiBenchmark::rounded).toList());
        figures().put("blocking_wake_ms", rounded(Figures.median(rounds)));
    }

    private void starts(ServerProcess server) throws Exception {
        var address = "http://" + server.host() + ":8500";
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var classPath = checkout().resolve("cli/target/hansa/lib") + "/*";
        figures()
                .put(
                        "cli_start_ms",
                        median(address, List.of(checkout().resolve("hansa").toString())));
        figures()
                .put(
                        "cli_start_plain_jvm_ms",
                        median(address, List.of(java, "-cp", classPath, "dev.hansa.cli.Main")));
    }

    private double median(String address, List<String> program)
            throws IOException, InterruptedException {
        var times = new ArrayList<Double>();
        var command = new ArrayList<>(program);
        command.addAll(List.of("catalog", "services"));
        for (var i = 0; i < STARTS_BEFORE + (quick ? 1 : STARTS); i++) {
            var builder =
                    new ProcessBuilder(command)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().put("HANSA_HTTP_ADDR", address);
            builder.environment().put("HANSA_NO_BUILD", "1");
            var began = System.nanoTime();
            var status = builder.start().waitFor();
            if (status != 0) {
                throw new IllegalStateException(command + ": expected exit 0; found " + status);
            }
            if (i >= STARTS_BEFORE) {
                times.add((System.nanoTime() - began) / 1e6);
            }
        }
        return rounded(Figures.median(times));
    }

    private static double rounded(double millis) {
        return Math.round(millis * 100) / 100.0;
    }
}
