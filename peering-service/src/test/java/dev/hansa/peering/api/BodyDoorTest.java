package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.peering.PeeringEvent;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// How much of bodies is held while they are answered, over real sockets.
@Timeout(60)
class BodyDoorTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    /// Two of them are more than one address has of the room.
    private static final String LONG = "x".repeat(400 * 1024);

    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<PeeringEvent> events = new CopyOnWriteArrayList<>();
    private final BodyDoor door = new BodyDoor(events::add, 1);
    private final Places places = new Places(new ReaderLimits(10, 10));

    /// Which are worked on until their latches say so.
    private final List<RoutingContext> answering = new CopyOnWriteArrayList<>();

    private final List<CountDownLatch> works = new CopyOnWriteArrayList<>();
    private int port;

    @BeforeEach
    void start() throws Exception {
        var router = Router.router(vertx);
        router.route().handler(call -> call.next()).failureHandler(door::fail);
        door.mount(router);
        router.route("/fails")
                .handler(call -> {
                    throw new IllegalStateException("a defect");
                });
        router.route("/answered").handler(call -> call.end("" + call.body().length()));
        router.route("/works").handler(this::work);
        port =
                vertx.createHttpServer()
                        .requestHandler(router)
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS)
                        .actualPort();
    }

    /// As the API does.
    private void work(RoutingContext call) {
        var done = new CountDownLatch(1);
        var loop = vertx.getOrCreateContext();
        var stay = places.enter(ClientNetwork.client(call)).orElseThrow();
        BodyDoor.handOver(call, stay);
        stay.work(
                Thread.ofVirtual().factory(),
                () -> {
                    try {
                        done.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException("nobody interrupts this", e);
                    }
                    loop.runOnContext(_ -> AnswerWriter.plain(call, 200, "done"));
                });
        call.response().closeHandler(_ -> stay.hungUp());
        works.add(done);
        answering.add(call);
    }

    @AfterEach
    void stop() throws Exception {
        endWork();
        client.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private CompletableFuture<HttpResponse<String>> send(String method, String path, String body) {
        return client.sendAsync(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(SOON)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private void endWork() {
        works.forEach(CountDownLatch::countDown);
        works.clear();
        answering.clear();
    }

    private void awaitHeld(long bytes) {
        await().atMost(SOON).until(() -> door.held() == bytes);
    }

    @Test
    void soManyBytesAreAnsweredAtOnceAndSmallBodiesAlways() throws Exception {
        for (var round = 1; round <= 3; round++) {
            var first = send("PUT", "/works", LONG);
            await().atMost(SOON).until(() -> answering.size() == 1);
            var refused = send("PUT", "/works", LONG).get();
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.headers().firstValue("Retry-After")).contains("1");
            assertThat(refused.body())
                    .isEqualTo(
                            "request: expected at most 1048576 bytes of bodies that are answered at"
                                    + " once, and 786432 of one address; found more: try again");
            assertThat(events).hasSize(round).containsOnly(new PeeringEvent.BodyRefused());
            var small = send("PUT", "/works", "{}");
            await().atMost(SOON).until(() -> answering.size() == 2);
            endWork();
            assertThat(first.get().statusCode()).isEqualTo(200);
            assertThat(small.get().statusCode()).isEqualTo(200);
            awaitHeld(0);
        }
    }

    /// It is worked on still, and held by that.
    @ParameterizedTest
    @EnumSource(names = {"HTTP_1_1", "HTTP_2"})
    void whoHangsUpHasHisBodyHeldUntilItIsNotWorkedOn(HttpVersion version) throws Exception {
        var caller =
                vertx.createHttpClient(
                        new HttpClientOptions()
                                .setProtocolVersion(version)
                                .setHttp2ClearTextUpgrade(false));
        var request = put(caller);
        await().atMost(SOON).until(() -> answering.size() == 1);
        var call = answering.getFirst();
        assertThat(call.request().version()).isEqualTo(version);

        request.reset(0);
        await().atMost(SOON).until(() -> call.response().closed());
        assertThat(door.held()).isEqualTo(LONG.length());

        endWork();
        awaitHeld(0);
    }

    private HttpClientRequest put(HttpClientAgent caller) throws Exception {
        var request =
                caller.request(HttpMethod.PUT, port, "127.0.0.1", "/works")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS);
        request.end(LONG);
        return request;
    }

    @ParameterizedTest
    @ValueSource(strings = {"/answered", "/fails", "/nowhere"})
    void nothingIsHeldOfWhatIsAnsweredAtOnce(String path) throws Exception {
        assertThat(send("PUT", path, LONG).get().statusCode()).isIn(200, 404, 500);

        awaitHeld(0);
    }

    /// A stream whose client gives no room for its answer keeps the call.
    @Test
    void callHasItsBodyNoMoreWhenItIsHandedOver() throws Exception {
        var answer = send("PUT", "/works", LONG);
        await().atMost(SOON).until(() -> answering.size() == 1);
        var call = answering.getFirst();
        await().atMost(SOON).until(() -> call.body().buffer() == null);

        endWork();
        assertThat(answer.get().statusCode()).isEqualTo(200);
    }

    @Test
    void whatIsReadOrWaitsHasASmallBody() throws Exception {
        for (var each : List.of("GET /answered", "PUT /answered?index=7", "PUT /answered?hash=x")) {
            var line = each.split(" ");
            var refused = send(line[0], line[1], "x".repeat(4097)).get();
            assertThat(refused.statusCode()).as(each).isEqualTo(413);
            assertThat(refused.body())
                    .isEqualTo(
                            "body: expected at most 4096 bytes with GET, HEAD, 'index' or 'hash';"
                                    + " found more");
            assertThat(send(line[0], line[1], "x".repeat(4096)).get().body()).isEqualTo("4096");
        }
        assertThat(send("HEAD", "/answered", LONG).get().statusCode()).isEqualTo(413);
    }
}
