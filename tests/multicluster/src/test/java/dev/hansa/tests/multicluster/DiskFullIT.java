package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;

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
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server on a disk of its own, which fills up and turns read-only; and three, of which two have
/// such a disk. Needs root, for a tmpfs of 128 MiB each.
class DiskFullIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int CHUNK = 1 << 20;

    @TempDir Path folder;
    private final HttpClient client = HttpClient.newHttpClient();
    private final List<String> acknowledged = new ArrayList<>();
    private final List<Path> mounted = new ArrayList<>();
    private Path disk = Path.of("");
    private int number;

    @BeforeEach
    void mount() throws Exception {
        disk = mount("disk");
    }

    private Path mount(String name) throws Exception {
        var made = Files.createDirectory(folder.resolve(name));
        if (!run("mount", "-t", "tmpfs", "-o", "size=128m,mode=700", "tmpfs", made.toString())) {
            System.err.println(
                    "*** DiskFullIT SKIPPED, nothing was proved: expected to mount a tmpfs, as root");
            abort("no tmpfs could be mounted");
        }
        mounted.add(made);
        return made;
    }

    @AfterEach
    void unmount() throws Exception {
        client.close();
        for (var made : mounted) {
            run("umount", "--lazy", made.toString());
        }
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
        return filler(disk);
    }

    private static Path filler(Path disk) {
        return disk.resolve("filler");
    }

    private void fill(long left) throws IOException {
        fill(disk, left);
    }

    /// Until so many bytes are free, or none.
    private static void fill(Path disk, long left) throws IOException {
        try (var output =
                Files.newOutputStream(
                        filler(disk), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
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

    /// Of three servers the leader's disk is nearly full; then another one's too.
    @Test
    void leaderWhoseDiskIsNearlyFullHandsTheLeadToOneWhoseDiskHasRoom() throws Exception {
        var disks = List.of(mount("eks-0"), mount("eks-1"));
        try (var eks = new ServerGroup("eks", "127.148.0", folder, 3, List.of())) {
            eks.start();
            assertThat(eks.putResolver(2, "before")).isEqualTo(200);
            assertThat(eks.awaitLeader()).isZero();

            fill(disks.get(0), 8L << 20);
            await().atMost(SOON).until(() -> eks.leader().filter(now -> now != 0).isPresent());
            for (var asked : List.of(0, 1, 2)) {
                await().atMost(SOON).until(() -> eks.putResolver(asked, "by-" + asked) == 200);
                var entries = eks.must(asked, "GET", "/v1/config/service-resolver", "").toString();
                assertThat(entries).contains("\"before\"", "\"by-" + asked + "\"");
            }
            var next = member(eks, eks.awaitLeader());
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(Files.readString(eks.log(0)))
                                    .containsOnlyOnce("the lead is handed over to '" + next + "'")
                                    .contains("bytes free on its disk"));
            assertThat(eks.health(0).path("status").asText()).isEqualTo("degraded");
            assertThat(eks.health(2).path("status").asText()).isEqualTo("passing");

            // one disk is not enough for a log of three, whoever leads
            fill(disks.get(1), 8L << 20);
            await().atMost(SOON).until(() -> eks.leader().equals(Optional.of(2)));
            await().atMost(SOON).until(() -> eks.putResolver(2, "before") == 500);
            var resolver = "{\"Kind\": \"service-resolver\", \"Name\": \"refused\"}";
            assertThat(eks.send(2, "PUT", "/v1/config", resolver).body())
                    .startsWith(
                            "store: a write failed: expected 2 of 3 servers whose disks take"
                                    + " writes; found '")
                    .contains(member(eks, 0), member(eks, 1), "bytes free on its disk");
            assertThat(eks.health(2).path("status").asText()).isEqualTo("degraded");
            // deletions make room, and go on
            eks.must(2, "DELETE", "/v1/config/service-resolver/by-0", "");
            Files.delete(filler(disks.get(1)));
            await().atMost(SOON).until(() -> eks.putResolver(1, "after") == 200);
            assertThat(eks.must(2, "GET", "/v1/config/service-resolver", "").toString())
                    .contains("\"before\"", "\"after\"")
                    .doesNotContain("\"refused\"", "\"by-0\"");
        }
    }

    private static String member(ServerGroup eks, int number) throws Exception {
        return eks.health(number).path("member").asText();
    }
}
