package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How much of bodies is held while they are answered, over real sockets.
@Timeout(60)
class BodyDoorTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String LONG = "x".repeat(300 * 1024);

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<RoutingContext> answering = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() throws Exception {
        client.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private CompletableFuture<HttpResponse<String>> send(int port, String body) {
        return client.sendAsync(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                        .timeout(SOON)
                        .PUT(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private void answer() {
        answering.forEach(call -> vertx.runOnContext(_ -> call.end("done")));
        answering.clear();
    }

    @Test
    void soManyBytesAreAnsweredAtOnceAndSmallBodiesAlways() throws Exception {
        var router = Router.router(vertx);
        new BodyDoor(event -> {}, 1).mount(router);
        router.route().handler(answering::add);
        var port =
                vertx.createHttpServer()
                        .requestHandler(router)
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS)
                        .actualPort();
        for (var round = 0; round < 3; round++) {
            var first = send(port, LONG);
            await().atMost(SOON).until(() -> answering.size() == 1);
            var refused = send(port, LONG).get();
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body())
                    .isEqualTo(
                            "request: expected at most 524288 bytes of bodies that are answered at"
                                    + " once; found more: try again");
            var small = send(port, "{}");
            await().atMost(SOON).until(() -> answering.size() == 2);
            answer();
            assertThat(first.get().statusCode()).isEqualTo(200);
            assertThat(small.get().statusCode()).isEqualTo(200);
        }
    }
}
