package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.MemoryWatermark;
import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a whole server does when too many come, or when memory is short.
class ServerOverloadTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int MOST = 16;

    @TempDir Path directory;
    private final List<Integer> ports = FreePorts.some(4);
    private final int http = ports.get(0);
    private final int proxies = ports.get(1);
    private final int peers = ports.get(2);
    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void closeSockets() throws IOException {
        for (var socket : sockets) {
            socket.close();
        }
    }

    @Test
    void eachListenerHasItsOwnLimitAndWhatStandsGoesOn() throws Exception {
        try (var _ = start(Map.of("http.max-connections", String.valueOf(MOST)));
                var client = HttpClient.newHttpClient()) {
            // stands from now on
            assertThat(leader(client)).isEqualTo(200);
            IntStream.range(0, 2 * MOST).forEach(_ -> open(http));
            // what the client does not use is given up for one of them
            await().atMost(SOON).until(() -> standing() == MOST);

            assertThat(leader(client)).isEqualTo(200);
            assertThat(isLetIn(proxies)).isTrue();
            assertThat(isLetIn(peers)).isTrue();
            assertThat(metrics())
                    .contains(
                            "hansa_connections_refused_total{listener=\"http\",reason=\"too_many_connections\"}");

            closeSockets();
            await().atMost(SOON).until(() -> isLetIn(http));
        }
    }

    @Test
    void ofTooManyInASecondNewOnesAreClosedAndWhatStandsGoesOn() throws Exception {
        try (var _ = start(Map.of("max-connection-rate", "1"))) {
            // who says nothing is closed after 5 s anyway, and the first look takes its time
            metrics();
            open(proxies);
            var first = sockets.getFirst();

            // how late each of them comes is the machine's
            await().atMost(SOON)
                    .until(() -> {
                        open(proxies);
                        return metrics()
                                .contains(
                                        "hansa_connections_refused_total{listener=\"proxy\",reason=\"too_many_at_once\"}");
                    });

            assertThat(isClosed(first)).isFalse();
            await().atMost(SOON).until(() -> isLetIn(proxies));
        }
    }

    @Test
    void peersAndProxiesAreNotLetInWhileMemoryIsShortAndOperatorsAre() throws Exception {
        var held = new ArrayList<byte[]>();
        try (var _ = start(Map.of("max-memory", "10"));
                var client = HttpClient.newHttpClient()) {
            await().atMost(SOON).until(() -> isLetIn(proxies));
            var piece = 8 << 20;
            for (var sum = 0L; sum < Runtime.getRuntime().maxMemory() / 6; sum += piece) {
                held.add(new byte[piece]);
            }
            System.gc();
            assertThat(MemoryWatermark.heapUse()).isGreaterThan(0.12);

            await().atMost(SOON).until(() -> !isLetIn(proxies) && !isLetIn(peers));
            assertThat(leader(client)).isEqualTo(200);
            assertThat(metrics())
                    .contains(
                            "hansa_connections_refused_total{listener=\"proxy\",reason=\"memory_short\"}",
                            "hansa_connections_refused_total{listener=\"peer\",reason=\"memory_short\"}");

            assertThat(held).isNotEmpty();
            held.clear();
            System.gc();
            await().atMost(SOON).until(() -> isLetIn(proxies) && isLetIn(peers));
        }
    }

    private PeeringService start(Map<String, String> more) throws Exception {
        var settings = new HashMap<>(more);
        settings.put("datacenter", "eks");
        settings.put("data-dir", directory.resolve("data").toString());
        settings.put("http.address", "127.0.0.1:" + http);
        settings.put("proxy.address", "127.0.0.1:" + proxies);
        settings.put("peer.address", "127.0.0.1:" + peers);
        settings.put("admin.address", "127.0.0.1:" + ports.get(3));
        return PeeringService.start(
                PeeringServiceConfig.read(Settings.of(settings, Map.of(), Optional.empty())),
                Clock.systemUTC());
    }

    private int leader(HttpClient client) throws IOException, InterruptedException {
        return get(client, http, "/v1/status/leader").statusCode();
    }

    private String metrics() throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            return get(client, ports.get(3), "/metrics").body();
        }
    }

    private static HttpResponse<String> get(HttpClient client, int port, String path)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(SOON)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private void open(int port) {
        try {
            sockets.add(new Socket(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new AssertionError("the kernel takes it before the server refuses it", e);
        }
    }

    private long standing() {
        return sockets.stream().filter(socket -> !isClosed(socket)).count();
    }

    private static boolean isLetIn(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return !isClosed(socket);
        }
    }

    /// A refusal comes at once; who is let in hears nothing before it has spoken.
    private static boolean isClosed(Socket socket) {
        try {
            socket.setSoTimeout(200);
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException _) {
            return false;
        } catch (IOException _) {
            return true;
        }
    }
}
