package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What a short command does not do before its request: each of these takes as long as all else
/// that it does.
class LeanStartTest {
    @Test
    void shortCommandMakesNeitherTlsNorAMapper() throws Exception {
        try (var server = new TestingServer()) {
            server.on("GET /v1/catalog/services", 200, "{\"echo\":[]}");
            var builder =
                    new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                            "-Xlog:class+load:stdout:none",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            "dev.hansa.cli.Main",
                            "catalog",
                            "services");
            builder.environment().put("HANSA_HTTP_ADDR", server.address());
            var command = builder.redirectErrorStream(true).start();
            var said = new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(command.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(command.exitValue()).as(said).isZero();
            var loaded =
                    said.lines()
                            .filter(line -> line.contains(" source: "))
                            .map(line -> line.substring(0, line.indexOf(' ')))
                            .collect(Collectors.toSet());
            assertThat(said).contains("\necho\n");
            assertThat(loaded)
                    .contains("dev.hansa.cli.CatalogCommands", "dev.hansa.cli.NoTls")
                    .doesNotContain(
                            "sun.security.ssl.SSLContextImpl",
                            "com.fasterxml.jackson.databind.ObjectMapper");
        }
    }
}
