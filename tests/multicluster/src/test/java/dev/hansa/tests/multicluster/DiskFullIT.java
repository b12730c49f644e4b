package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server on a disk of its own, which fills up and turns read-only. Needs root, for a tmpfs of
/// 128 MiB.
class DiskFullIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int CHUNK = 1 << 20;

    @TempDir Path folder;
    private final HttpClient client = HttpClient.newHttpClient();
    private final List<String> acknowledged = new ArrayList<>();
    private Path disk = Path.of("");
    private int number;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=128m,mode=700", "tmpfs", disk.toString()),
                "SKIPPED: a full disk cannot be tried: mounting a tmpfs takes root");
    }

    @AfterEach
    void unmount() throws Exception {
        client.close();
        run("umount", "--lazy", disk.toString());
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
    }

    private HttpResponse<String> put() throws IOException, InterruptedException {
        var name = "s" + number++;
        var answer =
                client.send(
                        HttpRequest.newBuilder(URI.create(LoneServer.HTTP + "/v1/config"))
                                .timeout(SOON)
                                .PUT(
                                        HttpRequest.BodyPublishers.ofString(
                                                "{\"Kind\":\"service-resolver\",\"Name\":\""
                                                        + name
                                                        + "\"}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 200) {
            acknowledged.add(name);
        }
        return answer;
    }

    private String admin(String path) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(
                                        URI.create("http://" + LoneServer.HOST + ":19500" + path))
                                .timeout(SOON)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private void eventuallyMeasured(String sample) {
        await().atMost(SOON).untilAsserted(() -> assertThat(admin("/metrics")).contains(sample));
    }

    private Path filler() {
        return disk.resolve("filler");
    }

    /// Until so many bytes are free, or none.
    private void fill(long left) throws IOException {
        try (var output =
                Files.newOutputStream(
                        filler(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            var chunk = new byte[CHUNK];
            while (Files.getFileStore(disk).getUsableSpace() > left) {
                output.write(
                        chunk,
                        0,
                        (int) Math.min(CHUNK, Files.getFileStore(disk).getUsableSpace() - left));
            }
        }
    }

    private void everythingAcknowledgedIsThere(LoneServer server) throws Exception {
        var entries = server.read("/v1/config/service-resolver").body();
        assertThat(acknowledged)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(entries).contains("\"" + name + "\""));
    }

    /// By a second mount above the first, which is read-only: the kernel refuses to turn one so
    /// that files are open for writing in.
    private void turnReadOnly(LoneServer server, Path data) throws Exception {
        assertThat(run("mount", "--bind", disk.toString(), disk.toString())).isTrue();
        try {
            assertThat(run("mount", "-o", "remount,bind,ro", disk.toString())).isTrue();
            for (var i = 0; i < 20; i++) {
                var refused = put();
                assertThat(refused.statusCode()).isEqualTo(500);
                assertThat(refused.body())
                        .startsWith("'" + data.resolve("raft") + "': a write failed: expected a")
                        .contains("read-only");
            }
            everythingAcknowledgedIsThere(server);
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(admin("/health"))
                                    .contains("\"status\":\"degraded\"", "read-only"));
            eventuallyMeasured("hansa_store_writable 0.0");
            assertThat(Files.readString(server.log()))
                    .containsOnlyOnce("expected a disk that takes writes");
        } finally {
            assertThat(run("umount", disk.toString())).isTrue();
        }
        await().atMost(SOON).until(() -> put().statusCode() == 200);
        await().atMost(SOON)
                .untilAsserted(
                        () -> assertThat(admin("/health")).contains("\"status\":\"passing\""));
        eventuallyMeasured("hansa_store_writable 1.0");
    }

    @Test
    void fullDiskRefusesWritesByNameAndLosesNothing() throws Exception {
        var data = disk.resolve("data");
        try (var server = LoneServer.start(data, folder.resolve("first.log"))) {
            for (var i = 0; i < 20; i++) {
                assertThat(put().statusCode()).isEqualTo(200);
            }
            assertThat(admin("/health")).contains("\"status\":\"passing\"");

            fill(8L << 20);
            for (var i = 0; i < 20; i++) {
                var refused = put();
                assertThat(refused.statusCode()).isEqualTo(500);
                assertThat(refused.body())
                        .startsWith("'" + data.resolve("raft") + "': a write failed: expected at");
            }
            everythingAcknowledgedIsThere(server);
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(admin("/health"))
                                    .contains("\"status\":\"degraded\"", "bytes free"));
            eventuallyMeasured("hansa_store_writable 0.0");
            assertThat(Files.readString(server.log()))
                    .containsOnlyOnce("the store takes no writes");

            Files.delete(filler());
            await().atMost(SOON).until(() -> put().statusCode() == 200);
            await().atMost(SOON)
                    .untilAsserted(
                            () -> assertThat(admin("/health")).contains("\"status\":\"passing\""));
            eventuallyMeasured("hansa_store_writable 1.0");

            turnReadOnly(server, data);

            fill(0);
            server.kill();
        }

        assertThatThrownBy(() -> LoneServer.start(data, folder.resolve("second.log")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(data.toString());

        Files.delete(filler());
        // as little as with one that takes nothing at all
        assertThat(run("mount", "-o", "remount,ro", disk.toString())).isTrue();
        assertThatThrownBy(() -> LoneServer.start(data, folder.resolve("read-only.log")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(data.toString())
                .hasMessageContaining("Read-only file system");

        assertThat(run("mount", "-o", "remount,rw", disk.toString())).isTrue();
        try (var server = LoneServer.start(data, folder.resolve("third.log"))) {
            everythingAcknowledgedIsThere(server);
            assertThat(put().statusCode()).isEqualTo(200);
        }
    }
}
