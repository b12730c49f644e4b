package dev.hansa.gateway.sidecar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ApplicationCheckTest {
    private static final Duration SOON = Duration.ofMillis(20);
    private static final Duration NEVER = Duration.ofHours(1);

    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    @AfterEach
    void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @Test
    void applicationThatAcceptsPassesAndOneThatRefusesIsCritical() throws Exception {
        var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        try (var check = check(server.getLocalPort(), new CheckKind.Tcp(), SOON)) {
            assertThat(awaited(check, "passing").getOutput()).endsWith("accepts connections");

            server.close();

            assertThat(awaited(check, "critical").getOutput()).contains("refused");
        }
    }

    @Test
    void httpStatusDecides() throws Exception {
        var status = new AtomicInteger(503);
        var server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        server.createContext(
                "/ready",
                exchange -> {
                    try (exchange) {
                        exchange.sendResponseHeaders(status.get(), -1);
                    }
                });
        server.start();
        var port = server.getAddress().getPort();
        try (var check = check(port, new CheckKind.Http("/ready"), SOON)) {
            assertThat(awaited(check, "critical").getType()).isEqualTo("http");
            status.set(200);
            assertThat(awaited(check, "passing").getOutput()).isEqualTo("GET /ready: 200");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void grpcThatIsNoGrpcIsCritical() throws Exception {
        try (var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual()
                    .start(() -> {
                        try (var socket = server.accept()) {
                            socket.getOutputStream().write("no\r\n".getBytes(US_ASCII));
                        } catch (IOException e) {
                            // the test has ended
                        }
                    });
            try (var check = check(server.getLocalPort(), new CheckKind.Grpc(), SOON)) {
                var answered =
                        check.results()
                                .await(
                                        results ->
                                                results.getFirst()
                                                        .getOutput()
                                                        .contains("127.0.0.1"),
                                        Duration.ofSeconds(10));
                assertThat(answered.getFirst().getStatus()).isEqualTo("critical");
            }
        }
    }

    @Test
    void hurriedCheckDoesNotWaitForItsTurn() throws Exception {
        var server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        try (var check = check(server.getLocalPort(), new CheckKind.Tcp(), NEVER)) {
            awaited(check, "passing");
            server.close();

            check.hurry();

            awaited(check, "critical");
        }
    }

    private ApplicationCheck check(int port, CheckKind kind, Duration interval) {
        return new ApplicationCheck(
                new ServiceName("cart"),
                new Endpoint("127.0.0.1", port),
                kind,
                interval,
                loops,
                _ -> {});
    }

    private static CheckResult awaited(ApplicationCheck check, String status)
            throws InterruptedException {
        List<CheckResult> results =
                check.results()
                        .await(
                                all -> all.getFirst().getStatus().equals(status),
                                Duration.ofSeconds(10));
        assertThat(results.getFirst().getStatus()).isEqualTo(status);
        return results.getFirst();
    }
}
