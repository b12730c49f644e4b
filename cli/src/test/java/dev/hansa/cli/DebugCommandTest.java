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
import picocli.CommandLine;

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
                            "-duration=4s",
                            "-interval=2s",
                            "-output",
                            archive.toString(),
                            "-admin-addr",
                            server.adminUrl());

            assertThat(ran).isEqualTo(new Ran(0, "Saved: " + archive + "\n", ""));
            writes.get(30, TimeUnit.SECONDS);
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
        assertThat(all.get("index.json")).contains("\"NotCaptured\": {}", "\"Duration\": \"4s\"");
        assertThat(all.entrySet())
                .anyMatch(one ->
                        one.getKey().endsWith("metrics.txt") && one.getValue().contains("hansa_"));
    }

    /// A server may repeat what it was asked with; nobody who gets the file reads it there.
    @Test
    void tokenIsNeverInItAndWhatIsLackingIsSaid() throws Exception {
        var archive = folder.resolve("debug.tar.gz");
        try (var server = new TestingServer();
                var admin = new TestingServer()) {
            server.on("GET /v1/agent/version?stale", 200, "{\"echo\":\"canary-token\"}")
                    .on("GET /v1/agent/self?stale", 403, "Permission denied: token canary-token")
                    .on(
                            "GET /v1/agent/monitor?loglevel=info",
                            200,
                            "T [WARN]  monitor: 3 lines left out here: they came faster than read\n");
            admin.on("GET /metrics", 200, "up 1\n");

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
                            "-capture=metrics",
                            "-admin-addr=http://" + admin.address(),
                            "-output",
                            archive.toString());

            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.out()).isEqualTo("Saved: " + archive + "\n");
            assertThat(ran.err())
                    .contains("not captured: /v1/agent/self: ")
                    .contains("not captured: /v1/agent/monitor: expected every line; found 'T ")
                    .contains(
                            "; expected a log until the end of the capture; found 'the end of it'")
                    .doesNotContain("canary");
            // the admin port asks for no token, and gets none
            assertThat(server.tokens()).isNotEmpty().allMatch("canary-token"::equals);
            assertThat(admin.tokens()).containsExactly("");
        }
        var all = unpacked(archive);
        assertThat(all.keySet().stream().map(name -> name.replaceFirst(".*Z/", "")))
                .containsExactly("version.json", "metrics.txt", "hansa.log", "index.json");
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
                        "-admin-addr=http://127.0.0.1:1",
                        "-output=" + folder.resolve("x"));

        assertThat(ran.status()).isEqualTo(1);
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
        assertThat(debug("-duration", "soon")).contains("--duration: expected a duration from 1s");
        assertThat(debug("-duration=1s", "-interval=2s")).contains("--interval: expected at most");
    }

    /// As without a leader: it says what it is, and of the rest nothing.
    @Test
    void serverThatAnswersLittleIsCapturedInItsTime() throws Exception {
        var archive = folder.resolve("debug.tar.gz");
        var begin = System.nanoTime();
        try (var server = new TestingServer()) {
            server.on("GET /v1/agent/self", 500, "No cluster leader")
                    .on("GET /v1/agent/self?stale", 200, "{}")
                    .silentOn("GET /v1/agent/version?stale")
                    .silentOn("GET /v1/agent/members?stale")
                    .silentOn("GET /v1/operator/raft/configuration?stale");

            var ran =
                    Ran.hansa(
                            server,
                            "debug",
                            "-duration=1s",
                            "-interval=1s",
                            "-capture=agent",
                            "-capture=members",
                            "-output=" + archive);

            assertThat(ran.status()).isEqualTo(1);
            assertThat(ran.err())
                    .contains("not captured: /v1/agent/version: ")
                    .contains("not captured: /v1/agent/members: ");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(12));
        assertThat(unpacked(archive).keySet()).containsExactly("agent.json", "index.json");
    }

    @Test
    void captureThatIsFullKeepsWhatItHasAndIsNotWrittenOverAnother() throws Exception {
        var archive = folder.resolve("debug.tar.gz").toString();
        try (var server = new TestingServer()) {
            server.on("GET /v1/agent/self?stale", 200, "{}")
                    .on("GET /v1/agent/version?stale", 200, "{\"long\":\"one\"}");
            var err = new StringWriter();
            var surroundings =
                    new Surroundings(
                            InputStream.nullInputStream(),
                            new PrintWriter(new StringWriter()),
                            new PrintWriter(err),
                            Map.of("HANSA_HTTP_ADDR", server.address()));

            var status =
                    new CommandLine(new DebugCommand(surroundings, 10))
                            .execute("--capture=agent", "--output", archive);

            assertThat(status).isEqualTo(1);
            assertThat(err.toString())
                    .contains("not captured: the rest: expected at most 10 bytes; found more");
            var all = unpacked(Path.of(archive));
            assertThat(all.keySet()).containsExactly("agent.json", "index.json");

            assertThat(Ran.hansa(server, "debug", "-output", archive).err())
                    .startsWith("hansa: capture: expected no file yet at '" + archive);
            assertThat(unpacked(Path.of(archive))).isEqualTo(all);
        }
    }

    @Test
    void captureThatIsInterruptedKeepsWhatItHas() throws Exception {
        var archive = folder.resolve("debug.tar.gz");
        var said = folder.resolve("said");
        try (var server = new TestingServer()) {
            server.on("GET /v1/agent/self?stale", 200, "{}")
                    .on("GET /v1/agent/version?stale", 200, "{}");
            var process =
                    new ProcessBuilder(
                                    ProcessHandle.current().info().command().orElseThrow(),
                                    "-XX:TieredStopAtLevel=1",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    Main.class.getName(),
                                    "debug",
                                    "-duration=1h",
                                    "-interval=1h",
                                    "-capture=agent",
                                    "-http-addr=" + server.address(),
                                    "-output=" + archive)
                            .redirectErrorStream(true)
                            .redirectOutput(said.toFile())
                            .start();
            try {
                await().atMost(Duration.ofSeconds(60))
                        .until(() ->
                                server.asked().stream()
                                        .anyMatch(one -> one.line().endsWith("version?stale")));
                process.destroy();
                assertThat(process.waitFor(Duration.ofSeconds(30))).isTrue();
            } finally {
                process.destroyForcibly();
            }
            assertThat(Files.readString(said))
                    .contains("Saved: " + archive)
                    .contains("not captured: the rest: expected 1h0m0s; found it interrupted");
        }
        assertThat(unpacked(archive).keySet()).contains("agent.json", "index.json");
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
    void monitorEndsWhenNobodyReads() throws Exception {
        try (var server = new TestingServer()) {
            server.on("GET /v1/agent/monitor?loglevel=error", 200, "a\nb\n");

            assertThat(Ran.intoClosedPipe(server, "monitor", "-log-level", "ERR"))
                    .isEqualTo(new Ran(0, "", ""));
            var ran = Ran.hansa(server, "monitor", "-log-level", "Error");
            assertThat(ran.out()).isEqualTo("a\nb\n");
            assertThat(ran.err()).contains("found 'the end of it' (the server ends it when ");
        }
    }

    @Test
    void levelThatThereIsNotIsAMistake() {
        assertThat(Ran.hansa(Map.of(), "", "monitor", "-log-level", "loud").status()).isEqualTo(2);
    }
}
