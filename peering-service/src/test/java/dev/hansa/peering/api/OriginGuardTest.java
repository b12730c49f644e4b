package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.PeeringEvent;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What browsers send for the pages that they show, to a server on loopback and to one that listens
/// on the network.
class OriginGuardTest {
    private static final String OWN = "10.0.0.1:8500";

    private final AtomicLong nanos = new AtomicLong(-5);
    private final List<PeeringEvent> events = new CopyOnWriteArrayList<>();
    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private HttpServer guarded(String listen) throws Exception {
        var router = Router.router(vertx);
        router.route()
                .handler(
                        new OriginGuard(
                                InetSocketAddress.createUnresolved(listen, 8500),
                                nanos::get,
                                events::add))
                .handler(call -> call.response().end("let in"));
        return vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    private static boolean isLetIn(HttpServer server, String method, String host, String... headers)
            throws Exception {
        try (var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), server.actualPort())) {
            socket.setSoTimeout(10_000);
            var request = new StringBuilder(method).append(" /v1/peerings HTTP/1.1\r\n");
            request.append("Host: ").append(host).append("\r\nConnection: close\r\n");
            for (var header : headers) {
                request.append(header).append("\r\n");
            }
            socket.getOutputStream()
                    .write(request.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
            var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).matches("(?s)HTTP/1.1 (200|403) .*");
            return answer.endsWith("let in");
        }
    }

    @Test
    void pageOfAnotherSiteIsRefusedWhereverTheServerListens() throws Exception {
        for (var listen : new String[] {"127.0.0.1", "10.0.0.1", "0.0.0.0"}) {
            var server = guarded(listen);
            for (var method : new String[] {"GET", "PUT", "POST", "DELETE"}) {
                for (var site : new String[] {"cross-site", "same-site"}) {
                    assertThat(isLetIn(server, method, OWN, "Sec-Fetch-Site: " + site))
                            .as(listen + " " + method + " " + site)
                            .isFalse();
                }
                assertThat(isLetIn(server, method, OWN, "Origin: http://evil.example"))
                        .as(listen + " " + method)
                        .isFalse();
                assertThat(isLetIn(server, method, OWN, "Sec-Fetch-Site: same-origin")).isTrue();
                assertThat(isLetIn(server, method, OWN, "Origin: http://" + OWN)).isTrue();
                assertThat(isLetIn(server, method, OWN)).isTrue();
            }
        }
    }

    @Test
    void refusalIsCountedEachTimeAndToldOnceInTenSeconds() throws Exception {
        var server = guarded("10.0.0.1");
        for (var i = 0; i < 3; i++) {
            assertThat(isLetIn(server, "GET", OWN, "Origin: http://evil.example")).isFalse();
        }
        assertThat(isLetIn(server, "GET", OWN)).isTrue();
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        assertThat(isLetIn(server, "GET", OWN, "Sec-Fetch-Site: cross-site")).isFalse();

        var sentence = "Origin: expected none or this server's; found 'http://evil.example'";
        assertThat(events)
                .containsExactly(
                        new PeeringEvent.CrossOriginRefused(sentence, true, 0),
                        new PeeringEvent.CrossOriginRefused(sentence, false, 0),
                        new PeeringEvent.CrossOriginRefused(sentence, false, 0),
                        new PeeringEvent.CrossOriginRefused(
                                "Sec-Fetch-Site: expected same-origin, none, or a link to a page; found 'cross-site'",
                                true,
                                2));
    }

    @Test
    void linkThatSomebodyFollowsIsLetInAndNothingThatIsSentWithOne() throws Exception {
        var server = guarded("10.0.0.1");
        var link =
                new String[] {
                    "Sec-Fetch-Site: cross-site",
                    "Sec-Fetch-Mode: navigate",
                    "Sec-Fetch-Dest: document"
                };

        assertThat(isLetIn(server, "GET", OWN, link)).isTrue();
        assertThat(isLetIn(server, "POST", OWN, link)).isFalse();
        link[2] = "Sec-Fetch-Dest: iframe";
        assertThat(isLetIn(server, "GET", OWN, link)).isFalse();
        assertThat(isLetIn(server, "GET", OWN, "Sec-Fetch-Site: none")).isTrue();
    }

    /// On the network the server is called by names that it does not know.
    @Test
    void nameThatIsNotOursIsRefusedOnLoopbackAlone() throws Exception {
        assertThat(isLetIn(guarded("127.0.0.1"), "GET", "evil.example:8500")).isFalse();
        assertThat(isLetIn(guarded("10.0.0.1"), "GET", "hansa.example:8500")).isTrue();
    }
}
