package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// How long what a sidecar finds out about its application takes to the other proxies, of its own
/// datacenter and of a peer's. Seen from outside, in `/health` of each, so that the times include a
/// poll of some milliseconds.
@Tag("long")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class HealthTravelIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CHANGES = 50;

    /// Three of these run at once: any faster, and they take the processors from what they look at.
    private static final long POLL_NANOS = 10_000_000;

    private static final Duration SEEN = Duration.ofSeconds(30);

    /// A starved machine delays everything; what is slow by design is slower than this.
    private static final double MANY_MILLIS = 1000;

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    /// Beside that of `echo`, with `echo` of its own datacenter as its upstream.
    private static final SidecarFile WATCHER =
            new SidecarFile(
                    "lke-watcher",
                    "watcher",
                    PeeredPair.LKE + ".11",
                    PeeredPair.LKE + ".4",
                    PeeredPair.LKE + ".11:8080",
                    "echo:" + PeeredPair.UPSTREAM_PORT);

    @TempDir Path folder;

    /// Looks at one proxy's `/health` until it has seen every change.
    private final class Watcher {
        private final URI address;
        private final Predicate<JsonNode> passing;
        private final List<Long> seen = new ArrayList<>();
        private volatile boolean stopped;
        private volatile int changes;
        private final Thread thread;

        Watcher(String host, Predicate<JsonNode> passing) {
            this.address = URI.create("http://" + host + ":19000/health");
            this.passing = passing;
            this.thread = Thread.ofPlatform().start(this::run);
        }

        private void run() {
            var before = true;
            while (!stopped) {
                try {
                    var now = passing.test(health(address));
                    if (now != before) {
                        before = now;
                        seen.add(System.nanoTime());
                        changes = seen.size();
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                } catch (InterruptedException e) {
                    return;
                }
                LockSupport.parkNanos(POLL_NANOS);
            }
        }

        List<Long> stop() throws InterruptedException {
            stopped = true;
            thread.join();
            return seen;
        }
    }

    private JsonNode health(URI address) throws IOException, InterruptedException {
        return JSON.readTree(
                client.send(
                                HttpRequest.newBuilder(address)
                                        .timeout(Duration.ofSeconds(10))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body());
    }

    private static JsonNode service(JsonNode health) {
        return health.path("services").elements().next();
    }

    private static boolean hasTarget(JsonNode health) {
        if (health.path("services").isEmpty()) {
            return false; // it has not been told yet what it serves
        }
        var live = service(health).path("upstreams").elements().next().path("live").asText();
        return !live.startsWith("none");
    }

    private static boolean passes(JsonNode health) {
        return service(health).path("check").asText().startsWith("passing");
    }

    @Test
    void changeOfACheckReachesTheProxiesOfBothDatacenters() throws Exception {
        var application = PeeredPair.LKE + ".10";
        try (var pair = new PeeredPair(folder);
                var started = listener(application)) {
            var server = started;
            pair.start();
            pair.startBeside(PeeredPair.LKE, WATCHER);
            var own = URI.create("http://" + PeeredPair.LKE + ".4:19000/health");
            var peers = URI.create("http://" + PeeredPair.EKS + ".3:19000/health");
            await().atMost(Duration.ofMinutes(2))
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(() -> hasTarget(health(own)) && hasTarget(health(peers)));

            var at = new Watcher(PeeredPair.LKE + ".3", HealthTravelIT::passes);
            var here = new Watcher(PeeredPair.LKE + ".4", HealthTravelIT::hasTarget);
            var there = new Watcher(PeeredPair.EKS + ".3", HealthTravelIT::hasTarget);
            for (var change = 1; change <= CHANGES; change++) {
                if (change % 2 == 1) {
                    server.close();
                } else {
                    server = listener(application);
                }
                var number = change;
                await().atMost(SEEN)
                        .pollInterval(Duration.ofMillis(5))
                        .until(() ->
                                at.changes >= number
                                        && here.changes >= number
                                        && there.changes >= number);
            }
            server.close();
            var from = at.stop();
            report("to a sidecar of the own datacenter", from, here.stop());
            report("to a sidecar of the peer's datacenter", from, there.stop());
        }
    }

    private static void report(String way, List<Long> from, List<Long> to) {
        var millis = new ArrayList<Double>();
        for (var i = 0; i < CHANGES; i++) {
            millis.add((to.get(i) - from.get(i)) / 1e6);
        }
        millis.sort(null);
        System.out.printf(
                Locale.ROOT,
                "health travels %s: p50 %.1f ms, p99 %.1f ms of %d changes%n",
                way,
                millis.get(CHANGES / 2),
                millis.get(CHANGES - 1),
                CHANGES);
        assertThat(millis.get(CHANGES / 2)).as(way).isLessThan(MANY_MILLIS);
    }

    /// An application that takes every connection, and waits for its end.
    private static ServerSocket listener(String host) throws IOException {
        var server = new ServerSocket(PeeredPair.APP_PORT, 100, InetAddress.getByName(host));
        Thread.ofVirtual()
                .start(() -> {
                    while (!server.isClosed()) {
                        try {
                            var socket = server.accept();
                            Thread.ofVirtual().start(() -> drain(socket));
                        } catch (IOException e) {
                            // closed: the loop ends
                        }
                    }
                });
        return server;
    }

    private static void drain(Socket socket) {
        try (socket) {
            socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            // the caller was reset, and so are we
        }
    }
}
