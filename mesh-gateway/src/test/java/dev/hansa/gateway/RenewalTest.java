package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Certificates that live for seconds, so that they are renewed again and again under traffic.
@Timeout(90)
class RenewalTest {
    /// A third of it is when a renewal is due; a loaded machine may be late by the rest.
    private static final Duration LIFE = Duration.ofSeconds(9);

    private static final Pattern REMAINING =
            Pattern.compile("hansa_certificate_remaining_seconds\\{.*} (\\S+)");

    @TempDir Path directory;
    private TestingMesh mesh;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingMesh(directory);
        mesh.east.leafLife(LIFE);
        mesh.west.leafLife(LIFE);
        mesh.start();
        assertThat(mesh.call("warm")).isTrue();
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    private static void say(Socket socket, int word) throws IOException {
        socket.getOutputStream().write(word);
        assertThat(socket.getInputStream().read()).isEqualTo(word);
    }

    @Test
    void renewalDropsNothingAndNeverComesLate() throws Exception {
        var failures = new ConcurrentLinkedQueue<Throwable>();
        var calls = new AtomicInteger();
        var over = new AtomicBoolean();
        var caller = Thread.ofVirtual().start(() -> callUntil(over, calls, failures));
        try (var standing = mesh.dial()) {
            say(standing, 1);
            // one certificate of each sidecar to begin with, and three renewals
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> {
                        say(standing, 2);
                        assertThat(mesh.east.issued()).isGreaterThanOrEqualTo(2 * 4);
                        assertThat(mesh.west.issued()).isGreaterThanOrEqualTo(3 * 4);
                        assertThat(remaining(mesh.eastAdmin)).isPositive();
                        assertThat(remaining(mesh.westAdmin)).isPositive();
                    });
            say(standing, 3);
        } finally {
            over.set(true);
            caller.join();
        }
        assertThat(failures).isEmpty();
        assertThat(calls.get()).isGreaterThan(100);
        assertThat(mesh.read(mesh.eastAdmin, "/metrics"))
                .contains("hansa_tls_handshakes_total{listener=\"inbound\",protocol=\"TLSv1.3\"}")
                .doesNotContain("hansa_certificate_failures_total");
    }

    private void callUntil(AtomicBoolean over, AtomicInteger calls, Queue<Throwable> failures) {
        while (!over.get()) {
            try {
                assertThat(mesh.call("word")).isTrue();
                calls.incrementAndGet();
            } catch (IOException | AssertionError e) {
                failures.add(e);
            }
        }
    }

    private double remaining(int admin) throws Exception {
        var found = REMAINING.matcher(mesh.read(admin, "/metrics"));
        assertThat(found.find()).isTrue();
        return Double.parseDouble(found.group(1));
    }
}
