package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Latest;
import dev.hansa.gateway.EchoServer;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.Limits;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.RouteTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What strangers may hold of a gateway (ADR 0047), and what they may not take away. The same for
/// each kind of socket that it can have.
@Timeout(60)
abstract class StrangersContract {
    private static final long SECOND = 1_000_000_000;
    private static final int MANY = 10_000;
    private static final String NAME = "billing.default.west.internal.1a2b.consul";
    private static final byte[] HELLO = Hellos.records(Hellos.with(Hellos.serverName(NAME)));
    private static final byte[] UNSERVED =
            Hellos.records(Hellos.with(Hellos.serverName("other.example")));

    /// The first byte of one.
    private static final int BEGINNING = 22;

    /// Half-open ones at most: 100 that stand, 75 of the latest, 25 that have begun.
    private static final int HALF_OPEN = 200;

    private static final int LATEST = 75;

    /// Connections that a peer's gateway has ahead.
    private static final int AHEAD = 8;

    /// Addresses of the loopback interface, which is all of 127.0.0.0/8 on Linux.
    private static final String PEER = "127.0.0.2";

    private static final String STRANGER = "127.0.0.3";
    private static final String BALANCER = "127.0.0.4";

    final Transport transport = new Transport(2);
    final Doors doors = new Doors(transport, false);
    private final Latest<RouteTable> table = new Latest<>(RouteTable.EMPTY);
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private final AtomicLong clock = new AtomicLong();
    private final List<Socket> sockets = new ArrayList<>();
    private final SniGateway gateway = gateway();

    /// Opens a socket on any port of the loopback interface for it.
    abstract InetSocketAddress listen(SniGateway gateway, Admission admission) throws IOException;

    @AfterEach
    void close() throws Exception {
        for (var socket : sockets) {
            socket.close();
        }
        doors.close();
        transport.close();
    }

    @Test
    void strangersOfAnotherSourcePushOutNothingThatAPeerHasAhead() throws Exception {
        var address = listen(MANY, HALF_OPEN, MANY, MANY);
        var before = ahead(address, PEER);
        connect(address, STRANGER, 3 * HALF_OPEN);
        var later = ahead(address, PEER);
        connect(address, STRANGER, HALF_OPEN);
        await().until(() -> gaveWay() >= 2 * HALF_OPEN);

        assertStand(before);
        assertStand(later);
    }

    /// Without the callers' own addresses all are one source, and the peers' are the oldest there.
    @Test
    void strangersBehindTheSameLoadBalancerPushOutNothingThatStandsAhead() throws Exception {
        var address = listen(MANY, HALF_OPEN, MANY, MANY);
        var ahead = ahead(address, BALANCER);
        connect(address, BALANCER, 3 * HALF_OPEN);
        // all that have to
        await().until(() -> gaveWay() >= 2 * HALF_OPEN);

        assertStand(ahead);
    }

    @Test
    void strangersWhoDripTheirHellosBehindTheSameLoadBalancerPushOutEachOther() throws Exception {
        var address = listen(MANY, HALF_OPEN, MANY, MANY);
        var ahead = new ArrayList<Socket>();
        for (var i = 0; i < 3; i++) {
            ahead.addAll(ahead(address, BALANCER));
            for (var each : connect(address, BALANCER, LATEST / 2)) {
                each.getOutputStream().write(BEGINNING);
            }
            var least = (i + 1) * (LATEST / 2) - 25;
            await().until(() -> gaveWay() >= least);
        }
        assertStand(ahead);
    }

    /// A source that was served keeps its part, from whatever many addresses others come.
    @Test
    void strangersOfManySourcesPushOutNothingOfABalancerThatWasServed() throws Exception {
        try (var application = new EchoServer(0)) {
            serve(application.port());
            var address = listen(MANY, HALF_OPEN, MANY, MANY);
            var carried = carried(address, BALANCER);
            connectFromMany(address, 2 * HALF_OPEN);
            var ahead = new ArrayList<Socket>();
            for (var i = 0; i < 4; i++) {
                // those of four gateways, more than is fair for a source
                ahead.addAll(ahead(address, BALANCER));
            }
            connectFromMany(address, HALF_OPEN);
            await().until(() -> gaveWay() >= HALF_OPEN);

            assertStand(ahead);
            assertEchoes(carried);
        }
    }

    @Test
    void whatIsCarriedGivesWayToNobody() throws Exception {
        try (var application = new EchoServer(0)) {
            serve(application.port());
            var address = listen(MANY, 16, MANY, MANY);
            var carried = carried(address, PEER);

            connect(address, STRANGER, 50);
            await().until(() -> gaveWay() >= 30);

            assertEchoes(carried);
            // and in the middle of it all there is room for one more
            assertEchoes(carried(address, STRANGER));
        }
    }

    @Test
    void whoHasBeenSilentForLongerThanAnyPeerGoesFirst() throws Exception {
        // twenty that stand, and fifteen of the latest
        var address = listen(MANY, 40, MANY, MANY);
        var longest = connectAndWait(address, STRANGER);
        clock.addAndGet(SECOND);
        var ahead = ahead(address, PEER);
        connect(address, STRANGER, 30);
        await().until(() -> gaveWay() == 4);
        assertStand(List.of(longest));
        clock.addAndGet(HalfOpen.OVERSTAYED.toNanos() - SECOND);

        connect(address, STRANGER, 5);

        assertEnds(longest);
        assertStand(ahead);
    }

    /// They have been told why and are given a second to read it.
    @Test
    void whoIsRefusedKeepsNoPlace() throws Exception {
        var address = listen(4, MANY, 4, MANY);
        var refused = connect(address, STRANGER, 4);
        for (var each : refused) {
            each.getOutputStream().write(UNSERVED);
        }
        for (var each : refused) {
            assertThat(each.getInputStream().readNBytes(HelloGate.ALERT))
                    .isEqualTo(HelloGate.alert(HelloGate.UNRECOGNIZED_NAME));
        }

        var next = new ArrayList<Socket>();
        for (var i = 0; i < 3; i++) {
            next.add(connectAndAwait(address, STRANGER, UNSERVED));
        }
        assertThat(next).hasSize(3);
        assertThat(refusals()).isEmpty();
    }

    /// The bounds of a gateway for 8000 whose process may open files for 16 alone.
    @Test
    void oneSourceLeavesPlacesToOthersWhereThereAreFewerThanWasAskedFor() throws Exception {
        var bounds = new Limits(8000, 5000, 85, 2000, 7000, 4000, 7000).bounds(16);
        var address = listen(bounds);
        for (var i = 0; i < 14; i++) {
            connectAndWait(address, STRANGER);
        }

        assertEnds(connect(address, STRANGER));
        await().until(() -> refusals().equals(List.of(Refusal.TOO_MANY_OF_ONE_SOURCE)));
        assertStand(List.of(connectAndWait(address, PEER), connectAndWait(address, PEER)));
    }

    @Test
    void sourceThatHasItsPartGetsThePlaceOfItsOwnThatHadTimeToSayWhatItWants() throws Exception {
        var address = listen(MANY, 16, 2, MANY);
        var ofPeer = connectAndWait(address, PEER);
        var first = connectAndWait(address, STRANGER);
        var second = connectAndWait(address, STRANGER);
        clock.addAndGet(HalfOpen.PATIENCE.toNanos());

        var newcomer = connect(address, STRANGER);

        assertEnds(first);
        assertStand(List.of(ofPeer, second, newcomer));
        assertThat(refusals()).isEmpty();
    }

    @Test
    void oneSourceLeavesOthersTheirPartOfTheRate() throws Exception {
        var address = listen(MANY, MANY, MANY, 2);
        connectAndWait(address, STRANGER);
        connectAndWait(address, STRANGER);

        assertEnds(connect(address, STRANGER));
        await().until(() -> refusals().equals(List.of(Refusal.TOO_MANY_OF_ONE_SOURCE_AT_ONCE)));
        assertStand(List.of(connectAndWait(address, PEER)));

        clock.addAndGet(SECOND);
        assertStand(List.of(connectAndWait(address, STRANGER)));
    }

    /// A caller must not be refused for connections that wait for theirs.
    @Test
    void whoHadTimeToSayWhatItWantsGivesWayWhenAllPlacesAreTaken() throws Exception {
        var address = listen(3, 16, MANY, MANY);
        var silent = connectAndWait(address, PEER);
        var second = connectAndWait(address, STRANGER);
        var begun = connectAndWait(address, STRANGER);
        begun.getOutputStream().write(BEGINNING);

        assertEnds(connect(address, PEER));
        await().until(() -> refusals().equals(List.of(Refusal.TOO_MANY_CONNECTIONS)));

        clock.addAndGet(HalfOpen.PATIENCE.toNanos());
        var newcomer = connect(address, PEER);
        assertEnds(begun);
        assertStand(List.of(silent, second, newcomer));

        var another = connect(address, PEER);
        assertEnds(silent);
        assertStand(List.of(second, newcomer, another));
    }

    private InetSocketAddress listen(
            int connections, int halfOpen, int perSource, int perSecondAndSource)
            throws IOException {
        return listen(
                new Admission.Bounds(connections, MANY, halfOpen, perSource, perSecondAndSource));
    }

    private InetSocketAddress listen(Admission.Bounds bounds) throws IOException {
        return listen(
                gateway, new Admission("gateway", bounds, () -> false, clock::get, events::add));
    }

    private SniGateway gateway() {
        return TestingGateway.of(transport, table, events::add);
    }

    private void serve(int port) {
        table.set(TestingGateway.exported(NAME, port));
    }

    private Socket connect(InetSocketAddress address, String from) throws IOException {
        var socket = new Socket();
        sockets.add(socket);
        socket.setSoTimeout(20_000);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(address);
        return socket;
    }

    private List<Socket> connect(InetSocketAddress address, String from, int count)
            throws IOException {
        var all = new ArrayList<Socket>();
        for (var i = 0; i < count; i++) {
            all.add(connect(address, from));
        }
        return all;
    }

    /// One from each.
    private void connectFromMany(InetSocketAddress address, int count) throws IOException {
        for (var i = 0; i < count; i++) {
            connect(address, "127.1." + i / 200 + "." + (1 + i % 200));
        }
    }

    private List<Socket> ahead(InetSocketAddress address, String from) throws IOException {
        var all = new ArrayList<Socket>();
        for (var i = 0; i < AHEAD; i++) {
            all.add(connectAndWait(address, from));
        }
        return all;
    }

    /// The gateway has taken it: the next one is younger there too.
    private Socket connectAndWait(InetSocketAddress address, String from) throws IOException {
        var before = opened();
        var socket = connect(address, from);
        await().until(() -> opened() > before);
        return socket;
    }

    /// It has read an alert for its hello.
    private Socket connectAndAwait(InetSocketAddress address, String from, byte[] hello)
            throws IOException {
        var socket = connect(address, from);
        socket.getOutputStream().write(hello);
        assertThat(socket.getInputStream().readNBytes(HelloGate.ALERT)).hasSize(HelloGate.ALERT);
        return socket;
    }

    private Socket carried(InetSocketAddress address, String from) throws IOException {
        var socket = connect(address, from);
        socket.getOutputStream().write(HELLO);
        assertThat(socket.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
        return socket;
    }

    private static void assertEchoes(Socket socket) throws IOException {
        socket.getOutputStream().write(7);
        assertThat(socket.getInputStream().read()).isEqualTo(7);
    }

    private static void assertEnds(Socket socket) throws IOException {
        try {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("expected an end", e);
        } catch (SocketException _) {
            // reset
        }
    }

    private static void assertStand(List<Socket> all) throws IOException {
        for (var socket : all) {
            socket.setSoTimeout(20);
            try {
                assertThat(socket.getInputStream().read())
                        .as("expected a connection that stands; found its end")
                        .isGreaterThanOrEqualTo(0);
            } catch (SocketTimeoutException _) {
                // it stands
            } catch (SocketException e) {
                throw new AssertionError("expected a connection that stands", e);
            }
        }
    }

    private long opened() {
        return events.stream()
                .filter(event -> event instanceof GatewayEvent.ConnectionOpened)
                .count();
    }

    private long gaveWay() {
        return events.stream()
                .filter(event ->
                        event instanceof GatewayEvent.ConnectionEnded(var record)
                                && record.refusal().equals("gave_way"))
                .count();
    }

    private List<Refusal> refusals() {
        return events.stream()
                .flatMap(event ->
                        event instanceof GatewayEvent.NotAdmitted(_, var reason)
                                ? Stream.of(reason)
                                : Stream.empty())
                .toList();
    }
}
