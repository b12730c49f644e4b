package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.wire.Acceptance.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class KernelSocketsTest {
    private final Queue<GatewayEvent> events = new ConcurrentLinkedQueue<>();
    private KernelSockets kernel;

    @BeforeEach
    void open() {
        var opened = KernelSockets.open(events::add);
        assumeTrue(opened.isPresent(), "SKIPPED: this kernel does not answer sock_diag");
        kernel = opened.get();
    }

    @AfterEach
    void close() {
        if (kernel != null) {
            kernel.close();
        }
    }

    private State of(Socket socket) {
        return kernel.of(
                (InetSocketAddress) socket.getRemoteSocketAddress(),
                (InetSocketAddress) socket.getLocalSocketAddress());
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 127.0.0.1", "0.0.0.0, 127.0.0.1", "::, 127.0.0.1", "::, ::1"})
    void connectionWaitsUntilTheApplicationTakesIt(String bound, String dialled) throws Exception {
        assumeTrue(isHere(dialled), "SKIPPED: no " + dialled + " on this machine");
        try (var server = new ServerSocket(0, 10, InetAddress.getByName(bound));
                var first = new Socket(dialled, server.getLocalPort());
                var second = new Socket(dialled, server.getLocalPort())) {
            assertThat(of(first)).isEqualTo(State.WAITING);
            assertThat(of(second)).isEqualTo(State.WAITING);

            try (var _ = server.accept()) {
                assertThat(of(first)).isEqualTo(State.ACCEPTED);
                assertThat(of(second)).isEqualTo(State.WAITING);
            }
            // what was accepted and closed has been accepted
            assertThat(of(first)).isEqualTo(State.ACCEPTED);
        }
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 127.0.0.1", "0.0.0.0, 127.0.0.1", "::, 127.0.0.1", "::, ::1"})
    void whatWasSaidIsUnreadUntilTheApplicationReadsIt(String bound, String dialled)
            throws Exception {
        assumeTrue(isHere(dialled), "SKIPPED: no " + dialled + " on this machine");
        try (var server = new ServerSocket(0, 10, InetAddress.getByName(bound));
                var caller = new Socket(dialled, server.getLocalPort());
                var application = server.accept()) {
            assertThat(unread(caller)).isZero();
            caller.getOutputStream().write(new byte[] {1, 2});
            await().until(() -> unread(caller) == 2);
            // what it says itself changes nothing
            application.getOutputStream().write(3);

            assertThat(application.getInputStream().read()).isEqualTo(1);
            assertThat(unread(caller)).isEqualTo(1);
            assertThat(application.getInputStream().read()).isEqualTo(2);
            assertThat(unread(caller)).isZero();
        }
    }

    @Test
    void endThatTheApplicationHasNotReadIsNoByte() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var caller = new Socket(server.getInetAddress(), server.getLocalPort());
                var application = server.accept()) {
            caller.getOutputStream().write(new byte[] {1, 2});
            caller.shutdownOutput();
            await().until(() -> unread(caller) == 2);

            assertThat(application.getInputStream().readNBytes(2)).hasSize(2);
            assertThat(unread(caller)).isZero();
            assertThat(application.getInputStream().read()).isNegative();
            assertThat(unread(caller)).isZero();
        }
    }

    @Test
    void nobodyKnowsOfWhatIsElsewhere() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var waiting = new Socket(server.getInetAddress(), server.getLocalPort())) {
            // the one that listens counts those that wait, and no bytes
            var here = (InetSocketAddress) waiting.getRemoteSocketAddress();
            assertThat(kernel.unread(here, new InetSocketAddress(server.getInetAddress(), 1)))
                    .isZero();
            assertThat(
                            kernel.unread(
                                    new InetSocketAddress("192.0.2.1", 80),
                                    (InetSocketAddress) waiting.getLocalSocketAddress()))
                    .isZero();
        }
    }

    @Test
    void whatTheOtherEndHasNoRoomForIsUnacknowledged() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var caller =
                        SocketChannel.open(
                                new InetSocketAddress(
                                        server.getInetAddress(), server.getLocalPort()));
                var application = server.accept()) {
            caller.configureBlocking(false);
            caller.write(ByteBuffer.allocate(1));
            await().until(() -> !isUnacknowledged(caller.socket()));

            var sent = new AtomicInteger(1);
            // what has no room there any more lies here
            await().during(Duration.ofSeconds(1))
                    .until(() -> {
                        for (int n; (n = caller.write(ByteBuffer.allocate(1 << 20))) > 0; ) {
                            sent.addAndGet(n);
                        }
                        return isUnacknowledged(caller.socket());
                    });

            assertThat(application.getInputStream().readNBytes(sent.get())).hasSize(sent.get());
            await().until(() -> !isUnacknowledged(caller.socket()));
        }
    }

    private boolean isUnacknowledged(Socket caller) {
        return kernel.unacknowledged(
                        (InetSocketAddress) caller.getLocalSocketAddress(),
                        (InetSocketAddress) caller.getRemoteSocketAddress())
                > 0;
    }

    private long unread(Socket caller) {
        return kernel.unread(
                (InetSocketAddress) caller.getRemoteSocketAddress(),
                (InetSocketAddress) caller.getLocalSocketAddress());
    }

    private static boolean isHere(String host) {
        try (var _ = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void connectionOfWhoHasStoppedListeningIsGone() throws Exception {
        var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
            assertThat(of(socket)).isEqualTo(State.WAITING);

            server.close();

            await().until(() -> of(socket) == State.GONE);
        }
    }

    @Test
    void connectionThatWasResetByOneWhoListensOnWasAccepted() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var socket = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
            try (var taken = server.accept()) {
                taken.setSoLinger(true, 0);
            }

            await().until(() -> of(socket) == State.ACCEPTED);
        }
    }

    @Test
    void connectionBeyondTheBacklogWaits() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var sockets = new ArrayList<Socket>();
            try {
                // the kernel completes one more than the backlog
                for (var i = 0; i < 2; i++) {
                    sockets.add(
                            new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort()));
                }
                assertThat(sockets).extracting(this::of).containsOnly(State.WAITING);
            } finally {
                for (var socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    /// What is asked here nobody hears, as if the answer had come too late.
    private void leaveAnAnswer(Socket socket, int sequence) throws IOException {
        Libc.ask(
                kernel.descriptor(),
                KernelSockets.question(
                        (InetSocketAddress) socket.getLocalSocketAddress(),
                        (InetSocketAddress) socket.getRemoteSocketAddress(),
                        sequence));
    }

    @Test
    void answersThatCameTooLateArePassedOver() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var socket = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
            var descriptor = kernel.descriptor();
            for (var late = 0; late < KernelSockets.MOST_LATE; late++) {
                leaveAnAnswer(socket, 0);
            }

            assertThat(of(socket)).isEqualTo(State.WAITING);
            assertThat(kernel.descriptor()).isEqualTo(descriptor);
        }
        assertThat(events).isEmpty();
    }

    @Test
    void kernelIsAskedAnewAfterAnAnswerThatFitsNoQuestion() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var socket = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
            for (var i = 0; i < KernelSockets.MOST_ANEW; i++) {
                leaveAnAnswer(socket, Integer.MAX_VALUE);
                assertThat(of(socket)).isEqualTo(State.UNKNOWN);
                assertThat(of(socket)).isEqualTo(State.WAITING);
            }
            assertThat(events).isEmpty();

            // this kernel goes on so
            leaveAnAnswer(socket, Integer.MAX_VALUE);
            assertThat(of(socket)).isEqualTo(State.UNKNOWN);
            assertThat(of(socket)).isEqualTo(State.UNKNOWN);
            assertThat(events).singleElement().isInstanceOf(GatewayEvent.BackgroundFailure.class);
        }
    }

    @Test
    void nothingIsKnownOnceItIsClosed() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var socket = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
            kernel.close();

            assertThat(of(socket)).isEqualTo(State.UNKNOWN);
        }
    }

    /// The price, as it was seen; it holds for any number of connections.
    @Test
    void questionIsCheap() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var socket = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
            for (var i = 0; i < 20_000; i++) {
                of(socket);
            }
            var before = System.nanoTime();
            for (var i = 0; i < 10_000; i++) {
                of(socket);
            }
            var micros = (System.nanoTime() - before) / 1e3 / 10_000;

            System.out.printf("the kernel answers in %.1f us%n", micros);
            assertThat(micros).isLessThan(1000);
        }
    }
}
