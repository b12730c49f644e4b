package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubernetesCommandsTest {
    @TempDir private Path folder;

    /// `--help` makes every command, the operator's too.
    @Test
    void commandsThatAskLoadNoClassOfTheClientOfKubernetes()
            throws IOException, InterruptedException {
        var loaded = folder.resolve("classes");
        var process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xlog:class+load:file=" + loaded,
                                "-cp",
                                System.getProperty("java.class.path"),
                                Main.class.getName(),
                                "--help")
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("out").toFile())
                        .start();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(folder.resolve("out"))).contains("kubernetes");
        assertThat(process.exitValue()).isZero();
        assertThat(Files.readString(loaded))
                .contains("dev.hansa.cli.KubernetesCommands")
                .doesNotContain("io.fabric8.", "tools.jackson.");
    }

    @Test
    void operatorsMistakesAreToldBeforeItAsksAnybody() {
        var ran =
                Ran.hansa(
                        Map.of("HANSA_HTTP_ADDR", "ftp://x"),
                        "",
                        "kubernetes",
                        "operator",
                        "--lease-duration",
                        "5s");

        assertThat(ran.status()).isEqualTo(2);
    }
}
