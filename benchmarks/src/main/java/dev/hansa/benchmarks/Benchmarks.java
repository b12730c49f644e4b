package dev.hansa.benchmarks;

import dev.hansa.benchmarks.failover.FailoverBenchmark;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The benchmarks by name; `./benchmarks/run` starts it.
@Command(
        name = "benchmarks/run",
        description = "Measures Hansa on this machine, with real processes.",
        subcommands = {
            ApiBenchmark.class,
            BytesBenchmark.class,
            ChartCommand.class,
            FailoverBenchmark.class,
            FloodBenchmark.class,
            GatewayBenchmark.class,
            PeerStreamBenchmark.class,
            SidecarBenchmark.class,
            SlowBenchmark.class,
            WritesBenchmark.class
        },
        mixinStandardHelpOptions = true)
public final class Benchmarks {
    private Benchmarks() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Benchmarks()).execute(arguments));
    }
}
