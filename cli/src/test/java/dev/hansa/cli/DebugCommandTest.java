package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `hansa monitor` and `hansa debug`, against a real server.
class DebugCommandTest {
    @TempDir private Path folder;

    /// What is in an archive, by the last parts of the names.
    private static Map<String, String> unpacked(Path archive) throws IOException {
        var all = new LinkedHashMap<String, String>();
        try (var in =
                new ByteArrayInputStream(
                        new GZIPInputStream(Files.newInputStream(archive)).readAllBytes())) {
            for (var head = in.readNBytes(512); head[0] != 0; head = in.readNBytes(512)) {
                var name = text(head, 0, 100);
                assertThat(text(head, 257, 6)).isEqualTo("ustar");
                assertThat(text(head, 100, 8)).isEqualTo("0000600");
                var size = Integer.parseInt(text(head, 124, 12), 8);
                all.put(
                        name.substring(name.indexOf('/') + 1),
                        new String(in.readNBytes(size), StandardCharsets.UTF_8));
                in.skipNBytes((512 - size % 512) % 512);
            }
        }
        return all;
    }

    private static String text(byte[] head, int at, int length) {
        return new String(head, at, length, StandardCharsets.US_ASCII).split("\0", 2)[0];
    }

    @Test
    void captureHasWhatTheServerIsAndSaysAndIsItsOwnersAlone() throws Exception {
        var archive = folder.resolve("debug.tar.gz");
        try (var server = RealServer.start("eks", folder, Map.of())) {
            var writes =
                    CompletableFuture.runAsync(() ->
                            await().until(() -> {
                                server.write("{\"Kind\":\"service-resolver\",\"Name\":\"web\"}");
                                return Files.exists(archive);
                            }));

            var ran =
                    server.hansa(
                            "debug",
                            "-duration=2s",
                            "-interval=1s",
                            "-output",
                            archive.toString(),
                            "-admin-addr",
                            server.adminUrl());

            assertThat(ran).isEqualTo(new Ran(0, "Saved: " + archive + "\n", ""));
            writes.get(10, TimeUnit.SECONDS);
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(archive)))
                .isEqualTo("rw-------");
        var all = unpacked(archive);
        assertThat(all.keySet()).contains("agent.json", "version.json", "members.json", "ca.json");
        assertThat(all.keySet().stream().map(name -> name.replaceFirst(".*Z/", "")))
                .contains("health.json", "raft.json", "peerings.json", "metrics.txt");
        assertThat(all.keySet().stream().filter(name -> name.endsWith("metrics.txt"))).hasSize(2);
        assertThat(all.get("agent.json")).contains("\"Datacenter\":\"eks\"");
        assertThat(all.get("hansa.log")).contains("config entry service-resolver/web written");
        assertThat(all.get("index.json")).contains("\"NotCaptured\": {}", "\"Duration\": \"2s\"");
        assertThat(all.entrySet())
                .anyMatch(one ->
                        one.getKey().endsWith("metrics.txt") && one.getValue().contains("hansa_"));
    }

    /// A server may repeat what it was asked with; nobody who gets the file reads it there.
    @Test
    void tokenIsNeverInItAndWhatIsLackingIsSaid() throws Exception {
        var archive = folder.resolve("debug.tar.gz");
        try (var server = new TestingServer()) {
            server.on("GET /v1/agent/version", 200, "{\"echo\":\"canary-token\"}")
                    .on("GET /v1/agent/self", 403, "Permission denied: token canary-token");

            var ran =
                    Ran.hansa(
                            Map.of(
                                    "HANSA_HTTP_ADDR",
                                    server.address(),
                                    "HANSA_TOKEN",
                                    "canary-token"),
                            "",
                            "debug",
                            "-duration=1s",
                            "-interval=1s",
                            "-capture=agent",
                            "-capture=logs",
                            "-output",
                            archive.toString());

            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.out()).isEqualTo("Saved: " + archive + "\n");
            assertThat(ran.err())
                    .contains("not captured: /v1/agent/self: ")
                    .contains("not captured: /v1/agent/monitor: ")
                    .doesNotContain("canary");
            // the admin port asks for no token, and gets none
            assertThat(server.tokens()).allMatch("canary-token"::equals);
        }
        var all = unpacked(archive);
        assertThat(all.keySet()).containsExactly("version.json", "hansa.log", "index.json");
        assertThat(all.values()).noneMatch(text -> text.contains("canary"));
        assertThat(all.get("index.json")).contains("\"/v1/agent/self\": ");
    }

    @Test
    void serverThatIsNotThereLeavesNoFile() throws IOException {
        var ran =
                Ran.hansa(
                        Map.of("HANSA_HTTP_ADDR", "127.0.0.1:1"),
                        "",
                        "debug",
                        "-output=" + folder.resolve("x"));

        assertThat(ran.status()).isEqualTo(1);
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
        assertThat(debug("-duration", "soon")).contains("--duration: expected a duration from 1s");
        assertThat(debug("-duration=1s", "-interval=2s")).contains("--interval: expected at most");
    }

    private static String debug(String... words) {
        var all = new String[words.length + 1];
        all[0] = "debug";
        System.arraycopy(words, 0, all, 1, words.length);
        var ran = Ran.hansa(Map.of(), "", all);
        assertThat(ran.status()).isEqualTo(2);
        return ran.err();
    }

    @Test
    void monitorPrintsWhatIsLoggedUntilTheServerEnds() throws Exception {
        var out = new StringWriter();
        var err = new StringWriter();
        CompletableFuture<Integer> status;
        try (var server = RealServer.start("eks", folder, Map.of())) {
            var surroundings =
                    new Surroundings(
                            InputStream.nullInputStream(),
                            new PrintWriter(out),
                            new PrintWriter(err),
                            Map.of("HANSA_HTTP_ADDR", server.url()));
            status = CompletableFuture.supplyAsync(() -> Main.run(surroundings, "monitor"));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> out.toString().contains("[INFO]  monitor: what server"));
            server.write("{\"Kind\":\"service-resolver\",\"Name\":\"web\"}");
            await().atMost(Duration.ofSeconds(20))
                    .until(() ->
                            out.toString()
                                    .contains("[INFO]  config entry service-resolver/web written"));
        }
        assertThat(status.get(20, TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(err.toString()).contains("expected its log until interrupted; found");
    }

    @Test
    void levelThatThereIsNotIsAMistake() {
        assertThat(Ran.hansa(Map.of(), "", "monitor", "-log-level", "loud").status()).isEqualTo(2);
    }
}
