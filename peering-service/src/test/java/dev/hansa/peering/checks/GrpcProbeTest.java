package dev.hansa.peering.checks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckDefinition.HttpAsk;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Against a real server of gRPC, which answers in bytes.
class GrpcProbeTest {
    private final Vertx vertx = Vertx.vertx();
    private final Probes probes = new Probes(vertx);
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private volatile byte[] answer = {8, 1};
    private volatile GrpcStatus status = GrpcStatus.OK;

    @BeforeEach
    void start() throws Exception {
        var calls = GrpcServer.server(vertx);
        calls.callHandler(call ->
                call.handler(question -> {
                    asked.add(call.fullMethodName() + " " + text(question));
                    if (status == GrpcStatus.OK) {
                        call.response().end(Buffer.buffer(answer));
                    } else {
                        call.response().status(status).end();
                    }
                }));
        server =
                vertx.createHttpServer()
                        .requestHandler(calls)
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS);
    }

    private static String text(Buffer message) {
        return message.getString(0, message.length(), StandardCharsets.UTF_8.name());
    }

    @AfterEach
    void stop() throws Exception {
        probes.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private Verdict ask(String target) throws InterruptedException {
        return probes.ask(
                new Way(
                        Kind.GRPC,
                        target,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5),
                        HttpAsk.GET,
                        Thresholds.FIRST,
                        Duration.ZERO));
    }

    private String address() {
        return "grpc://127.0.0.1:" + server.actualPort();
    }

    @Test
    void serviceThatServesPasses() throws Exception {
        assertThat(ask(address() + "/shop.Cart"))
                .isEqualTo(new Verdict(CheckStatus.PASSING, "gRPC health check: SERVING"));
        assertThat(ask(address()).status()).isEqualTo(CheckStatus.PASSING);
        assertThat(asked)
                .containsExactly(
                        "grpc.health.v1.Health/Check \n\tshop.Cart",
                        "grpc.health.v1.Health/Check ");
    }

    @Test
    void serviceThatDoesNotServeIsCritical() throws Exception {
        for (var other : List.of(new byte[] {8, 2}, new byte[] {}, new byte[] {8, 1, 16, 1})) {
            answer = other;
            assertThat(ask(address()).status()).isEqualTo(CheckStatus.CRITICAL);
        }
        status = GrpcStatus.NOT_FOUND;
        assertThat(ask(address() + "/nothing").output()).contains("5 of gRPC");
    }

    @Test
    void portThatNobodyListensAtIsCritical() throws Exception {
        var gone = address();
        server.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);

        assertThat(ask(gone).status()).isEqualTo(CheckStatus.CRITICAL);
        assertThat(ask("grpc://169.254.169.254:80").output()).contains("a link-local address");
    }
}
