package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Latest;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.RouteTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// The same without channels.
@EnabledOnOs(OS.LINUX)
class RawGatewayTest extends SniGatewayContract {
    private final RawTransport raw = new RawTransport(2);
    private final Doors doors = new Doors(transport, false);

    @Override
    InetSocketAddress listen(SniGateway gateway, InetAddress host) throws IOException {
        return listen(gateway, host, Admission.unlimited("gateway", _ -> {}));
    }

    private InetSocketAddress listen(SniGateway gateway, InetAddress host, Admission admission)
            throws IOException {
        return doors.open(new InetSocketAddress(host, 0), admission, Optional.of(raw), gateway);
    }

    @AfterEach
    @Override
    void close() throws Exception {
        doors.close();
        raw.close();
        super.close();
    }

    @Test
    void connectionBeyondTheLimitIsResetAndItsPlaceComesFree() throws Exception {
        Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
        var admission = admission(1, events::add);
        var gateway = gateway(events::add);
        var address = listen(gateway, InetAddress.getLoopbackAddress(), admission);
        try (var first = new Socket(address.getAddress(), address.getPort())) {
            // the beginning of a hello
            first.getOutputStream().write(22);
            await().until(() -> gateway.open() == 1);
            try (var second = new Socket(address.getAddress(), address.getPort())) {
                second.setSoTimeout(20_000);
                assertThat(endsWithoutByte(second)).isTrue();
            }
            assertThat(events)
                    .contains(
                            new GatewayEvent.NotAdmitted("gateway", Refusal.TOO_MANY_CONNECTIONS));
            first.getOutputStream().write('x');
            assertThat(endsWithoutByte(first)).isTrue();
        }
        await().until(() -> gateway.open() == 0);
        assertThat(admits(admission)).isTrue();
    }

    @Test
    void connectionThatCouldNotBeTakenGivesItsPlaceBack() throws Exception {
        Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
        var broken = new AtomicBoolean(true);
        var admission = admission(1, events::add);
        var gateway =
                gateway(event -> {
                    if (event instanceof GatewayEvent.ConnectionOpened && broken.getAndSet(false)) {
                        throw new IllegalStateException("a meter that fails");
                    }
                });
        var address = listen(gateway, InetAddress.getLoopbackAddress(), admission);
        try (var first = new Socket(address.getAddress(), address.getPort())) {
            first.setSoTimeout(20_000);
            assertThat(endsWithoutByte(first)).isTrue();
        }
        await().untilAsserted(() ->
                assertThat(events).hasExactlyElementsOfTypes(GatewayEvent.AcceptFailed.class));
        assertThat(gateway.open()).isZero();

        try (var _ = new Socket(address.getAddress(), address.getPort())) {
            await().until(() -> gateway.open() == 1);
        }

        await().until(() -> gateway.open() == 0);
        assertThat(admits(admission)).isTrue();
        assertThat(admits(admission)).isFalse();
    }

    private static boolean admits(Admission admission) {
        return admission.admits(InetAddress.getLoopbackAddress()).isPresent();
    }

    private static Admission admission(int places, Consumer<GatewayEvent> events) {
        // no time passes: nobody has had enough to say a hello, and nobody gives way
        return new Admission("gateway", places, 1000, () -> false, () -> 0, events);
    }

    /// Five bytes and then one would be two reads for each of its records.
    @Test
    void helloInRecordsOfOneByteIsReadInFewReads() throws Exception {
        var reads = new AtomicInteger();
        Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
        var gateway = gateway(events::add, _ -> reads.incrementAndGet());
        var address = listen(gateway, InetAddress.getLoopbackAddress());
        var hello = Hellos.inRecordsOf(1, Hellos.with(Hellos.extension(21, new byte[3000])));
        try (var client = new Socket(address.getAddress(), address.getPort())) {
            client.getOutputStream().write(hello);

            assertThat(client.getInputStream().readNBytes(HelloGate.ALERT))
                    .isEqualTo(HelloGate.alert(HelloGate.UNRECOGNIZED_NAME));
        }
        await().until(() -> gateway.open() == 0);
        // nine that are full, and some at the borders of what comes at once
        assertThat(reads.get()).isLessThan(100);
    }

    private SniGateway gateway(Consumer<GatewayEvent> events) {
        return gateway(events, _ -> {});
    }

    private SniGateway gateway(Consumer<GatewayEvent> events, LongConsumer bytesIn) {
        return TestingGateway.of(
                transport,
                new Latest<>(RouteTable.EMPTY),
                new PassiveHealth((_, _, _) -> {}),
                events,
                bytesIn);
    }

    private static boolean endsWithoutByte(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() == -1;
        } catch (SocketException _) {
            return true;
        }
    }
}
