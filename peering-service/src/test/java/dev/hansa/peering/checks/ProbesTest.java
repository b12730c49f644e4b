package dev.hansa.peering.checks;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.CheckDefinition.HttpAsk;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Over real sockets.
class ProbesTest {
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Vertx vertx = Vertx.vertx();
    private final Probes probes = new Probes(vertx);
    private HttpServer server;
    private volatile int code = 200;
    private volatile byte[] body = "well".getBytes(StandardCharsets.UTF_8);

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                call -> {
                    asked.add(
                            call.getRequestMethod()
                                    + " "
                                    + call.getRequestURI()
                                    + " "
                                    + call.getRequestHeaders().getFirst("X-Token")
                                    + " "
                                    + new String(
                                            call.getRequestBody().readAllBytes(),
                                            StandardCharsets.UTF_8));
                    call.getResponseHeaders().add("Location", "/elsewhere");
                    call.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
                    try (var out = call.getResponseBody()) {
                        out.write(body);
                    } catch (IOException _) {
                        // who has read enough hangs up
                    }
                });
        server.start();
    }

    @AfterEach
    void stop() {
        probes.close();
        server.stop(0);
        vertx.close();
    }

    private String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/health";
    }

    private static Way way(Kind kind, String target, HttpAsk ask) {
        return new Way(
                kind,
                target,
                Duration.ofSeconds(1),
                Duration.ofSeconds(5),
                ask,
                Thresholds.FIRST,
                Duration.ZERO);
    }

    private Verdict http(HttpAsk ask) throws InterruptedException {
        return probes.ask(way(Kind.HTTP, url(), ask));
    }

    @Test
    void statusOfHttpIsTheVerdict() throws Exception {
        assertThat(http(HttpAsk.GET))
                .isEqualTo(
                        new Verdict(CheckStatus.PASSING, "GET " + url() + " answered 200: well"));
        code = 429;
        assertThat(http(HttpAsk.GET).status()).isEqualTo(CheckStatus.WARNING);
        code = 503;
        assertThat(http(HttpAsk.GET).status()).isEqualTo(CheckStatus.CRITICAL);
    }

    @Test
    void targetIsAskedAsItsOwnerSaysAndNowhereElse() throws Exception {
        code = 302;

        var verdict =
                http(
                        new HttpAsk(
                                "POST",
                                Map.of("x-token", new Secret("s3cret")),
                                Optional.of(new Secret("hello")),
                                false));

        assertThat(verdict.status()).isEqualTo(CheckStatus.CRITICAL);
        assertThat(verdict.output()).doesNotContain("s3cret");
        assertThat(asked).containsExactly("POST /health s3cret hello");
    }

    @Test
    void longAnswerIsNotReadToItsEnd() throws Exception {
        body = new byte[4_000_000];

        assertThat(http(HttpAsk.GET).output().length()).isLessThan(4_200);
    }

    @Test
    void portThatAcceptsPassesAndOneThatDoesNotIsCritical() throws Exception {
        int port;
        try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = listener.getLocalPort();
            assertThat(probes.ask(way(Kind.TCP, "127.0.0.1:" + port, HttpAsk.GET)).status())
                    .isEqualTo(CheckStatus.PASSING);
        }
        var refused = probes.ask(way(Kind.TCP, "127.0.0.1:" + port, HttpAsk.GET));
        assertThat(refused.status()).isEqualTo(CheckStatus.CRITICAL);
        assertThat(refused.output()).contains("expected an answer within 5000 ms");
        for (var way :
                List.of(
                        way(Kind.TCP, "127.0.0.1:" + port, HttpAsk.GET),
                        way(Kind.HTTP, "http://127.0.0.1:" + port + "/", HttpAsk.GET),
                        way(Kind.HTTP, "https://127.0.0.1:" + port + "/", HttpAsk.GET),
                        way(Kind.GRPC, "grpc://127.0.0.1:" + port + "/", HttpAsk.GET))) {
            assertThat(probes.ask(way).output())
                    .as("no name of a class")
                    .containsPattern("; found .*([Cc]onnection refused|no connection)")
                    .doesNotContain("Exception");
        }
    }

    @Test
    void addressOfACloudIsNotAsked() throws Exception {
        for (var way :
                List.of(
                        way(Kind.HTTP, "http://169.254.169.254/latest", HttpAsk.GET),
                        way(Kind.HTTP, "http://[fe80::1]/", HttpAsk.GET),
                        way(Kind.HTTP, "http://[fd00:ec2::254]/", HttpAsk.GET),
                        way(Kind.HTTP, "http://[64:ff9b::a9fe:a9fe]/", HttpAsk.GET),
                        way(Kind.TCP, "168.63.129.16:80", HttpAsk.GET),
                        way(Kind.TCP, "169.254.169.254:80", HttpAsk.GET))) {
            var verdict = probes.ask(way);
            assertThat(verdict.status()).isEqualTo(CheckStatus.CRITICAL);
            assertThat(verdict.output()).contains("a link-local address");
        }
    }
}
