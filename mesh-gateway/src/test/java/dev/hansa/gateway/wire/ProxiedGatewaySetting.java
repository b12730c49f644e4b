package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Latest;
import dev.hansa.gateway.EchoServer;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/// A gateway behind proxies that say for whom their connections are (PROXY protocol v2), and who
/// calls through them.
abstract class ProxiedGatewaySetting {
    static final String NAME = "billing.default.west.internal.1a2b.consul";
    static final byte[] HELLO = Hellos.records(Hellos.with(Hellos.serverName(NAME)));
    static final int MANY = 10_000;
    static final long SECOND = 1_000_000_000;

    /// Of the loopback interface, which is all of 127.0.0.0/8 on Linux.
    static final String PROXY = "127.0.5.1";

    static final String NO_PROXY = "127.0.6.1";
    static final Networks PROXIES = Networks.parse("127.0.5.0/24");

    static final String CALLER = "198.51.100.7";
    static final String OTHER = "198.51.100.8";

    @TempDir Path directory;
    final Transport transport = new Transport(2);
    final List<Doors> doors = new ArrayList<>();
    final Latest<RouteTable> table = new Latest<>(RouteTable.EMPTY);
    final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    final AtomicLong clock = new AtomicLong();
    final List<AutoCloseable> closing = new ArrayList<>();
    final AtomicLong read = new AtomicLong();
    final SniGateway gateway = gateway(events, table);

    /// Without channels, where there is something.
    abstract Optional<RawTransport> raw();

    @AfterEach
    void close() throws Exception {
        for (var each : closing) {
            each.close();
        }
        doors.forEach(Doors::close);
        transport.close();
    }

    SniGateway gateway(Queue<GatewayEvent> told, Latest<RouteTable> routes) {
        return TestingGateway.of(
                transport, routes, new PassiveHealth((_, _, _) -> {}), told::add, read::addAndGet);
    }

    InetSocketAddress listen() throws IOException {
        return listen(bounds(MANY, MANY, MANY, MANY));
    }

    InetSocketAddress listen(Admission.Bounds bounds) throws IOException {
        return open(
                new Admission("gateway", bounds, () -> false, clock::get, events::add)
                        .throughProxies(PROXIES),
                gateway);
    }

    static Admission.Bounds bounds(
            int connections, int halfOpen, int perSource, int perSecondAndSource) {
        return new Admission.Bounds(connections, MANY, halfOpen, perSource, perSecondAndSource);
    }

    InetSocketAddress open(Entrance entrance, SniGateway which) throws IOException {
        var opened = new Doors(transport, false);
        doors.add(opened);
        return opened.open(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                entrance,
                raw(),
                which);
    }

    int echo() throws IOException {
        var echo = new EchoServer(0);
        closing.add(echo);
        return echo.port();
    }

    ServerSocket server() throws IOException {
        var server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        server.setSoTimeout(20_000);
        closing.add(server);
        return server;
    }

    void serve(int port) {
        table.set(routes(port));
    }

    static RouteTable routes(int port) {
        return TestingGateway.exported(NAME, port);
    }

    Socket connect(InetSocketAddress address) throws IOException {
        return connect(address, PROXY);
    }

    Socket connect(InetSocketAddress address, String from) throws IOException {
        var socket = new Socket();
        closing.add(socket);
        socket.setSoTimeout(20_000);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(address);
        return socket;
    }

    /// It has said who calls, and nothing more; the gateway has read it.
    Socket named(InetSocketAddress address, String caller) throws IOException {
        var socket = connect(address);
        var until = read.get() + 28;
        socket.getOutputStream().write(header(caller, 4711));
        await().pollInterval(Duration.ofMillis(1)).until(() -> read.get() >= until);
        return socket;
    }

    Socket carried(InetSocketAddress address, String caller) throws IOException {
        var socket = connect(address);
        socket.getOutputStream().write(header(caller, 4711));
        assertIsCarried(socket);
        return socket;
    }

    static void assertIsCarried(Socket socket) throws IOException {
        socket.getOutputStream().write(HELLO);
        assertThat(socket.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
    }

    static byte[] header(String source, int port) {
        var from = new InetSocketAddress(InetAddress.ofLiteral(source), port);
        var to =
                new InetSocketAddress(
                        InetAddress.ofLiteral(source.contains(":") ? "2001:db8::2" : "203.0.113.2"),
                        443);
        return ProxyHeader.of(Optional.of(new ProxyHeader.Ends(from, to)));
    }

    static byte[] concatenated(byte[] one, byte[] other) {
        return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
    }

    static void assertEnds(Socket socket) throws IOException {
        try {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("expected an end", e);
        } catch (SocketException _) {
            // reset
        }
    }

    static void assertStand(List<Socket> all) throws IOException {
        for (var socket : all) {
            socket.setSoTimeout(20);
            try {
                assertThat(socket.getInputStream().read())
                        .as("expected a connection that stands; found its end")
                        .isGreaterThanOrEqualTo(0);
            } catch (SocketTimeoutException _) {
                // it stands
            }
        }
    }

    List<ConnectionRecord> records() {
        return records(events);
    }

    static List<ConnectionRecord> records(Queue<GatewayEvent> events) {
        return events.stream()
                .flatMap(event ->
                        event instanceof GatewayEvent.ConnectionEnded(var record)
                                ? Stream.of(record)
                                : Stream.empty())
                .toList();
    }

    ConnectionRecord onlyRecord() {
        await().until(() -> !records().isEmpty());
        assertThat(records()).hasSize(1);
        return records().getFirst();
    }

    /// Whose connections had to.
    List<String> gaveWay() {
        return records().stream()
                .filter(record -> record.refusal().equals("gave_way"))
                .map(record -> record.downstream().split(":", -1)[0])
                .toList();
    }
}
