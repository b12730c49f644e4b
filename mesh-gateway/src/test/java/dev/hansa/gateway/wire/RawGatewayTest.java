package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Latest;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.RouteTable;
import dev.hansa.gateway.route.SniRouter;
import dev.hansa.gateway.telemetry.ByteCounts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
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
        var admission = oneAtOnce(events::add);
        var gateway = gateway(events::add);
        var address = listen(gateway, InetAddress.getLoopbackAddress(), admission);
        try (var first = new Socket(address.getAddress(), address.getPort())) {
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
        assertThat(admission.admits()).isTrue();
    }

    @Test
    void connectionThatCouldNotBeTakenGivesItsPlaceBack() throws Exception {
        Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
        var broken = new AtomicBoolean(true);
        var admission = oneAtOnce(events::add);
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
        assertThat(admission.admits()).isTrue();
        assertThat(admission.admits()).isFalse();
    }

    private static Admission oneAtOnce(Consumer<GatewayEvent> events) {
        return new Admission("gateway", 1, 1000, () -> false, System::nanoTime, events);
    }

    private SniGateway gateway(Consumer<GatewayEvent> events) {
        var seen = new PassiveHealth((_, _, _) -> {});
        return new SniGateway(
                transport,
                new SniRouter(new Latest<>(RouteTable.EMPTY), () -> false, seen),
                seen,
                Duration.ofHours(1),
                Clock.systemUTC(),
                events,
                _ -> {},
                _ -> {},
                _ -> ByteCounts.NONE);
    }

    private static boolean endsWithoutByte(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() == -1;
        } catch (SocketException _) {
            return true;
        }
    }
}
