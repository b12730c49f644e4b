package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk whose fsync or write fails with EIO: what is not in the log was not acknowledged, and
/// whoever cannot write says so. Needs a C compiler.
@Tag("long")
class FsyncFailsIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String LOG = "/raft/";
    private static final String DATABASE = "write:/hansa.db";

    @TempDir Path folder;
    private final List<String> acknowledged = new ArrayList<>();
    private FailingSync disk = new FailingSync(Path.of(""));
    private int number;

    @BeforeEach
    void compile() throws Exception {
        var compiled = FailingSync.compile(folder);
        assumeTrue(compiled.isPresent(), "no C compiler works here");
        disk = compiled.orElseThrow();
    }

    private static ServerGroup servers(String prefix, Path folder, int count, FailingSync disk) {
        return new ServerGroup(
                "eks",
                prefix,
                folder,
                count,
                List.of(),
                server -> disk.words(control(folder, server)));
    }

    private static Path control(Path folder, int server) {
        return folder.resolve("fails-" + server);
    }

    private int put(ServerGroup eks, int asked) throws IOException, InterruptedException {
        var name = "s" + number++;
        var answer =
                eks.send(
                        asked,
                        "PUT",
                        "/v1/config",
                        ServerGroup.text(Map.of("Kind", "service-resolver", "Name", name)));
        if (answer.statusCode() == 200) {
            acknowledged.add(name);
        }
        return answer.statusCode();
    }

    private void everythingAcknowledgedIsThere(ServerGroup eks, int asked) throws Exception {
        var entries = eks.send(asked, "GET", "/v1/config/service-resolver", "").body();
        assertThat(acknowledged)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(entries).contains("\"" + name + "\""));
    }

    @Test
    void serverWhoseDiskFailsTakesNoWriteSaysSoAndReadsOn() throws Exception {
        try (var eks = servers("127.141.0", folder, 1, disk)) {
            eks.start();
            for (var i = 0; i < 20; i++) {
                assertThat(put(eks, 0)).isEqualTo(200);
            }
            assertThat(eks.health(0).path("status").asText()).isEqualTo("passing");

            FailingSync.fail(control(folder, 0), LOG);
            for (var i = 0; i < 3; i++) {
                var refused =
                        eks.send(
                                0,
                                "PUT",
                                "/v1/config",
                                "{\"Kind\":\"service-resolver\",\"Name\":\"lost\"}");
                assertThat(refused.statusCode()).isEqualTo(500);
                assertThat(refused.body())
                        .startsWith("'" + eks.data(0).resolve("raft") + "': a write failed")
                        .contains("Input/output error");
            }
            everythingAcknowledgedIsThere(eks, 0);
            assertThat(eks.health(0).path("status").asText()).isEqualTo("degraded");
            assertThat(eks.health(0).path("store").asText())
                    .startsWith("takes no writes: '" + eks.data(0).resolve("raft"))
                    .contains("Input/output error");
            await().atMost(SOON)
                    .untilAsserted(
                            () -> assertThat(eks.metrics(0)).contains("hansa_store_writable 0.0"));
            assertThat(Files.readString(eks.log(0))).containsOnlyOnce("the store takes no writes");

            // a disk that is well again is believed after a restart alone
            Files.delete(control(folder, 0));
            assertThat(put(eks, 0)).isEqualTo(500);
            eks.kill(0);
            eks.start(0);
            eks.awaitAnswer(0);
            everythingAcknowledgedIsThere(eks, 0);
            assertThat(put(eks, 0)).isEqualTo(200);
            assertThat(eks.health(0).path("status").asText()).isEqualTo("passing");
        }
    }

    /// The log has what was acknowledged; the file beside it, which is read at a start, has not.
    @Test
    void databaseThatFailsIsToldOfAndLosesNothing() throws Exception {
        try (var eks = servers("127.149.0", folder, 1, disk)) {
            eks.start();
            for (var i = 0; i < 5; i++) {
                assertThat(put(eks, 0)).isEqualTo(200);
            }
            FailingSync.fail(control(folder, 0), DATABASE);
            for (var i = 0; i < 20; i++) {
                assertThat(put(eks, 0)).isEqualTo(200);
            }
            assertThat(eks.health(0).path("status").asText()).isEqualTo("degraded");
            assertThat(eks.health(0).path("database").asText())
                    .startsWith(
                            "does not take what the log has: '" + eks.data(0).resolve("hansa.db"));
            assertThat(eks.metrics(0)).contains("hansa_store_database_behind 1.0");
            everythingAcknowledgedIsThere(eks, 0);

            eks.kill(0);
            Files.delete(control(folder, 0));
            eks.start(0);
            eks.awaitAnswer(0);
            everythingAcknowledgedIsThere(eks, 0);
            assertThat(put(eks, 0)).isEqualTo(200);
            assertThat(eks.health(0).path("status").asText()).isEqualTo("passing");
            assertThat(eks.metrics(0)).contains("hansa_store_database_behind 0.0");
        }
    }

    @Test
    void leaderWhoseDiskFailsIsSucceededAndComesBackWithEverything() throws Exception {
        try (var eks = servers("127.142.0", folder, 3, disk)) {
            eks.start();
            var broken = eks.awaitLeader();
            var other = (broken + 1) % 3;
            for (var i = 0; i < 20; i++) {
                assertThat(put(eks, other)).isEqualTo(200);
            }

            FailingSync.fail(control(folder, broken), LOG);
            // an answer may be lost with the leader; what was answered is not
            await().atMost(SOON).until(() -> put(eks, other) == 200 && eks.awaitLeader() != broken);
            for (var i = 0; i < 20; i++) {
                assertThat(put(eks, other)).isEqualTo(200);
            }
            everythingAcknowledgedIsThere(eks, other);
            assertThat(eks.health(broken).path("status").asText()).isEqualTo("degraded");
            assertThat(eks.health(broken).path("store").asText()).contains("Input/output error");
            assertThat(
                            eks.send(broken, "GET", "/v1/config/service-resolver?stale", "")
                                    .statusCode())
                    .isEqualTo(200);

            Files.delete(control(folder, broken));
            eks.kill(broken);
            eks.start(broken);
            eks.awaitAnswer(broken);
            everythingAcknowledgedIsThere(eks, broken);
            await().atMost(SOON)
                    .until(() -> eks.health(broken).path("status").asText().equals("passing"));
        }
    }
}
