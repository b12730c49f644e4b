package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hansa.gateway.wire.Acceptance.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class KernelSocketsTest {
    private KernelSockets kernel;

    @BeforeEach
    void open() {
        var opened = KernelSockets.open();
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
