package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.peering.ConnectionDoor;
import dev.hansa.peering.PeeringState;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.trustbundle.TrustDomain;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.client.GrpcClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Strangers in numbers on the peer port.
class ConnectionFloodTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int MOST = 20;
    private static final int FLOOD = 200;

    @TempDir Path dir;

    /// As [TestDatacenter#times], but who says nothing is sent away after half a second.
    private static StreamTimes times() {
        return new StreamTimes(
                Duration.ofSeconds(1),
                Duration.ofSeconds(20),
                Duration.ofMillis(500),
                Duration.ofSeconds(5),
                Duration.ofSeconds(2),
                Duration.ofMillis(20),
                Duration.ofMillis(200));
    }

    private static boolean isClosed(Socket socket) {
        try {
            socket.setSoTimeout(1);
            return socket.getInputStream().read() < 0;
        } catch (java.net.SocketTimeoutException _) {
            return false;
        } catch (IOException _) {
            return true;
        }
    }

    @Test
    void floodIsBoundedAndTheStreamGoesOn() throws Exception {
        var door = new ConnectionDoor();
        var vertx = door.vertx(new VertxOptions());
        var flood = new ArrayList<Socket>();
        try (var eks =
                        new TestDatacenter(
                                vertx,
                                "eks",
                                new TrustDomain(UUID.randomUUID() + ".consul"),
                                dir.resolve("eks"),
                                times());
                var lke = new TestDatacenter(vertx, "lke", dir.resolve("lke"))) {
            var refused = new AtomicInteger();
            var port = Integer.parseInt(eks.address.substring(eks.address.indexOf(':') + 1));
            door.guard(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                    MOST,
                    () -> false,
                    _ -> refused.incrementAndGet());
            eks.run("cartservice", CheckStatus.PASSING);
            eks.export("cartservice>lke");
            assertThat(lke.establish("eks", eks.token("lke", "lke")))
                    .isInstanceOf(Establishment.Established.class);
            await().atMost(SOON).until(() -> lke.imported("eks").equals(List.of("cartservice")));
            var opened = opened(lke);

            for (var i = 0; i < FLOOD; i++) {
                flood.add(new Socket(InetAddress.getLoopbackAddress(), port));
            }
            await().atMost(SOON).until(() -> refused.get() >= FLOOD - MOST);
            assertThat(flood.stream().filter(socket -> !isClosed(socket)).count())
                    .isBetween(1L, (long) MOST);

            // what happens meanwhile reaches the peer, on the stream that there was
            eks.run("cartservice", CheckStatus.CRITICAL);
            await().atMost(SOON)
                    .until(() ->
                            lke.catalog
                                            .snapshots()
                                            .get()
                                            .from(new dev.hansa.trustbundle.PeerName("eks"))
                                            .named("cartservice")
                                            .getFirst()
                                            .status()
                                    == CheckStatus.CRITICAL);
            assertThat(opened(lke)).isEqualTo(opened);

            // places that are left are places
            for (var socket : flood) {
                socket.close();
            }
            await().atMost(SOON).until(() -> !refusesNow(port));
        } finally {
            for (var socket : flood) {
                socket.close();
            }
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    /// The same with callers who do shake hands, and go on to say nothing.
    @Test
    void floodOfHandshakesIsBoundedAndTheStreamGoesOn() throws Exception {
        var door = new ConnectionDoor();
        var vertx = door.vertx(new VertxOptions());
        var clients = new ArrayList<GrpcClient>();
        try (var eks =
                        new TestDatacenter(
                                vertx,
                                "eks",
                                new TrustDomain(UUID.randomUUID() + ".consul"),
                                dir.resolve("eks"),
                                times());
                var lke = new TestDatacenter(vertx, "lke", dir.resolve("lke"))) {
            var refused = new AtomicInteger();
            var port = Integer.parseInt(eks.address.substring(eks.address.indexOf(':') + 1));
            door.guard(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                    MOST,
                    () -> false,
                    _ -> refused.incrementAndGet());
            assertThat(lke.establish("eks", eks.token("lke", "lke")))
                    .isInstanceOf(Establishment.Established.class);
            await().atMost(SOON)
                    .until(() -> lke.state("eks").equals(Optional.of(PeeringState.ACTIVE)));
            var opened = opened(lke);
            var remote =
                    new PeerConnector.Remote(
                            eks.address, eks.context.own().serverName(), eks.ca.bundle().pems());
            var now = new AtomicInteger();
            var most = new AtomicInteger();
            var ended = new AtomicInteger();
            for (var i = 0; i < FLOOD; i++) {
                var client = lke.connector.client(remote, SOON);
                clients.add(client);
                client.request(PeerConnector.resolve(remote), PeerStreamRpc.STREAM_CLIENT)
                        .onComplete(
                                call -> {
                                    most.accumulateAndGet(now.incrementAndGet(), Math::max);
                                    call.connection()
                                            .closeHandler(_ -> {
                                                now.decrementAndGet();
                                                ended.incrementAndGet();
                                            });
                                },
                                _ -> ended.incrementAndGet());
            }

            await().atMost(SOON).until(() -> ended.get() == FLOOD);
            assertThat(refused).hasPositiveValue();
            // a caller hears of its end later than the server whose place has gone to another
            assertThat(most.get()).isBetween(1, FLOOD / 2);
            assertThat(lke.state("eks")).contains(PeeringState.ACTIVE);
            assertThat(opened(lke)).isEqualTo(opened);
        } finally {
            clients.forEach(GrpcClient::close);
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private static boolean refusesNow(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(100);
            return isClosed(socket);
        }
    }

    private static long opened(TestDatacenter datacenter) {
        return datacenter.events.stream()
                .filter(event -> event instanceof dev.hansa.peering.PeeringEvent.StreamOpened)
                .count();
    }

    @Test
    void connectionWithoutAStreamIsClosedAndOneWithAStreamIsNot() throws Exception {
        var vertx = io.vertx.core.Vertx.vertx();
        try (var eks =
                        new TestDatacenter(
                                vertx,
                                "eks",
                                new TrustDomain(UUID.randomUUID() + ".consul"),
                                dir.resolve("eks"),
                                times());
                var lke = new TestDatacenter(vertx, "lke", dir.resolve("lke"))) {
            assertThat(lke.establish("eks", eks.token("lke", "lke")))
                    .isInstanceOf(Establishment.Established.class);
            await().atMost(SOON)
                    .until(() -> lke.state("eks").equals(Optional.of(PeeringState.ACTIVE)));
            var opened = opened(lke);

            var remote =
                    new PeerConnector.Remote(
                            eks.address, eks.context.own().serverName(), eks.ca.bundle().pems());
            var stranger = lke.connector.client(remote, Duration.ofSeconds(5));
            var closed = new CompletableFuture<Long>();
            var began = System.nanoTime();
            stranger.request(PeerConnector.resolve(remote), PeerStreamRpc.STREAM_CLIENT)
                    .onSuccess(call ->
                            call.connection()
                                    .closeHandler(_ -> closed.complete(System.nanoTime() - began)));
            assertThat(Duration.ofNanos(closed.get(SOON.toSeconds(), TimeUnit.SECONDS)))
                    .isLessThan(times().openLimit().multipliedBy(4));
            stranger.close();

            // as long again, several times over
            await().during(times().openLimit().multipliedBy(4))
                    .atMost(SOON)
                    .until(() ->
                            lke.state("eks").equals(Optional.of(PeeringState.ACTIVE))
                                    && opened(lke) == opened);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }
}
