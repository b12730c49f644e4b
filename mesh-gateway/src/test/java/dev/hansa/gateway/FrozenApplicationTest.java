package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// An application that is stopped while its sidecar lives: connections that stand to it end when
/// their callers have something to say, so that they connect anew, here or behind a peer's gateway.
@Timeout(120)
class FrozenApplicationTest {
    @TempDir Path directory;
    private TestingMesh mesh;

    @BeforeEach
    void make() throws Exception {
        mesh = new TestingMesh(directory);
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @Test
    void callerOfAFrozenApplicationHereIsResetAndServedElsewhere() throws Exception {
        var application =
                mesh.closer.add(ApplicationProcess.start("echo", mesh.localApplicationPort));
        mesh.start();
        awaitAnswer();
        try (var waiting = standingHere();
                var idle = standingHere()) {
            application.freeze();
            waiting.getOutputStream().write(2);

            assertReset(waiting);
            assertThat(mesh.call("elsewhere")).isTrue();
            // who had nothing to say is told when it has
            idle.getOutputStream().write(2);
            assertReset(idle);
        }
        await().untilAsserted(() ->
                assertThat(mesh.read(mesh.westAdmin, "/connections"))
                        .contains("what this caller said was not read"));
    }

    @Test
    void callerOfAFrozenApplicationBehindAPeersGatewayIsReset() throws Exception {
        var application = mesh.closer.add(ApplicationProcess.start("echo"));
        mesh.eastApplicationPort = application.port();
        mesh.start();
        mesh.publishWest(List.of(mesh.inEast()));
        awaitAnswer();
        try (var waiting = standing()) {
            application.freeze();
            waiting.getOutputStream().write(2);

            assertReset(waiting);
        }
        await().untilAsserted(() ->
                assertThat(mesh.read(mesh.eastAdmin, "/connections"))
                        .contains("what this caller said was not read"));
    }

    /// It serves one at a time, so its check gets no answer meanwhile.
    @Test
    void callerWhoseRequestIsWorkedOnIsNotCutHoweverLongItTakes() throws Exception {
        var gate = new CountDownLatch(1);
        mesh.start();
        mesh.publishWest(List.of(mesh.inEast()));
        awaitAnswer();
        try (var working = standing();
                var unheard = standing();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var heard = mesh.eastApplication.heard();
            mesh.eastApplication.busy(gate);
            working.getOutputStream().write(7);
            await().until(() -> mesh.eastApplication.heard() > heard);
            // the one for whom it waits already
            try (var _ =
                    new Socket(InetAddress.getLoopbackAddress(), mesh.eastApplication.port())) {
                var answer = threads.submit(() -> working.getInputStream().read());
                await().until(() ->
                        mesh.read(mesh.eastAdmin, "/health").contains("was not accepted"));
                // for longer than what is not read may wait
                await().atMost(Duration.ofSeconds(30))
                        .during(Duration.ofSeconds(14))
                        .until(() -> !answer.isDone());
                gate.countDown();
                assertThat(answer.get()).isEqualTo(7);
            }
            unheard.getOutputStream().write(8);
            assertThat(unheard.getInputStream().read()).isEqualTo(8);
        } finally {
            gate.countDown();
        }
    }

    /// It has read the first word and works on it; the second one is behind it.
    @Test
    void whatWaitsBehindARequestThatIsWorkedOnIsCutAfterTenSecondsAndNotBefore() throws Exception {
        var gate = new CountDownLatch(1);
        mesh.start();
        mesh.publishWest(List.of(mesh.inEast()));
        awaitAnswer();
        try (var working = standing()) {
            var heard = mesh.eastApplication.heard();
            mesh.eastApplication.busy(gate);
            working.getOutputStream().write(7);
            await().until(() -> mesh.eastApplication.heard() > heard);
            try (var _ =
                    new Socket(InetAddress.getLoopbackAddress(), mesh.eastApplication.port())) {
                var began = System.nanoTime();
                working.getOutputStream().write(8);

                assertReset(working);
                assertThat(Duration.ofNanos(System.nanoTime() - began))
                        .isGreaterThanOrEqualTo(Duration.ofSeconds(10));
            }
        } finally {
            gate.countDown();
        }
    }

    @Test
    void nobodyIsCutWhereThatIsSwitchedOff() throws Exception {
        var gate = new CountDownLatch(1);
        mesh.resetUnread = false;
        mesh.start();
        mesh.publishWest(List.of(mesh.inEast()));
        awaitAnswer();
        try (var waiting = standing();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            mesh.eastApplication.busy(gate);
            var heard = mesh.eastApplication.heard();
            waiting.getOutputStream().write(new byte[] {7, 8});
            await().until(() -> mesh.eastApplication.heard() == heard + 2);
            try (var _ =
                    new Socket(InetAddress.getLoopbackAddress(), mesh.eastApplication.port())) {
                waiting.getOutputStream().write(9);
                var answer = threads.submit(() -> waiting.getInputStream().readNBytes(3));
                await().until(() ->
                        mesh.read(mesh.eastAdmin, "/health").contains("was not accepted"));

                await().atMost(Duration.ofSeconds(30))
                        .during(Duration.ofSeconds(14))
                        .until(() -> !answer.isDone());
                gate.countDown();
                assertThat(answer.get()).isEqualTo(new byte[] {7, 8, 9});
            }
        } finally {
            gate.countDown();
        }
    }

    @Test
    void bigRequestThatIsReadSlowlyByOneWhoAcceptsNobodyIsNotCut() throws Exception {
        var application = mesh.closer.add(new SlowReader());
        mesh.eastApplicationPort = application.port();
        mesh.start();
        mesh.publishWest(List.of(mesh.inEast()));
        await().ignoreException(IOException.class)
                .until(() -> {
                    standing().close();
                    return true;
                });
        try (var caller = standing();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            application.acceptNobody();
            var answer =
                    threads.submit(() -> {
                        caller.getOutputStream().write(new byte[SlowReader.REQUEST]);
                        return caller.getInputStream().read();
                    });
            await().until(() -> mesh.read(mesh.eastAdmin, "/health").contains("was not accepted"));

            await().atMost(Duration.ofSeconds(30))
                    .during(Duration.ofSeconds(14))
                    .until(() -> !answer.isDone());
            application.hurry();
            assertThat(answer.get()).isEqualTo(2);
        }
    }

    private void awaitAnswer() {
        await().ignoreException(IOException.class).until(() -> mesh.call("hello"));
    }

    private Socket standing() throws IOException {
        var socket = mesh.dial();
        // longer than any of these tests takes
        socket.setSoTimeout(100_000);
        socket.getOutputStream().write(1);
        if (socket.getInputStream().read() != 1) {
            socket.close();
            throw new IOException("expected an answer; found the end");
        }
        return socket;
    }

    /// While the application here is not known to be well, or is slow, callers go elsewhere.
    private Socket standingHere() throws IOException {
        while (true) {
            var heard = mesh.eastApplication.heard();
            var socket = standing();
            if (mesh.eastApplication.heard() == heard) {
                return socket;
            }
            socket.close();
        }
    }

    private static void assertReset(Socket socket) {
        assertThatThrownBy(
                        () -> {
                            if (socket.getInputStream().read() < 0) {
                                throw new AssertionError("expected a reset; found an orderly end");
                            }
                        })
                .isInstanceOf(SocketException.class);
    }

    /// Answers the first byte of each caller, and then a request of [#REQUEST], which it reads
    /// piece by piece.
    private static final class SlowReader implements AutoCloseable {
        static final int REQUEST = 16 << 20;
        private static final int PIECE = 64 << 10;
        private static final long PAUSE_MILLIS = 500;

        private final ServerSocket server;
        private final CountDownLatch hurries = new CountDownLatch(1);
        private final Set<Socket> open = ConcurrentHashMap.newKeySet();
        private volatile boolean full;

        SlowReader() throws IOException {
            server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
            Thread.ofVirtual().start(this::accept);
        }

        int port() {
            return server.getLocalPort();
        }

        void acceptNobody() {
            full = true;
        }

        void hurry() {
            hurries.countDown();
        }

        private void accept() {
            try {
                while (!full) {
                    var socket = server.accept();
                    open.add(socket);
                    Thread.ofVirtual().start(() -> serve(socket));
                }
            } catch (IOException e) {
                // closed: the loop ends
            }
        }

        private void serve(Socket socket) {
            try (socket) {
                var in = socket.getInputStream();
                if (in.read() < 0) {
                    return;
                }
                socket.getOutputStream().write(1);
                for (var left = REQUEST; left > 0; ) {
                    var piece = in.readNBytes(Math.min(left, PIECE));
                    if (piece.length == 0) {
                        return;
                    }
                    left -= piece.length;
                    var _ = hurries.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
                }
                socket.getOutputStream().write(2);
            } catch (IOException e) {
                // the other end is gone, and so is this one
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
            for (var socket : open) {
                socket.close();
            }
        }
    }
}
