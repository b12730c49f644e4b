package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server as a process that may open no more files. Its limit falls while it runs.
@Tag("long")
class ServerOverloadIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int STRANGERS = 300;

    @TempDir Path folder;
    private final List<Socket> strangers = new ArrayList<>();
    private final List<String> acknowledged = new ArrayList<>();
    private ServerGroup eks;
    private int number;

    @BeforeEach
    void start() throws Exception {
        eks = new ServerGroup("eks", "127.152.0", folder, 1, List.of());
        eks.start();
    }

    @AfterEach
    void stop() throws Exception {
        leave();
        eks.close();
    }

    private void leave() throws IOException {
        for (var socket : strangers) {
            socket.close();
        }
        strangers.clear();
    }

    private HttpResponse<String> put() throws IOException, InterruptedException {
        var name = "s" + number++;
        var answer =
                eks.send(
                        0,
                        "PUT",
                        "/v1/config",
                        "{\"Kind\":\"service-resolver\",\"Name\":\"" + name + "\"}");
        if (answer.statusCode() == 200) {
            acknowledged.add("\"Name\":\"" + name + "\"");
        }
        return answer;
    }

    private int openFiles() throws IOException {
        try (var files = Files.list(Path.of("/proc", Long.toString(eks.pid(0)), "fd"))) {
            return (int) files.count();
        }
    }

    /// The soft limit alone, so that it can be raised again by whoever may have lowered it.
    private void mayOpen(int most) throws IOException, InterruptedException {
        var prlimit =
                new ProcessBuilder("prlimit", "--pid", "" + eks.pid(0), "--nofile=" + most + ":")
                        .inheritIO()
                        .start();
        assertThat(prlimit.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(prlimit.exitValue()).isZero();
    }

    private void eventuallyMeasured(String sample) {
        await().atMost(SOON).untilAsserted(() -> assertThat(eks.metrics(0)).contains(sample));
    }

    private void eventuallyIn(String status, String field, String words) {
        await().atMost(SOON)
                .untilAsserted(() -> {
                    var health = eks.health(0);
                    assertThat(health.path("status").asText()).isEqualTo(status);
                    assertThat(health.path(field).asText()).contains(words);
                });
    }

    @Test
    void serverWithoutAFileLeftStaysSaysSoAndRecovers() throws Exception {
        for (var i = 0; i < 20; i++) {
            assertThat(put().statusCode()).isEqualTo(200);
        }
        eventuallyIn("passing", "files", "");

        // newcomers leave some alone, with which the rest goes on
        mayOpen(openFiles() + 100);
        for (var i = 0; i < STRANGERS; i++) {
            strangers.add(new Socket(eks.host(0), 8500));
        }
        eventuallyMeasured("hansa_files_short 1.0");
        eventuallyMeasured(
                "hansa_connections_refused_total{listener=\"http\",reason=\"files_short\"}");
        eventuallyIn("degraded", "files", "lets nobody in: expected 80 more files");
        await().atMost(SOON)
                .until(() -> Files.readString(eks.log(0)).contains("nobody is let in: expected "));
        assertThat(eks.health(0).path("store").asText()).isEmpty();
        // who stands is served
        assertThat(put().statusCode()).isEqualTo(200);

        // the log would need some that are not there: what it cannot write is not tried
        mayOpen(openFiles() + 4);
        await().atMost(SOON).until(() -> put().statusCode() == 500);
        assertThat(put().body())
                .startsWith("'" + eks.data(0).resolve("raft") + "': a write failed: expected ");
        eventuallyMeasured("hansa_store_writable 0.0");
        eventuallyIn("degraded", "store", "takes no writes");
        assertThat(Files.readString(eks.log(0))).containsOnlyOnce("the store takes no writes");
        assertThat(eks.isRunning(0)).isTrue();

        leave();
        mayOpen(4096);
        await().atMost(SOON).until(() -> put().statusCode() == 200);
        eventuallyMeasured("hansa_store_writable 1.0");
        eventuallyMeasured("hansa_files_short 0.0");
        eventuallyIn("passing", "files", "");
        assertThat(eks.must(0, "GET", "/v1/config/service-resolver", "").toString())
                .contains(acknowledged);
    }
}
