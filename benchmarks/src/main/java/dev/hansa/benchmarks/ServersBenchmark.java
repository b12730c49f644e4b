package dev.hansa.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/// A benchmark of server processes: where its figures go, and what is left of a run that failed.
abstract class ServersBenchmark implements Callable<Integer> {
    private final String name;
    private final Map<String, Object> figures = new LinkedHashMap<>();

    @Option(names = "--json", description = "Write the figures to this file too.")
    private Path json = Path.of("");

    @Option(names = "--checkout", description = "The checkout to measure.", defaultValue = ".")
    private Path checkout = Path.of(".");

    /// @param name of the command
    ServersBenchmark(String name) {
        this.name = name;
    }

    /// @param folder for the servers' data and logs
    abstract void run(Path folder) throws Exception;

    final Path checkout() {
        return checkout;
    }

    /// What has been measured so far, by key; added to by the run.
    final Map<String, Object> figures() {
        return figures;
    }

    final void say(String text) {
        System.err.println(name + ": " + text);
    }

    @Override
    public final Integer call() throws Exception {
        var folder = Files.createTempDirectory("hansa-benchmark");
        try {
            run(folder);
        } catch (Exception e) {
            say("failed; the servers' logs are in " + folder);
            throw e;
        }
        delete(folder);
        var mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        System.out.println(mapper.writeValueAsString(figures));
        if (!json.toString().isEmpty()) {
            mapper.writeValue(json.toFile(), figures);
        }
        return 0;
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
