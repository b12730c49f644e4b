package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Processes and commands take their classes from the caches that the build has made, and start
/// without a word where they cannot.
class StartUpIT {
    private static final Path BUILD = Checkout.ROOT.resolve("cli/target/hansa");
    private static final List<String> CACHES = List.of("hansa.aot", "proxies.aot", "commands.aot");
    private static final long LIMIT_SECONDS = 60;

    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource({
        "server, dev.hansa.cli.ProcessCommands",
        "gateway, dev.hansa.gateway.GatewayConfig",
        "peering, dev.hansa.cli.PeeringCommands",
        // of a library whose own jar has classes that no cache takes
        "peering, picocli.CommandLine$Model$OptionSpec"
    })
    void classesComeFromTheCacheOfThisBuild(String command, String itsClass) throws Exception {
        assertThat(Checkout.ROOT.resolve("cli/target/training.log"))
                .content()
                .as("a training run that reached its end")
                .doesNotContain("goes without");
        var loaded = folder.resolve("loaded.log");

        var process =
                Checkout.start(
                        folder.resolve("help.log"),
                        Map.of("JDK_JAVA_OPTIONS", "-Xlog:class+load:file=" + loaded),
                        command,
                        "--help");

        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(loaded))
                .filteredOn(line -> line.contains(itsClass + " "))
                .singleElement()
                .asString()
                .contains("source: shared objects file");
    }

    @Test
    void cacheThatDoesNotFitIsPassedOverInSilence() throws Exception {
        // the same program under another path, which is not what the cache was made for
        var build = Files.createDirectories(folder.resolve("cli/target/hansa"));
        Files.createSymbolicLink(build.resolve("lib"), BUILD.resolve("lib"));
        var script = folder.resolve("hansa");
        Files.copy(Checkout.ROOT.resolve("hansa"), script);

        for (var command : List.of("server", "gateway", "peering")) {
            for (var cache : CACHES) {
                Files.copy(
                        BUILD.resolve(cache),
                        build.resolve(cache),
                        StandardCopyOption.REPLACE_EXISTING);
            }
            var moved = help(script, command);
            for (var cache : CACHES) {
                Files.writeString(build.resolve(cache), "torn");
            }
            var torn = help(script, command);

            assertThat(moved).startsWith("Usage: hansa " + command).isEqualTo(torn);
        }
    }

    private String help(Path script, String command) throws Exception {
        var log = folder.resolve("help.log");
        var builder = new ProcessBuilder("sh", script.toString(), command, "--help");
        builder.redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("HANSA_NO_BUILD", "1");
        var process = builder.start();
        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        return Files.readString(log);
    }
}
