package dev.hansa.gateway.wire;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Closer;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.AheadOutcome;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Way;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.route.SniRouter;
import dev.hansa.gateway.telemetry.ByteCounts;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// A gateway with two connections open ahead to each next hop, by real sockets and on one loop, so
/// that it can be said how many stand.
abstract class ConnectionsAheadSetting {
    static final ServerName NAME = new ServerName("billing.default.west.internal.1a2b.consul");
    static final byte[] HELLO = Hellos.records(Hellos.with(Hellos.serverName(NAME.value())));
    static final int EACH = 2;
    static final Duration FOR_EVER = Duration.ofHours(1);

    final Closer closer = new Closer();
    final Transport transport = closer.add(new Transport(1));
    final RawTransport raw = closer.add(new RawTransport(1));
    final Doors doors = closer.add(new Doors(transport, false));
    final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    final PassiveHealth seen = new PassiveHealth((_, _, _) -> {});
    final AtomicInteger taken = new AtomicInteger();
    final Queue<Socket> accepted = new ConcurrentLinkedQueue<>();
    RouteTable table = RouteTable.EMPTY;
    SniGateway gateway;
    InetSocketAddress address;
    ServerSocket upstream;

    @BeforeEach
    void start() throws IOException {
        upstream = server();
        gateway =
                new SniGateway(
                        transport,
                        new SniRouter(() -> table, () -> false, seen),
                        seen,
                        FOR_EVER,
                        Clock.systemUTC(),
                        events::add,
                        _ -> {},
                        _ -> {},
                        _ -> ByteCounts.NONE);
        address =
                doors.open(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        Admission.unlimited("gateway", events::add),
                        Optional.of(raw),
                        gateway);
    }

    @AfterEach
    void close() throws Exception {
        closer.close();
    }

    ConnectionsAhead ahead(int each) {
        return new ConnectionsAhead(
                raw, each, FOR_EVER, seen, (_, _) -> {}, _ -> {}, _ -> {}, events::add);
    }

    EventLoop loop() {
        return raw.loops().getFirst().loop();
    }

    <T> T onLoop(Callable<T> what) throws Exception {
        return loop().submit(what).get();
    }

    ServerSocket server() throws IOException {
        var server = closer.add(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()));
        server.setSoTimeout(20_000);
        return server;
    }

    interface Guest {
        void came(Socket socket) throws IOException;
    }

    /// Takes whoever comes until the server is closed.
    static Thread acceptor(ServerSocket server, Guest guest) {
        return Thread.ofVirtual()
                .start(() -> {
                    try {
                        while (true) {
                            guest.came(server.accept());
                        }
                    } catch (IOException _) {
                        // the test has ended
                    }
                });
    }

    static boolean isAtItsEnd(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() == -1;
        } catch (SocketException _) {
            return false;
        }
    }

    static boolean hears(Socket socket) {
        try {
            return socket.getInputStream().available() >= HELLO.length;
        } catch (IOException _) {
            return false;
        }
    }

    static Way way(ServerSocket server) {
        return way(server.getLocalPort());
    }

    static Way way(int port) {
        return SniRouter.way(endpoint(port));
    }

    static TargetEndpoint endpoint(int port) {
        return new TargetEndpoint(new Endpoint("127.0.0.1", port), HealthView.GOOD);
    }

    void serve(Duration age, ServerSocket... servers) {
        serve(age, Stream.of(servers).mapToInt(ServerSocket::getLocalPort).toArray());
    }

    void serve(Duration age, int... ports) {
        route(ports);
        assertThat(table.distant())
                .isEqualTo(
                        IntStream.of(ports)
                                .mapToObj(ConnectionsAheadSetting::way)
                                .collect(toSet()));
        gateway.keepAhead(raw, EACH, age);
        gateway.expect(table.distant());
    }

    void route(int... ports) {
        var route =
                new SniRoute(
                        NAME.value(),
                        SniRoute.IMPORTED,
                        "east",
                        IntStream.of(ports).mapToObj(ConnectionsAheadSetting::endpoint).toList(),
                        "");
        table = new RouteTable(1, Map.of(NAME, route));
        gateway.review(table.listed());
    }

    /// A caller who has said hello.
    Socket call() throws IOException {
        var client = new Socket(address.getAddress(), address.getPort());
        client.setSoTimeout(20_000);
        client.getOutputStream().write(HELLO);
        return client;
    }

    static Socket whoHears(Socket... sockets) {
        return await().until(
                        () -> Stream.of(sockets).filter(ConnectionsAheadSetting::hears).findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /// Until the gateway has what it wants to the one endpoint: the kernel takes a connection, and
    /// `accept` returns, before the gateway hears of it.
    void awaitStanding() {
        await().until(() -> opened() == EACH);
    }

    /// The connection that the gateway has chosen, with its hello read. Those that stand ahead are
    /// left alone.
    Socket winner(ServerSocket upstream) throws IOException {
        acceptor(upstream, socket -> accepted.add(closer.add(socket)));
        var winner =
                await().atMost(Duration.ofSeconds(20))
                        .until(
                                () ->
                                        accepted.stream()
                                                .filter(ConnectionsAheadSetting::hears)
                                                .findFirst(),
                                Optional::isPresent)
                        .orElseThrow();
        assertThat(winner.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
        return winner;
    }

    long told(AheadOutcome outcome) {
        return events.stream()
                .filter(event ->
                        event instanceof GatewayEvent.AheadTold(var what) && what == outcome)
                .count();
    }

    long opened() {
        return events.stream().filter(GatewayEvent.AheadOpened.class::isInstance).count();
    }

    String sentence() {
        return events.stream()
                .flatMap(event ->
                        event instanceof GatewayEvent.ConnectionEnded(var ended)
                                ? Stream.of(ended.sentence())
                                : Stream.empty())
                .findFirst()
                .orElseThrow();
    }

    void awaitRecord(String end) {
        await().untilAsserted(() ->
                assertThat(events)
                        .anySatisfy(event ->
                                assertThat(event)
                                        .isInstanceOfSatisfying(
                                                GatewayEvent.ConnectionEnded.class,
                                                ended ->
                                                        assertThat(ended.record().end())
                                                                .isEqualTo(end))));
    }
}
