package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Closer;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.TestingDoor;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.route.SniRouter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A gateway whose next hop is gone, by real sockets.
@Timeout(60)
class GatewayRaceTest {
    private static final ServerName NAME =
            new ServerName("billing.default.west.internal.1a2b.consul");
    private static final byte[] HELLO =
            Hellos.records(Hellos.with(Hellos.serverName(NAME.value())));

    /// Of a busy machine; the connect timeout is 3 s.
    private static final Duration NOTICED = Duration.ofMillis(2500);

    private final Closer closer = new Closer();
    private final Transport transport = closer.add(new Transport(2));
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private final PassiveHealth seen = new PassiveHealth((_, _, _) -> {});
    private RouteTable table = RouteTable.EMPTY;
    private SniGateway gateway;
    private InetSocketAddress address;
    private ServerSocket upstream;

    @BeforeEach
    void start() throws IOException {
        upstream = closer.add(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()));
        upstream.setSoTimeout(20_000);
        gateway = TestingGateway.of(transport, () -> table, seen, events::add, _ -> {});
        address =
                (InetSocketAddress)
                        transport
                                .listen(
                                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                        true,
                                        Admission.unlimited("gateway", _ -> {}),
                                        gateway::accept)
                                .localAddress();
    }

    @AfterEach
    void close() throws Exception {
        closer.close();
    }

    @Test
    void gatewayThatDoesNotAnswerIsPassedAfterItsHeadStart() throws Exception {
        var hole = closer.add(TestingDoor.full());
        serve(hole.port(), upstream.getLocalPort());

        var first = timed("hello past a peer's gateway that does not answer");
        var second = timed("the next one");
        var third = timed("the one after that");

        assertThat(first).isLessThan(NOTICED);
        assertThat(second).isLessThan(NOTICED);
        assertThat(third).isLessThan(NOTICED);
        assertThat(events)
                .contains(new GatewayEvent.RaceBegan("gateway", "", ""))
                .contains(new GatewayEvent.RaceOvertaken("gateway", "", ""));
        assertThat(seen.isSuspect(SniRouter.way(endpoint(hole.port())))).isTrue();
    }

    @Test
    void nothingStaysOpenWhenTheCallerGoesAwayInTheRace() throws Exception {
        var hole = closer.add(TestingDoor.full());
        serve(hole.port());
        for (var i = 0; i < 5; i++) {
            try (var client = new Socket(address.getAddress(), address.getPort())) {
                client.getOutputStream().write(HELLO);
                await().until(() -> gateway.open() > 0);
                client.setSoLinger(true, 0);
            }
        }

        await().atMost(Duration.ofSeconds(20)).until(() -> gateway.open() == 0);
    }

    @Test
    void standingConnectionToAGatewayThatIsDeadIsReset() throws Exception {
        var door = closer.add(TestingDoor.mortal(upstream.getLocalPort()));
        serve(door.port(), upstream.getLocalPort());
        try (var client = new Socket(address.getAddress(), address.getPort())) {
            client.setSoTimeout(20_000);
            client.getOutputStream().write(HELLO);
            try (var accepted = upstream.accept()) {
                assertThat(accepted.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
                accepted.getOutputStream().write(5);
                assertThat(client.getInputStream().read()).isEqualTo(5);
                door.die();
                client.getOutputStream().write(1);
                timed("hello past a gateway that has died (its turn is the other's)");
                var began = System.nanoTime();
                timed("hello past a gateway that has died");

                assertThatThrownBy(() -> client.getInputStream().read())
                        .isInstanceOf(SocketException.class);
                System.out.println(
                        "standing connection reset after "
                                + Duration.ofNanos(System.nanoTime() - began).toMillis()
                                + " ms");
            }
        }
        await().untilAsserted(() ->
                assertThat(events)
                        .anySatisfy(event ->
                                assertThat(event)
                                        .isInstanceOfSatisfying(
                                                GatewayEvent.ConnectionEnded.class,
                                                ended ->
                                                        assertThat(ended.record().refusal())
                                                                .isEqualTo("endpoint_dead"))));
    }

    private void serve(int... ports) {
        var route =
                new SniRoute(
                        NAME.value(),
                        SniRoute.IMPORTED,
                        "east",
                        IntStream.of(ports).mapToObj(GatewayRaceTest::endpoint).toList(),
                        "");
        table = new RouteTable(1, Map.of(NAME, route));
        gateway.review(table.listed());
    }

    private static TargetEndpoint endpoint(int port) {
        return new TargetEndpoint(new Endpoint("127.0.0.1", port), HealthView.GOOD);
    }

    private Duration timed(String what) throws IOException {
        var began = System.nanoTime();
        try (var client = new Socket(address.getAddress(), address.getPort())) {
            client.getOutputStream().write(HELLO);
            try (var accepted = upstream.accept()) {
                assertThat(accepted.getInputStream().readNBytes(HELLO.length)).isEqualTo(HELLO);
            }
        }
        var took = Duration.ofNanos(System.nanoTime() - began);
        System.out.println(what + ": " + took.toMillis() + " ms");
        return took;
    }
}
