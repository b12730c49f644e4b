package dev.hansa.gateway.sidecar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import dev.hansa.gateway.wire.KernelSockets;
import dev.hansa.gateway.wire.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class IdleConnectionTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Transport transport = new Transport(1);
    private final AtomicInteger ends = new AtomicInteger();
    private final List<Socket> accepted = new CopyOnWriteArrayList<>();
    private ServerSocket server;
    private IdleConnection idle;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        idle =
                new IdleConnection(
                        new Endpoint("127.0.0.1", server.getLocalPort()),
                        transport,
                        ends::incrementAndGet);
    }

    @AfterEach
    void close() throws IOException {
        idle.close();
        transport.close();
        server.close();
        for (var socket : accepted) {
            socket.close();
        }
    }

    /// Whatever comes, and what is done with it.
    private void accept(boolean keep) {
        Thread.ofVirtual()
                .start(() -> {
                    while (!server.isClosed()) {
                        try {
                            var socket = server.accept();
                            accepted.add(socket);
                            if (!keep) {
                                socket.close();
                            }
                        } catch (IOException e) {
                            // closed: the loop ends
                        }
                    }
                });
    }

    /// The kernel has connected it, and `accept` has returned, before the transport hears of it.
    private void awaitThere() {
        var loop = transport.loops().next();
        await().until(() -> accepted.size() == 1 && loop.submit(idle::isThere).get());
    }

    @Test
    void endByTheApplicationIsTold() throws Exception {
        accept(true);
        idle.keep();
        awaitThere();
        idle.keep();

        accepted.getFirst().close();

        await().until(() -> ends.get() == 1);
        assertThat(accepted).hasSize(1);
    }

    @Test
    void resetByTheApplicationIsTold() throws Exception {
        accept(true);
        idle.keep();
        awaitThere();

        accepted.getFirst().setSoLinger(true, 0);
        accepted.getFirst().close();

        await().until(() -> ends.get() == 1);
    }

    @Test
    void applicationThatEndsEachAtOnceIsLeftAloneLongerAndLonger() {
        accept(false);
        var began = System.nanoTime();
        await().pollInterval(Duration.ofMillis(5))
                .until(() -> {
                    idle.keep();
                    return System.nanoTime() - began > 2_000_000_000L;
                });

        // after 200, 400, 800 and 1600 ms
        assertThat(accepted.size()).isBetween(2, 5);
    }

    @Test
    void whatIsLetGoIsNotTold() throws Exception {
        accept(true);
        idle.keep();
        awaitThere();

        idle.letGo();

        assertThat(accepted.getFirst().getInputStream().read()).isEqualTo(-1);
        assertThat(ends).hasValue(0);
    }

    @Test
    void applicationThatTalksIsNotListenedToForEver() throws Exception {
        accept(true);
        idle.keep();
        await().until(() -> accepted.size() == 1);
        var socket = accepted.getFirst();
        socket.getOutputStream().write("220 ready\r\n".getBytes(US_ASCII));
        idle.keep();
        assertThat(ends).hasValue(0);

        socket.getOutputStream().write(new byte[100_000]);

        await().until(() -> isClosed(socket));
        assertThat(ends).hasValue(0);
    }

    private static boolean isClosed(Socket socket) {
        try {
            return socket.getInputStream().read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    /// It would wait for the idle connection to speak, and nobody else would be served.
    @Test
    void applicationThatServesOneConnectionAtATimeIsNotHeldUpForLong() throws Exception {
        try (var serial = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var kernel = KernelSockets.open(_ -> {}).orElseThrow();
                var check =
                        new ApplicationCheck(
                                new ServiceName("cart"),
                                new Endpoint("127.0.0.1", serial.getLocalPort()),
                                new CheckSettings(
                                        new CheckKind.Tcp(),
                                        Duration.ofMillis(20),
                                        // longer than a busy machine stalls
                                        Duration.ofMillis(500),
                                        1,
                                        1,
                                        true,
                                        true),
                                transport,
                                kernel,
                                _ -> {})) {
            Thread.ofVirtual()
                    .start(() -> {
                        while (!serial.isClosed()) {
                            try (var socket = serial.accept()) {
                                socket.getInputStream().readAllBytes();
                            } catch (IOException e) {
                                // the test has ended
                            }
                        }
                    });
            // critical it may be for a moment
            var seenAll = new CopyOnWriteArrayList<String>();
            try (var _ = check.results().watch(all -> seenAll.add(all.getFirst().getStatus()))) {
                await().atMost(SOON)
                        .until(() ->
                                seenAll.getLast().equals("passing")
                                        && seenAll.indexOf("passing")
                                                < seenAll.lastIndexOf("critical"));
            }

            // for the next ten seconds it is not held up again
            var seen =
                    check.results()
                            .await(
                                    all -> all.getFirst().getStatus().equals("critical"),
                                    Duration.ofSeconds(2));
            assertThat(seen.getFirst().getStatus()).isEqualTo("passing");
        }
    }
}
