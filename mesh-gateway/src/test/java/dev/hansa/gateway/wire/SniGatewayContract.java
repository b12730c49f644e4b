package dev.hansa.gateway.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.route.SniRouter;
import dev.hansa.gateway.telemetry.ByteCounts;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import dev.hansa.tests.support.FreePorts;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The gateway's listener between plain sockets: what it carries it does not look at, so a hello is
/// all of TLS that it takes. The same for each kind of socket that it can have.
@Timeout(60)
abstract class SniGatewayContract {
    private static final String NAME = "billing.default.west.internal.1a2b.consul";
    private static final byte[] HELLO = Hellos.records(Hellos.with(Hellos.serverName(NAME)));
    private static final Duration HOUR = Duration.ofHours(1);

    final Transport transport = new Transport(2);
    private final PassiveHealth seen = new PassiveHealth((_, _, _) -> {});
    private final Latest<RouteTable> table = new Latest<>(RouteTable.EMPTY);
    private final Queue<ConnectionRecord> records = new ConcurrentLinkedQueue<>();
    private final AtomicLong routedIn = new AtomicLong();
    private final AtomicLong routedOut = new AtomicLong();
    private final List<ServerSocket> servers = new ArrayList<>();

    /// Opens a socket on any port of the loopback interface for it.
    abstract InetSocketAddress listen(SniGateway gateway, InetAddress host) throws IOException;

    @AfterEach
    void close() throws Exception {
        for (var server : servers) {
            server.close();
        }
        transport.close();
    }

    @Test
    void unservedNameIsAnsweredWithAlertAndNoUpstreamSocket() throws Exception {
        var upstream = server();
        serve(NAME, endpoint(upstream));
        try (var client = client(HOUR)) {
            client.getOutputStream()
                    .write(Hellos.records(Hellos.with(Hellos.serverName("other.example"))));

            assertThat(client.getInputStream().readAllBytes())
                    .containsExactly(21, 3, 3, 0, 2, 2, 112);
        }
        upstream.setSoTimeout(100);
        assertThatThrownBy(upstream::accept).isInstanceOf(IOException.class);
        assertThat(onlyRecord().refusal()).isEqualTo("not_served");
        assertThat(onlyRecord().sentence()).contains("other.example");
    }

    /// What nobody reads would make the kernel send RST in the place of FIN.
    @Test
    void callerWhoseHelloIsTooLargeReadsTheAlertAndIsLeftSoon() throws Exception {
        var large = Hellos.inRecordsOf(1 << 14, Hellos.message(1, new byte[64 << 10]));
        try (var client = client(HOUR)) {
            client.getOutputStream().write(large);

            assertThat(client.getInputStream().readAllBytes())
                    .containsExactly(21, 3, 3, 0, 2, 2, 50);
            // it does not close
            assertThat(onlyRecord().refusal()).isEqualTo("hello_too_large");
        }
    }

    @Test
    void plainTextIsClosedWithoutAnswer() throws Exception {
        try (var client = client(HOUR)) {
            client.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));

            assertEndsWithoutByte(client);
        }
        assertThat(onlyRecord().refusal()).isEqualTo("not_tls");
    }

    @Test
    void clientThatLeavesBeforeItsNameIsRecordedAsClosedEarly() throws Exception {
        try (var client = client(HOUR)) {
            client.getOutputStream().write(HELLO, 0, 20);
        }
        assertThat(onlyRecord().refusal()).isEqualTo("closed_early");
    }

    /// A load balancer asks so whether somebody listens (`GatewayTelemetryTest` has what is made of
    /// it); the other half of them resets.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void connectionClosedBeforeItsFirstByteHasNone(boolean reset) throws Exception {
        try (var client = client(HOUR)) {
            if (reset) {
                client.setSoLinger(true, 0);
            }
        }
        assertThat(onlyRecord().refusal()).isEqualTo("closed_early");
        assertThat(onlyRecord().downstreamIn()).isZero();
    }

    @Test
    void callerOnIpv6IsNamedInBrackets() throws Exception {
        assumeTrue(
                NetworkInterface.networkInterfaces()
                        .flatMap(NetworkInterface::inetAddresses)
                        .anyMatch(one -> one instanceof Inet6Address && one.isLoopbackAddress()),
                "SKIPPED: no IPv6 loopback address on this machine");
        try (var client = connect(listen(HOUR, InetAddress.ofLiteral("::1")))) {
            client.getOutputStream().write(HELLO, 0, 20);
        }
        assertThat(onlyRecord().downstream()).startsWith("[0:0:0:0:0:0:0:1]:");
    }

    @Test
    void deadEndpointIsPassedOverForTheNext() throws Exception {
        var upstream = server();
        serve(NAME, dead(), dead(), endpoint(upstream));
        for (var i = 0; i < 3; i++) {
            try (var client = client(HOUR)) {
                client.getOutputStream().write(HELLO);
                try (var accepted = upstream.accept()) {
                    assertThat(accepted.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
                }
            }
        }
    }

    @Test
    void bytesAreCountedToTheirRouteWhileTheConnectionLives() throws Exception {
        var upstream = server();
        serve(NAME, endpoint(upstream));
        try (var client = client(HOUR)) {
            client.getOutputStream().write(HELLO);
            try (var accepted = upstream.accept()) {
                assertThat(accepted.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
                accepted.getOutputStream().write(new byte[7]);
                assertThat(client.getInputStream().readNBytes(7)).hasSize(7);

                assertThat(routedIn).hasValue(HELLO.length);
                // counted when they are written, which the client may see first
                await().untilAsserted(() -> assertThat(routedOut).hasValue(7));
                assertThat(records).isEmpty();
            }
        }
    }

    @Test
    void endpointsTakeTurns() throws Exception {
        var one = server();
        var two = server();
        serve(NAME, endpoint(one), endpoint(two));
        var address = listen(HOUR);
        for (var i = 0; i < 2; i++) {
            try (var client = connect(address)) {
                client.getOutputStream().write(HELLO);
                try (var accepted = (i == 0 ? one : two).accept()) {
                    assertThat(accepted.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
                }
            }
        }
    }

    @Test
    void refusalNamesEveryEndpointThatFailed() throws Exception {
        var dead = dead();
        serve(NAME, dead);
        try (var client = client(HOUR)) {
            client.getOutputStream().write(HELLO);
            assertThat(client.getInputStream().readAllBytes())
                    .containsExactly(21, 3, 3, 0, 2, 2, 80);
        }
        assertThat(onlyRecord().refusal()).isEqualTo("upstream_failed");
        assertThat(onlyRecord().sentence()).contains(dead.toString()).contains("refused");
    }

    @Test
    void idleConnectionIsReset() throws Exception {
        var upstream = server();
        serve(NAME, endpoint(upstream));
        try (var client = client(Duration.ofMillis(100))) {
            client.getOutputStream().write(HELLO);
            try (var accepted = upstream.accept()) {
                accepted.getInputStream().readNBytes(HELLO.length);

                assertReset(client);
                assertReset(accepted);
            }
        }
        assertThat(onlyRecord().end()).isEqualTo("idle");
    }

    @Test
    void resetIsPassedOnAsReset() throws Exception {
        var upstream = server();
        serve(NAME, endpoint(upstream));
        var address = listen(HOUR);
        try (var client = connect(address)) {
            client.getOutputStream().write(HELLO);
            try (var accepted = upstream.accept()) {
                accepted.getInputStream().readNBytes(HELLO.length);
                client.setSoLinger(true, 0);
                client.close();

                assertReset(accepted);
            }
        }
        try (var client = connect(address)) {
            client.getOutputStream().write(HELLO);
            try (var accepted = upstream.accept()) {
                accepted.getInputStream().readNBytes(HELLO.length);
                accepted.setSoLinger(true, 0);
                accepted.close();

                assertReset(client);
            }
        }
        await().until(() -> records.size() == 2);
        assertThat(records).allMatch(record -> record.end().equals("reset"));
    }

    @Test
    void slowReaderStopsTheSender() throws Exception {
        var upstream = server();
        // accepted sockets take it over: the kernel would let theirs grow
        upstream.setReceiveBufferSize(64 << 10);
        serve(NAME, endpoint(upstream));
        var bytes = new byte[16 << 20];
        new Random(1).nextBytes(bytes);
        try (var client = client(HOUR);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            client.setSendBufferSize(64 << 10);
            client.getOutputStream().write(HELLO);
            try (var accepted = winner(upstream)) {
                var sent =
                        threads.submit(() -> {
                            client.getOutputStream().write(bytes);
                            client.shutdownOutput();
                            return bytes.length;
                        });
                // the sockets on the way hold a few megabytes, the gateway next to nothing
                await().during(Duration.ofMillis(300)).until(() -> !sent.isDone());

                assertThat(accepted.getInputStream().readAllBytes()).isEqualTo(bytes);
                assertThat(sent.get()).isEqualTo(bytes.length);
            }
        }
    }

    @Test
    void everythingSaidBeforeTheUpstreamIsThereArrives() throws Exception {
        var upstream = server();
        var address = new Endpoint("localhost", upstream.getLocalPort());
        serve(NAME, dead(), new Endpoint("127.0.0.1", address.port()), address);
        var listener = listen(HOUR);
        var bytes = new byte[100_000];
        new Random(2).nextBytes(bytes);
        for (var i = 0; i < 50; i++) {
            try (var client = connect(listener)) {
                client.getOutputStream().write(HELLO);
                client.getOutputStream().write(bytes);
                client.shutdownOutput();
                try (var accepted = winner(upstream)) {
                    assertThat(accepted.getInputStream().readAllBytes()).isEqualTo(bytes);
                    accepted.getOutputStream().write(7);
                }
                assertThat(client.getInputStream().readAllBytes()).containsExactly(7);
            }
        }
    }

    /// The connection that the gateway has chosen, with its hello read: on a slow machine it races
    /// two, and the other ends without a byte.
    private static Socket winner(ServerSocket upstream) throws IOException {
        while (true) {
            var accepted = upstream.accept();
            if (accepted.getInputStream().readNBytes(HELLO.length).length == HELLO.length) {
                return accepted;
            }
            accepted.close();
        }
    }

    @Test
    void bytesAndHalfClosesAreTheSameOnBothSides() throws Exception {
        var upstream = server();
        serve(NAME, endpoint(upstream));
        var listener = listen(HOUR);
        var count = 400;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = threads.submit(() -> serveRandomly(upstream, count, threads));
            var calls = new ArrayList<Future<Boolean>>();
            for (var i = 0; i < count; i++) {
                var seed = i;
                calls.add(threads.submit(() -> callRandomly(listener, seed, threads)));
            }
            for (var call : calls) {
                assertThat(call.get()).isTrue();
            }
            for (var answer : answers.get()) {
                assertThat(answer.get()).isTrue();
            }
        }
        await().until(() -> records.size() == count);
        assertThat(records)
                .allSatisfy(record -> {
                    assertThat(record.end()).isEqualTo("finished");
                    assertThat(record.downstreamIn()).isEqualTo(record.upstreamOut());
                    assertThat(record.upstreamIn()).isEqualTo(record.downstreamOut());
                });
    }

    /// Sends the bytes of its seed in pieces, half-closes, and expects those of the answer's seed.
    private boolean callRandomly(InetSocketAddress listener, int seed, ExecutorService threads)
            throws Exception {
        try (var socket = connect(listener)) {
            socket.getOutputStream().write(HELLO);
            socket.getOutputStream().write(seed >> 8);
            socket.getOutputStream().write(seed);
            var sending = threads.submit(sender(socket, seed));
            var same = equal(socket, seed + 1_000_000);
            return sending.get() && same;
        }
    }

    private List<Future<Boolean>> serveRandomly(
            ServerSocket upstream, int count, ExecutorService threads) throws IOException {
        var answers = new ArrayList<Future<Boolean>>();
        for (var i = 0; i < count; i++) {
            var socket = upstream.accept();
            answers.add(
                    threads.submit(() -> {
                        try (socket) {
                            var in = socket.getInputStream();
                            in.skipNBytes(HELLO.length);
                            var seed = in.read() << 8 | in.read();
                            var sending = threads.submit(sender(socket, seed + 1_000_000));
                            var same = equal(socket, seed);
                            return sending.get() && same;
                        }
                    }));
        }
        return answers;
    }

    private static Callable<Boolean> sender(Socket socket, int seed) {
        return () -> {
            var random = new Random(seed);
            var bytes = content(random);
            for (var at = 0; at < bytes.length; ) {
                var length = Math.min(bytes.length - at, 1 + random.nextInt(30_000));
                socket.getOutputStream().write(bytes, at, length);
                at += length;
            }
            socket.shutdownOutput();
            return true;
        };
    }

    private static boolean equal(Socket socket, int seed) throws IOException {
        return Arrays.equals(socket.getInputStream().readAllBytes(), content(new Random(seed)));
    }

    private static byte[] content(Random random) {
        var bytes = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(150_000)];
        random.nextBytes(bytes);
        return bytes;
    }

    private ServerSocket server() throws IOException {
        var server = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
        servers.add(server);
        return server;
    }

    private static Endpoint endpoint(ServerSocket server) {
        return new Endpoint("127.0.0.1", server.getLocalPort());
    }

    /// An address that refuses.
    private static Endpoint dead() {
        return new Endpoint("127.0.0.1", FreePorts.one());
    }

    private void serve(String name, Endpoint... endpoints) {
        var route =
                new SniRoute(
                        name,
                        SniRoute.EXPORTED,
                        "east",
                        Stream.of(endpoints)
                                .map(endpoint -> new TargetEndpoint(endpoint, HealthView.GOOD))
                                .toList(),
                        "");
        table.set(new RouteTable(1, Map.of(new ServerName(name), route)));
    }

    private Socket client(Duration idle) throws IOException {
        return connect(listen(idle));
    }

    private static Socket connect(InetSocketAddress address) throws IOException {
        var socket = new Socket();
        socket.connect(address);
        socket.setSoTimeout(20_000);
        return socket;
    }

    private InetSocketAddress listen(Duration idle) throws IOException {
        return listen(idle, InetAddress.getLoopbackAddress());
    }

    private InetSocketAddress listen(Duration idle, InetAddress host) throws IOException {
        var gateway =
                new SniGateway(
                        transport,
                        new SniRouter(table, () -> false, seen),
                        seen,
                        idle,
                        Clock.systemUTC(),
                        event -> {
                            if (event instanceof GatewayEvent.ConnectionEnded(var record)) {
                                records.add(record);
                            }
                        },
                        _ -> {},
                        _ -> {},
                        _ -> new ByteCounts(routedIn::addAndGet, routedOut::addAndGet));
        return listen(gateway, host);
    }

    private ConnectionRecord onlyRecord() {
        await().until(() -> !records.isEmpty());
        assertThat(records).hasSize(1);
        return records.element();
    }

    private static void assertReset(Socket socket) {
        assertThatThrownBy(() -> socket.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    /// Closed with bytes of ours unread is a reset to the kernel; either end will do.
    private static void assertEndsWithoutByte(Socket socket) throws IOException {
        try {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }
}
