package dev.hansa.gateway.sidecar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.gateway.EchoServer;
import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import dev.hansa.gateway.wire.Acceptance;
import dev.hansa.gateway.wire.KernelSockets;
import dev.hansa.gateway.wire.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ApplicationCheckTest {
    private static final Duration SOON = Duration.ofMillis(20);
    private static final Duration NEVER = Duration.ofHours(1);

    /// Long enough for a machine that does much else.
    private static final Duration PATIENT = Duration.ofSeconds(5);

    private final Transport transport = new Transport(1);
    private final Optional<KernelSockets> kernel = KernelSockets.open(_ -> {});

    @AfterEach
    void close() {
        kernel.ifPresent(KernelSockets::close);
        transport.close();
    }

    @Test
    void applicationThatAcceptsPassesAndOneThatRefusesIsCritical() throws Exception {
        var server = new EchoServer(0);
        try (var check = check(server.port(), new CheckKind.Tcp(), SOON)) {
            assertThat(awaited(check, "passing").getOutput()).endsWith("accepts connections");

            server.close();

            assertThat(awaited(check, "critical").getOutput()).contains("refused");
        }
    }

    @Test
    void connectionOfWhichNobodyCanTellWhoTookItPasses() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var check =
                        new ApplicationCheck(
                                new ServiceName("cart"),
                                new Endpoint("127.0.0.1", server.getLocalPort()),
                                settings(new CheckKind.Tcp(), SOON, PATIENT),
                                transport,
                                Acceptance.UNSEEN,
                                _ -> {})) {
            awaited(check, "passing");
        }
    }

    @Test
    void connectionThatTheKernelAloneHasCompletedDoesNotPass() throws Exception {
        assertThat(kernel).as("sock_diag").isPresent();
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var check =
                        check(
                                server.getLocalPort(),
                                settings(new CheckKind.Tcp(), SOON, Duration.ofMillis(100)))) {
            var result = said(check, "was not accepted within 100 ms");
            assertThat(result.getStatus()).isEqualTo("critical");
        }
    }

    @Test
    void applicationIsNotGivenAHeapOfConnectionsWhileItDoesNotAccept() throws Exception {
        try (var server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
                var check =
                        check(
                                server.getLocalPort(),
                                settings(new CheckKind.Tcp(), SOON, Duration.ofMillis(30)))) {
            said(check, "was not accepted");
            var asked = System.nanoTime();
            await().until(() -> System.nanoTime() - asked > 500_000_000);
            check.close();

            server.setSoTimeout(200);
            var waiting = new ArrayList<Socket>();
            try {
                while (waiting.size() < 100) {
                    waiting.add(server.accept());
                }
            } catch (IOException e) {
                // that was all
            }
            for (var socket : waiting) {
                socket.close();
            }
            assertThat(waiting).hasSizeBetween(1, 3);
        }
    }

    @Test
    void httpStatusDecides() throws Exception {
        var status = new AtomicInteger(503);
        var callers = ConcurrentHashMap.<InetSocketAddress>newKeySet();
        var server = http(status, callers);
        var port = server.getAddress().getPort();
        try (var check = check(port, new CheckKind.Http("/ready"), SOON)) {
            assertThat(said(check, "GET /ready: 503").getType()).isEqualTo("http");
            status.set(200);
            assertThat(awaited(check, "passing").getOutput()).isEqualTo("GET /ready: 200");
            status.set(503);
            awaited(check, "critical");

            assertThat(callers).as("connections").hasSize(1);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void httpThatEndsEachConnectionPasses() throws Exception {
        var asked = new AtomicInteger();
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var check = check(server.getLocalPort(), new CheckKind.Http("/"), SOON)) {
            Thread.ofVirtual()
                    .start(() -> {
                        while (!server.isClosed()) {
                            try (var socket = server.accept()) {
                                socket.getInputStream().read(new byte[4096]);
                                socket.getOutputStream()
                                        .write(
                                                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                                                        .getBytes(US_ASCII));
                                asked.incrementAndGet();
                            } catch (IOException e) {
                                // the test has ended
                            }
                        }
                    });
            awaited(check, "passing");
            var before = asked.get();
            await().until(() -> asked.get() > before + 10);
            assertThat(check.results().get().getFirst().getStatus()).isEqualTo("passing");
        }
    }

    private static HttpServer http(AtomicInteger status, Set<InetSocketAddress> callers)
            throws IOException {
        var server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.createContext(
                "/ready",
                exchange -> {
                    try (exchange) {
                        callers.add(exchange.getRemoteAddress());
                        exchange.sendResponseHeaders(status.get(), -1);
                    }
                });
        server.start();
        return server;
    }

    @Test
    void whatIsNoHttpIsCritical() throws Exception {
        try (var server = answering("SSH-2.0-dropbear\r\n\r\n");
                var check = check(server.getLocalPort(), new CheckKind.Http("/"), SOON)) {
            assertThat(said(check, "GET /").getStatus()).isEqualTo("critical");
        }
    }

    @Test
    void grpcThatIsNoGrpcIsCritical() throws Exception {
        try (var server = answering("no\r\n");
                var check = check(server.getLocalPort(), new CheckKind.Grpc(), SOON)) {
            assertThat(said(check, "127.0.0.1").getStatus()).isEqualTo("critical");
        }
    }

    private static ServerSocket answering(String words) throws IOException {
        var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual()
                .start(() -> {
                    try (var socket = server.accept()) {
                        socket.getOutputStream().write(words.getBytes(US_ASCII));
                        socket.getInputStream().readAllBytes();
                    } catch (IOException e) {
                        // the test has ended
                    }
                });
        return server;
    }

    @Test
    void hurriedCheckDoesNotWaitForItsTurn() throws Exception {
        var server = new EchoServer(0);
        try (var check = check(server.port(), new CheckKind.Tcp(), NEVER)) {
            awaited(check, "passing");
            server.close();

            check.hurry();

            awaited(check, "critical");
        }
    }

    @Test
    void nobodyIsAskedWhereTheCheckIsSwitchedOff() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                var check = check(server.getLocalPort(), new CheckKind.None(), SOON)) {
            assertThat(check.results().get()).isEmpty();
            server.setSoTimeout(200);
            assertThatThrownBy(server::accept).isInstanceOf(SocketTimeoutException.class);
        }
    }

    private ApplicationCheck check(int port, CheckKind kind, Duration interval) {
        return check(port, settings(kind, interval, PATIENT));
    }

    private static CheckSettings settings(CheckKind kind, Duration interval, Duration timeout) {
        return new CheckSettings(kind, interval, timeout, 1, 1, true, true);
    }

    private ApplicationCheck check(int port, CheckSettings settings) {
        return new ApplicationCheck(
                new ServiceName("cart"),
                new Endpoint("127.0.0.1", port),
                settings,
                transport,
                kernel.isPresent() ? kernel.get() : Acceptance.UNSEEN,
                _ -> {});
    }

    private static CheckResult awaited(ApplicationCheck check, String status)
            throws InterruptedException {
        List<CheckResult> results =
                check.results()
                        .await(
                                all -> all.getFirst().getStatus().equals(status),
                                Duration.ofSeconds(20));
        assertThat(results.getFirst().getStatus()).isEqualTo(status);
        return results.getFirst();
    }

    private static CheckResult said(ApplicationCheck check, String words)
            throws InterruptedException {
        List<CheckResult> results =
                check.results()
                        .await(
                                all -> all.getFirst().getOutput().contains(words),
                                Duration.ofSeconds(20));
        assertThat(results.getFirst().getOutput()).contains(words);
        return results.getFirst();
    }
}
