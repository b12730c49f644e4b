package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Settings;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.JoinToken;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A server that knows less than the one that its sidecars were with: restored from a snapshot, or
/// without what its disk had of those that were live.
class RestoredRoutesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path directory;
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private final int http = FreePorts.one();
    private final int proxies = FreePorts.one();
    private final int peers = FreePorts.one();
    private final int admin = FreePorts.one();
    private @Nullable PeeringService server;

    @AfterEach
    void stop() throws Exception {
        end();
        client.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /// @param data the name of its data directory
    private void start(String data) throws Exception {
        var config =
                PeeringServiceConfig.read(
                        Settings.of(
                                Map.of(
                                        "datacenter",
                                        "eks",
                                        "data-dir",
                                        directory.resolve(data).toString(),
                                        "http.address",
                                        "127.0.0.1:" + http,
                                        "proxy.address",
                                        "127.0.0.1:" + proxies,
                                        "dns.address",
                                        "none",
                                        "peer.address",
                                        "127.0.0.1:" + peers,
                                        "admin.address",
                                        "127.0.0.1:" + admin),
                                Map.of(),
                                Optional.empty()));
        server = PeeringService.start(config, Clock.systemUTC());
    }

    private void end() throws Exception {
        var running = server;
        if (running != null) {
            running.close();
        }
    }

    private HttpResponse<byte[]> send(String method, String path, byte[] body) throws Exception {
        var answer =
                client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http + path))
                                .timeout(Duration.ofSeconds(20))
                                .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.statusCode())
                .as(path + ": " + new String(answer.body(), StandardCharsets.UTF_8))
                .isEqualTo(200);
        return answer;
    }

    private int connected() throws Exception {
        var answer =
                client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + "/health"))
                                .timeout(Duration.ofSeconds(20))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        return JSON.readTree(answer.body()).path("connectedProxies").asInt();
    }

    private TestSidecar sidecar(String service, String... upstreams) throws Exception {
        var answer =
                send(
                        "POST",
                        "/v1/hansa/join-token",
                        JSON.writeValueAsBytes(Map.of("Services", List.of(service))));
        var token = JoinToken.decode(JSON.readTree(answer.body()).path("JoinToken").asText());
        var names =
                List.of(upstreams).stream()
                        .map(name -> new UpstreamName(new ServiceName(name), Optional.empty()))
                        .toList();
        return new TestSidecar(vertx, proxies, token, service, names);
    }

    private void deny(String source) throws Exception {
        send(
                "PUT",
                "/v1/config",
                JSON.writeValueAsBytes(
                        Map.of(
                                "Kind",
                                "service-intentions",
                                "Name",
                                "web",
                                "Sources",
                                List.of(Map.of("Name", source, "Action", "deny")))));
    }

    /// Of all servers only a snapshot is left, and it was saved three terms ago.
    @Test
    void sidecarIsToldNewRoutesByAServerThatWasRestoredFromLongAgo() throws Exception {
        start("lost");
        try (var web = sidecar("web")) {
            var saved = send("GET", "/v1/snapshot", new byte[0]).body();
            for (var term = 0; term < 3; term++) {
                end();
                start("lost");
            }
            web.connect();
            web.next();
            end();
            Files.createDirectories(directory.resolve("new"));
            Files.copy(directory.resolve("lost/secrets.key"), directory.resolve("new/secrets.key"));
            start("new");
            send("PUT", "/v1/snapshot", saved);
            // as OPERATIONS says: from then on it is the server that its proxies know
            end();
            // as if all that are away had had the time to come back
            Files.writeString(
                    directory.resolve("new/live.json"), "{\"owners\":{},\"imported\":{}}");
            start("new");

            web.connect();
            web.next();
            deny("cart");
            var told = web.next();
            while (!told.toString().contains("cart")) {
                told = web.next();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, (1L << 62) + 1})
    void versionThatLeavesNoRoomForNewerOnesIsRefused(long version) throws Exception {
        start("data");
        try (var web = sidecar("web")) {
            web.connect(version);

            assertThat(web.refusal())
                    .isEqualTo(
                            "hello: expected the version of a snapshot, at most"
                                    + " 4611686018427387904; found "
                                    + Long.toUnsignedString(version));
        }
    }

    /// Also others' instances that are still there: the first to come back would be the first to
    /// lose them, on its disk too.
    @Test
    void sidecarThatComesBackFirstKeepsItsRoutesWhenTheServerHasLostWhatWasLive() throws Exception {
        start("data");
        try (var web = sidecar("web", "cart");
                var cart = sidecar("cart");
                var late = sidecar("late", "cart")) {
            cart.connect();
            cart.next();
            web.connect();
            var told = web.next();
            while (!told.toString().contains("20000")) {
                told = web.next();
            }
            end();
            Files.writeString(directory.resolve("data/live.json"), "{\"owners\":{\"a\":[");
            start("data");

            web.connect();
            await().until(() -> connected() == 1);
            // who has nothing is told what there is
            late.connect();
            late.next();
            cart.connect();
            late.next();

            assertThat(web.isTold()).isFalse();
        }
    }
}
