package dev.hansa.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What a write of a config entry costs, with its record in the audit log. The audit log cannot be
/// switched off, so what it costs is seen between two builds: they take turns, each time with an
/// empty server of their own. docs/BENCHMARKS.md says what each figure means.
@Command(
        name = "writes",
        description = "Writes of config entries at one server, of two builds in turns.",
        mixinStandardHelpOptions = true)
final class WritesBenchmark extends ServersBenchmark {
    private static final int WRITERS = 8;

    @Option(
            names = "--against",
            description =
                    "Another checkout, built, which takes turns with this one; may be repeated.")
    private List<Path> against = List.of();

    @Option(names = "--rounds", description = "Of each build.", defaultValue = "7")
    private int rounds = 7;

    @Option(names = "--writes", description = "Of each turn and kind.", defaultValue = "2000")
    private int writesOfATurn = 2000;

    @Option(names = "--quick", description = "One round of 50 writes: does it work, not how fast.")
    private boolean quick;

    @Option(
            names = "--network",
            description = "The first three bytes of the loopback addresses to use.",
            defaultValue = "127.109.0")
    private String network = "";

    WritesBenchmark() {
        super("writes");
    }

    /// Who takes a turn.
    private record Variant(String name, Path checkout, List<String> settings) {}

    /// Writes a second in each round.
    ///
    /// @param alone one after the other
    /// @param together of [#WRITERS] at once
    /// @param processor milliseconds of the server for a write, of both
    private record Rates(List<Double> alone, List<Double> together, List<Double> processor) {
        Rates() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    @Override
    void run(Path directory) throws Exception {
        var writes = quick ? 50 : writesOfATurn;
        var turns = quick ? 1 : rounds;
        figures().put("command", "./benchmarks/run writes" + (quick ? " --quick" : ""));
        figures().putAll(Machine.facts(checkout()));
        figures().put("writes", writes);
        figures().put("rounds", turns);
        var variants = new ArrayList<Variant>();
        variants.add(new Variant("here", checkout(), List.of()));
        variants.add(
                new Variant("here_without_export", checkout(), List.of("--audit-file", "none")));
        for (var i = 0; i < against.size(); i++) {
            var name = "against" + (i == 0 ? "" : "_" + (i + 1));
            figures().put(name + "_revision", Machine.facts(against.get(i)).get("revision"));
            variants.add(new Variant(name, against.get(i), List.of()));
        }
        var all = new LinkedHashMap<String, Rates>();
        variants.forEach(variant -> all.put(variant.name(), new Rates()));
        for (var round = 0; round < turns; round++) {
            for (var i = 0; i < variants.size(); i++) {
                // so that none is always the first
                var variant = variants.get((round + i) % variants.size());
                var folder =
                        Files.createDirectories(directory.resolve(variant.name() + "-" + round));
                measure(variant, folder, writes, all.getOrDefault(variant.name(), new Rates()));
            }
            say("round " + (round + 1) + " of " + turns + ": " + all);
        }
        all.forEach((name, rates) -> tell(name, rates, all));
    }

    private void measure(Variant variant, Path folder, int writes, Rates rates) throws Exception {
        var settings = new ArrayList<>(variant.settings());
        settings.addAll(List.of("--http-max-write-rate", "1000000"));
        try (var server =
                ServerProcess.start(
                        variant.checkout(), folder, "writes", network + ".1", settings)) {
            write(server, "before", writes, 1);
            var before = server.processorTime();
            rates.alone().add(write(server, "alone", writes, 1));
            rates.together().add(write(server, "together", writes, WRITERS));
            var spent = server.processorTime().minus(before);
            rates.processor().add(spent.toNanos() / 1e6 / (2.0 * writes));
        }
    }

    /// @return writes a second
    private static double write(ServerProcess server, String name, int writes, int writers)
            throws Exception {
        try (var threads = Executors.newFixedThreadPool(writers)) {
            var began = System.nanoTime();
            var all = new ArrayList<Future<Integer>>();
            for (var i = 0; i < writers; i++) {
                var own = name + "-" + i;
                all.add(threads.submit(() -> write(server, own, writes / writers)));
            }
            var done = 0;
            for (var one : all) {
                done += one.get();
            }
            return done / ((System.nanoTime() - began) / 1e9);
        }
    }

    private static int write(ServerProcess server, String name, int writes) throws IOException {
        try (var client = new KeptConnection(server.host(), 8500)) {
            for (var i = 0; i < writes; i++) {
                client.put(
                        "/v1/config",
                        "{\"Kind\":\"service-defaults\",\"Name\":\""
                                + name
                                + "-"
                                + i
                                + "\",\"Protocol\":\"tcp\"}");
            }
        }
        return writes;
    }

    private void tell(String name, Rates rates, Map<String, Rates> all) {
        figures().put(name + "_per_second", rounded(rates.alone()));
        figures().put(name + "_per_second_median", Math.round(Figures.median(rates.alone())));
        figures().put(name + "_together_per_second", rounded(rates.together()));
        figures()
                .put(
                        name + "_together_per_second_median",
                        Math.round(Figures.median(rates.together())));
        figures()
                .put(
                        name + "_processor_ms_median",
                        Math.round(Figures.median(rates.processor()) * 1000) / 1000.0);
        var here = all.getOrDefault("here", rates);
        if (here != rates) {
            figures().put("here_to_" + name, ratio(here.alone(), rates.alone()));
            figures()
                    .put("here_to_" + name + "_together", ratio(here.together(), rates.together()));
            figures()
                    .put(
                            "here_to_" + name + "_processor",
                            ratio(here.processor(), rates.processor()));
        }
    }

    private static List<Long> rounded(List<Double> rates) {
        return rates.stream().map(Math::round).toList();
    }

    /// The median of what each round says, whose two parts were measured next to each other.
    private static double ratio(List<Double> here, List<Double> there) {
        var ratios = new ArrayList<Double>();
        for (var i = 0; i < here.size(); i++) {
            ratios.add(here.get(i) / there.get(i));
        }
        return Math.round(Figures.median(ratios) * 1000) / 1000.0;
    }
}
