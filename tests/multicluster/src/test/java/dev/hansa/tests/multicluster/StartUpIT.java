package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A long-running process takes its classes from the cache that the build has made, and starts
/// without a word where it cannot.
class StartUpIT {
    private static final Path BUILD = Checkout.ROOT.resolve("cli/target/hansa");
    private static final long LIMIT_SECONDS = 60;

    @TempDir private Path folder;

    @Test
    void classesComeFromTheCacheOfThisBuild() throws Exception {
        assertThat(Checkout.ROOT.resolve("cli/target/training.log"))
                .content()
                .as("a training run that reached its end")
                .doesNotContain("goes without");
        var loaded = folder.resolve("loaded.log");

        var process =
                Checkout.start(
                        folder.resolve("help.log"),
                        Map.of("JDK_JAVA_OPTIONS", "-Xlog:class+load:file=" + loaded),
                        "server",
                        "--help");

        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(loaded))
                .filteredOn(line -> line.contains("dev.hansa.cli.ProcessCommands "))
                .singleElement()
                .asString()
                .contains("source: shared objects file");
    }

    @Test
    void cacheThatDoesNotFitIsPassedOverInSilence() throws Exception {
        // the same program under another path, which is not what the cache was made for
        var build = Files.createDirectories(folder.resolve("cli/target/hansa"));
        Files.createSymbolicLink(build.resolve("lib"), BUILD.resolve("lib"));
        Files.copy(BUILD.resolve("hansa.aot"), build.resolve("hansa.aot"));
        var script = folder.resolve("hansa");
        Files.copy(Checkout.ROOT.resolve("hansa"), script);

        var moved = help(script);
        Files.writeString(build.resolve("hansa.aot"), "torn");
        var torn = help(script);

        assertThat(moved).startsWith("Usage: hansa server").isEqualTo(torn);
    }

    private String help(Path script) throws Exception {
        var log = folder.resolve("help.log");
        var builder = new ProcessBuilder("sh", script.toString(), "server", "--help");
        builder.redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("HANSA_NO_BUILD", "1");
        var process = builder.start();
        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        return Files.readString(log);
    }
}
