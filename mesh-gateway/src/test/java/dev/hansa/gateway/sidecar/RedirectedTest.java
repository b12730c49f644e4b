package dev.hansa.gateway.sidecar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Closer;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.failover.VirtualServices;
import dev.hansa.gateway.EchoServer;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.Doors;
import dev.hansa.gateway.wire.Transport;
import dev.hansa.tests.support.FreePorts;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Connections that no service takes, over real sockets; what they had dialled is the test's word.
class RedirectedTest {
    private static final int MOST = 2;

    private final Closer closer = new Closer();
    private final Transport transport = closer.add(new Transport(1));
    private final Doors doors = closer.add(new Doors(transport, false));
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private final Redirected redirected =
            new Redirected(
                    new ServiceName("web"),
                    _ -> Optional.empty(),
                    RedirectedTest::snapshot,
                    transport,
                    MOST,
                    Duration.ofHours(1),
                    Clock.systemUTC(),
                    events::add,
                    _ -> {},
                    _ -> {});
    private EchoServer elsewhere;

    @BeforeEach
    void start() throws IOException {
        elsewhere = closer.add(new EchoServer(0));
    }

    @AfterEach
    void stop() throws Exception {
        closer.close();
    }

    private static Optional<RouteSnapshot> snapshot() {
        return Optional.of(
                new RouteSnapshot(
                        1,
                        new Datacenter("eks"),
                        new TrustDomain("eks.consul"),
                        List.of(),
                        List.of(),
                        BundleSet.EMPTY,
                        Optional.empty(),
                        "",
                        Optional.of(new VirtualServices(Map.of(), false, Map.of()))));
    }

    private static InetSocketAddress anyPort() {
        return loopback(0);
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /// A listener to which connections come that had dialled this.
    private int listening(InetSocketAddress dialled) throws IOException {
        return port(
                doors.open(
                        anyPort(),
                        Admission.unlimited("redirected", events::add),
                        channel -> redirected.accept(channel, Optional.of(dialled))));
    }

    private static int port(Channel channel) {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    private static Socket dial(int port) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static String says(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(UTF_8));
        return new String(socket.getInputStream().readNBytes(text.length()), UTF_8);
    }

    private List<ConnectionRecord> ended() {
        return events.stream()
                .filter(GatewayEvent.ConnectionEnded.class::isInstance)
                .map(event -> ((GatewayEvent.ConnectionEnded) event).record())
                .toList();
    }

    private void awaitEnd(int connections) {
        await().until(() -> ended().size() == connections);
        assertThat(redirected.open()).isZero();
    }

    private void isRefused(int port, String reason) throws IOException {
        var before = ended().size();
        try (var socket = dial(port)) {
            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(SocketException.class);
        }
        awaitEnd(before + 1);
        assertThat(ended().getLast().refusal()).isEqualTo(reason);
        assertThat(events)
                .anySatisfy(event ->
                        assertThat(event)
                                .isInstanceOfSatisfying(
                                        GatewayEvent.UpstreamRefused.class,
                                        refused -> assertThat(refused.reason()).isEqualTo(reason)));
    }

    @Test
    void whatLeadsToNoServiceGoesOnAsItIsBothWaysToItsEnd() throws Exception {
        var port = listening(loopback(elsewhere.port()));
        try (var socket = dial(port)) {
            assertThat(says(socket, "hello")).isEqualTo("hello");
            assertThat(redirected.open()).isOne();
            socket.shutdownOutput();
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
        }
        awaitEnd(1);
        var record = ended().getFirst();
        assertThat(record.refusal()).isEmpty();
        assertThat(record.end()).isEqualTo("finished");
        assertThat(record.upstream()).isEqualTo("127.0.0.1:" + elsewhere.port());
        assertThat(List.of(record.downstreamIn(), record.upstreamOut(), record.downstreamOut()))
                .containsOnly(5L);
    }

    @Test
    void virtualAddressOfNobodyIsReset() throws Exception {
        var nobody = new InetSocketAddress(new VirtualAddress(9).inet(), 80);
        isRefused(listening(nobody), "unknown_destination");
    }

    @Test
    void whereNobodyListensIsNamed() throws Exception {
        isRefused(listening(loopback(FreePorts.one())), "upstream_failed");
    }

    @Test
    void noMorePassThroughThanAreAllowed() throws Exception {
        var port = listening(loopback(elsewhere.port()));
        try (var one = dial(port);
                var two = dial(port)) {
            assertThat(says(one, "one")).isEqualTo("one");
            assertThat(says(two, "two")).isEqualTo("two");
            try (var three = dial(port)) {
                assertThatThrownBy(() -> three.getInputStream().read())
                        .isInstanceOf(SocketException.class);
            }
            assertThat(says(one, "more")).isEqualTo("more");
        }
        awaitEnd(3);
        assertThat(ended().getFirst().refusal()).isEqualTo("too_many_connections");
    }

    /// As when the kernel redirects what this process itself dials, for the user that was told is
    /// another one's.
    @Test
    void connectionOfOnesOwnThatComesBackIsRefused() throws Exception {
        var again = new AtomicReference<InetSocketAddress>();
        var coming =
                (InetSocketAddress)
                        doors.open(
                                        anyPort(),
                                        Admission.unlimited("redirected", events::add),
                                        channel ->
                                                redirected.accept(
                                                        channel,
                                                        Optional.of(again.get()),
                                                        loopback(1)))
                                .localAddress();
        again.set(coming);
        var port = listening(coming);
        try (var socket = dial(port)) {
            assertThat(isOver(socket)).isTrue();
        }
        await().untilAsserted(() ->
                assertThat(ended())
                        .extracting(ConnectionRecord::refusal)
                        .contains("own_connection"));
        await().until(() -> redirected.open() == 0);
    }

    /// By an end or by a reset.
    private static boolean isOver(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException _) {
            return true;
        }
    }

    /// The kernel is asked, of each connection, by the number that it was found under.
    @Test
    @EnabledOnOs(OS.LINUX)
    void connectionThatDialledTheListenerItselfIsRefused() throws Exception {
        var port =
                port(
                        doors.openRedirected(
                                anyPort(),
                                Admission.unlimited("redirected", events::add),
                                redirected::accept));

        isRefused(port, "not_redirected");
    }
}
