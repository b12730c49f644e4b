package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.peering.api.MonitorStream;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Who takes his time at the operators' port, over real sockets.
@Timeout(60)
class SlowClientsTest {
    /// Long enough for a whole request of a test on a machine that stalls.
    private static final Duration BRIEF = Duration.ofMillis(500);

    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String LINE = "GET / HTTP/1.1\r\nHost: x\r\n";

    private final ConnectionDoor door = new ConnectionDoor();
    private final Vertx vertx = door.vertx(new VertxOptions());
    private final ServerListeners listeners = new ServerListeners(vertx);
    private final List<String> ended = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new ArrayList<>();
    private final CompletableFuture<HttpServerRequest> waiting = new CompletableFuture<>();
    private final Router streams = Router.router(vertx);
    private final List<HttpServerRequest> held = new CopyOnWriteArrayList<>();

    /// More than the kernel takes on for one who does not read.
    private static final int LARGE = 48 << 20;

    private static final Buffer LARGE_ANSWER = Buffer.buffer(new byte[LARGE]);
    private int port;

    private void start(Duration header, Duration body, Duration idle) throws Exception {
        start(header, body, idle, 100, 100);
    }

    private void start(Duration header, Duration body, Duration idle, int bodies, int connections)
            throws Exception {
        var limits = new SlowClients.Limits(header, body, idle, bodies, 1L << 30, 4L * LARGE);
        var slow = new SlowClients(limits, ended::add);
        var bound =
                listeners.plain(
                        InetSocketAddress.createUnresolved("127.0.0.1", 0),
                        slow.watching(this::answer));
        door.guard(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), bound.getPort()),
                connections,
                ConnectionRate.NONE,
                () -> false,
                slow,
                ended::add);
        port = bound.getPort();
    }

    /// As the API: a body is read whole before it is answered.
    private void answer(HttpServerRequest request) {
        switch (String.valueOf(request.path())) {
            case "/waits" -> waiting.complete(request);
            case "/watch" -> streams.handle(request);
            case "/held" -> {
                request.pause();
                held.add(request);
            }
            case "/refused" -> request.response().setStatusCode(403).end("refused");
            case "/large" -> request.response().end(LARGE_ANSWER);
            default ->
                    request.body()
                            .onSuccess(body -> request.response().end(body.length() + " read"));
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (var socket : sockets) {
            socket.close();
        }
        listeners.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private Socket open() throws IOException {
        return open("127.0.0.1");
    }

    private Socket open(String from) throws IOException {
        var socket =
                new Socket(
                        InetAddress.ofLiteral("127.0.0.1"), port, InetAddress.ofLiteral(from), 0);
        socket.setSoTimeout((int) SOON.toMillis());
        sockets.add(socket);
        return socket;
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /// Says a byte each time that nothing has been heard for a moment, until the other side hangs
    /// up.
    ///
    /// @return what was heard
    private static String trickle(Socket socket, String text) throws IOException {
        var heard = new ByteArrayOutputStream();
        socket.setSoTimeout(20);
        for (var i = 0; ; ) {
            try {
                var one = socket.getInputStream().read();
                if (one < 0) {
                    return heard.toString(StandardCharsets.UTF_8);
                }
                heard.write(one);
            } catch (SocketTimeoutException _) {
                if (heard.size() == 0) {
                    say(socket, text.substring(i % text.length(), i % text.length() + 1));
                    i++;
                }
            }
        }
    }

    private static String heard(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private int get() throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                                    .timeout(SOON)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .statusCode();
        }
    }

    @Test
    void headersThatComeAByteAtATimeEndInTimeAndOthersAreServedMeanwhile() throws Exception {
        start(BRIEF, LONG, LONG);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var slow = open();
            var answer = threads.submit(() -> trickle(slow, LINE + "X-Long: " + "x".repeat(9999)));
            var served = 0;
            while (!answer.isDone()) {
                assertThat(get()).isEqualTo(200);
                served++;
            }
            assertThat(served).isPositive();
            assertThat(answer.get())
                    .startsWith("HTTP/1.1 408 ")
                    .contains("Connection: close")
                    .endsWith(
                            "request: expected its line and headers within 500 ms; found a part of it");
        }
        assertThat(ended).containsExactly(SlowClients.HEADER);
    }

    @Test
    void nextRequestOfAConnectionHasItsTimeToo() throws Exception {
        start(BRIEF, LONG, LONG);
        var socket = open();
        say(socket, LINE + "\r\n");
        awaitAnswer(socket);

        assertThat(trickle(socket, LINE + "X-Long: " + "x".repeat(9999)))
                .startsWith("HTTP/1.1 408 ");
    }

    @Test
    void bodyThatComesAByteAtATimeEndsInTimeAndOthersAreServedMeanwhile() throws Exception {
        start(LONG, BRIEF, LONG);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var slow = open();
            say(slow, "PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n");
            var answer = threads.submit(() -> trickle(slow, "xxxxx"));
            while (!answer.isDone()) {
                assertThat(get()).isEqualTo(200);
            }
            assertThat(answer.get())
                    .startsWith("HTTP/1.1 408 ")
                    .endsWith("request: expected its body within 500 ms; found a part of it");
        }
        assertThat(ended).containsExactly(SlowClients.BODY);
    }

    @Test
    void whoSaysNothingIsHungUpOnAndAConnectionThatIsNotUsedEnds() throws Exception {
        start(BRIEF, LONG, BRIEF);
        var silent = open();
        var idle = open();
        say(idle, LINE + "\r\n");
        awaitAnswer(idle);

        assertThat(idle.getInputStream().read()).isNegative();
        assertThat(silent.getInputStream().read()).isNegative();
        // what nobody uses is no refusal
        assertThat(ended).containsExactly(SlowClients.HEADER);
    }

    @Test
    void connectionOnWhichALogWasWatchedEndsWhenItIsNotUsedAfterwards() throws Exception {
        start(LONG, LONG, BRIEF);
        var mayWatch = new AtomicBoolean(true);
        var monitor = new MonitorStream("s1", _ -> () -> {}, Duration.ofMillis(50));
        streams.get("/watch").handler(call -> monitor.open(call, mayWatch::get));
        var watcher = open();
        say(watcher, "GET /watch HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(awaitAnswer(watcher)).contains("from now on");

        mayWatch.set(false);

        var rest = new String(watcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(rest).endsWith("0\r\n\r\n");
        assertThat(ended).isEmpty();
    }

    /// A blocking query waits for minutes.
    @Test
    void whoWaitsForAnAnswerIsLeftAlone() throws Exception {
        start(BRIEF, BRIEF, BRIEF);
        var waiter = open();
        say(waiter, "GET /waits HTTP/1.1\r\nHost: x\r\n\r\n");
        var request = waiting.get(20, TimeUnit.SECONDS);
        // three times as long as anything may take
        for (var i = 0; i < 3; i++) {
            assertThat(open().getInputStream().read()).isNegative();
        }

        vertx.runOnContext(_ -> request.response().end("at last"));

        assertThat(awaitAnswer(waiter)).endsWith("at last");
    }

    @Test
    void whoeverWaitsLongestForHisOwnHeadersGivesHisPlaceToANewcomer() throws Exception {
        start(LONG, LONG, LONG, 100, 8);
        var waiter = open();
        say(waiter, "GET /waits HTTP/1.1\r\nHost: x\r\n\r\n");
        var request = waiting.get(20, TimeUnit.SECONDS);
        for (var i = 0; i < 20; i++) {
            say(open(), LINE);
        }

        // the older ones, and those that come before one of them is there to be ended
        await().atMost(SOON).until(() -> ended.size() == 13);
        assertThat(get()).isEqualTo(200);
        await().atMost(SOON).until(() -> standing() == 7);
        assertThat(ended).hasSize(14).containsOnly(ConnectionDoor.TOO_MANY);

        vertx.runOnContext(_ -> request.response().end("at last"));
        assertThat(awaitAnswer(waiter)).endsWith("at last");
    }

    @Test
    void thereAreSoManyBodiesOnTheirWayAtOnceAndWhoSendsHisWholeIsServed() throws Exception {
        start(LONG, LONG, LONG, 2, 100);
        for (var i = 0; i < 5; i++) {
            say(open(), "PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx");
        }

        await().atMost(SOON).until(() -> ended.size() == 3);
        assertThat(ended).containsOnly(SlowClients.CROWD);
        assertThat(get()).isEqualTo(200);
        await().atMost(SOON).until(() -> standing() <= 2);
    }

    @Test
    void whoTakesNothingOfHisAnswerAndSaysAByteNowAndThenIsCutOff() throws Exception {
        start(BRIEF, LONG, LONG);
        var talker = open();
        say(talker, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");

        // a byte is refused as soon as there is no connection
        await().atMost(SOON)
                .until(() -> {
                    try {
                        say(talker, "x");
                        return false;
                    } catch (IOException _) {
                        return true;
                    }
                });
        assertThat(ended).containsExactly(SlowClients.HEADER);
    }

    @Test
    void whoTakesNothingOfHisAnswerAndSaysNothingIsCutOffAndHisPlaceIsFree() throws Exception {
        start(LONG, LONG, BRIEF, 100, 1);
        say(open(), "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");

        // newcomers are refused until then
        await().atMost(SOON)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> get() == 200);
    }

    @Test
    void whoTakesHisAnswerInSmallPiecesGetsTheWhole() throws Exception {
        start(BRIEF, LONG, BRIEF.multipliedBy(4));
        var reader = open();
        say(reader, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
        // ten times as long as the shortest time, and beyond the last word
        for (var i = 0; i < 10; i++) {
            assertThat(reader.getInputStream().readNBytes(3 << 20)).hasSize(3 << 20);
            assertThat(open().getInputStream().read()).isNegative();
        }

        assertThat(reader.getInputStream().readNBytes(LARGE - (30 << 20)))
                .hasSize(LARGE - (30 << 20));
    }

    @Test
    void connectionThatNobodyUsesGivesItsPlaceBeforeOneThatWaitsForHeaders() throws Exception {
        start(LONG, LONG, LONG, 100, 2);
        var speaking = open();
        say(speaking, LINE);
        var idle = open();
        say(idle, LINE + "\r\n");
        awaitAnswer(idle);

        var newcomer = open();
        say(newcomer, LINE + "\r\n");

        assertThat(awaitAnswer(newcomer)).startsWith("HTTP/1.1 200 ");
        assertThat(idle.getInputStream().read()).isNegative();
        say(speaking, "\r\n");
        assertThat(awaitAnswer(speaking)).startsWith("HTTP/1.1 200 ");
        assertThat(ended).containsExactly(ConnectionDoor.TOO_MANY);
    }

    @Test
    void newcomerTakesAPlaceOfTheAddressThatHasMost() throws Exception {
        start(LONG, LONG, LONG, 100, 8);
        var idle = open("127.0.0.2");
        say(idle, LINE + "\r\n");
        awaitAnswer(idle);
        var speaking = open("127.0.0.2");
        say(speaking, LINE);
        var waiter = open();
        say(waiter, "GET /waits HTTP/1.1\r\nHost: x\r\n\r\n");
        var request = waiting.get(20, TimeUnit.SECONDS);
        var crowd = List.of(open(), open(), open(), open());
        for (var one : crowd) {
            say(one, LINE);
        }
        var used = open();
        say(used, LINE + "\r\n");
        awaitAnswer(used);

        for (var i = 3; i < 6; i++) {
            var newcomer = open("127.0.0." + i);
            say(newcomer, LINE + "\r\n");
            assertThat(awaitAnswer(newcomer)).startsWith("HTTP/1.1 200 ");
        }

        // one that is not used before those that are in a header, the waiter never
        assertThat(used.getInputStream().read()).isNegative();
        for (var one : crowd.subList(0, 2)) {
            assertThat(heard(one)).startsWith("HTTP/1.1 408 ");
        }
        assertThat(ended).hasSize(3).containsOnly(ConnectionDoor.TOO_MANY);
        say(idle, LINE + "\r\n");
        assertThat(awaitAnswer(idle)).startsWith("HTTP/1.1 200 ");
        say(speaking, "\r\n");
        assertThat(awaitAnswer(speaking)).startsWith("HTTP/1.1 200 ");
        vertx.runOnContext(_ -> request.response().end("at last"));
        assertThat(awaitAnswer(waiter)).endsWith("at last");
    }

    /// Between two roles.
    @Test
    void requestWithoutABodyThatIsHeldBeforeItIsReadIsNoBodyOnItsWay() throws Exception {
        start(LONG, BRIEF, LONG, 1, 100);
        for (var i = 0; i < 3; i++) {
            say(open(), "GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        await().atMost(SOON).until(() -> held.size() == 3);
        // as long as a body may take
        var slow = open();
        say(slow, "PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx");
        assertThat(awaitAnswer(slow)).startsWith("HTTP/1.1 408 ");

        assertThat(ended).containsExactly(SlowClients.BODY);
    }

    @Test
    void crowdOfOneAddressAndRefusedRequestsEndNobodyElsesBody() throws Exception {
        start(LONG, LONG, LONG, 2, 100);
        var part = "PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx";
        var honest = open("127.0.0.2");
        say(honest, part);
        assertThat(get()).isEqualTo(200);
        for (var i = 0; i < 5; i++) {
            var refused = open();
            say(refused, part.replace("/x", "/refused"));
            assertThat(awaitAnswer(refused)).startsWith("HTTP/1.1 403 ");
        }
        // of those that are answered two are waited for still
        await().atMost(SOON).until(() -> ended.size() == 3);
        for (var i = 0; i < 5; i++) {
            say(open(), part);
        }
        await().atMost(SOON).until(() -> ended.size() == 7);

        say(honest, "12345678");
        assertThat(awaitAnswer(honest)).endsWith("9 read");
        assertThat(ended).containsOnly(SlowClients.CROWD);
    }

    @Test
    void snapshotMayTakeItsTimeWhileSomeOfItComesAndNothingElseMay() throws Exception {
        start(BRIEF, BRIEF.multipliedBy(3), LONG);
        var head = " HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1";
        var upload = open();
        say(upload, "PUT /v1/snapshot" + head);
        for (var byteOfIt : List.of("2", "3", "4", "5", "6", "7", "8", "9")) {
            // a third of the time
            assertThat(open().getInputStream().read()).isNegative();
            say(upload, byteOfIt);
        }
        assertThat(awaitAnswer(upload)).endsWith("9 read");

        var stalled = open();
        say(stalled, "PUT /v1/snapshot/" + head);
        assertThat(heard(stalled))
                .endsWith("request: expected some of its body every 1500 ms; found none");
        var other = open();
        say(other, "POST /v1/snapshot" + head.replace(": 9", ": 9999"));
        assertThat(trickle(other, "x"))
                .endsWith("request: expected its body within 1500 ms; found a part of it");
    }

    @Test
    void offerOfHttp2WithoutTlsIsPassedOver() throws Exception {
        start(LONG, LONG, LONG);
        var socket = open();
        say(
                socket,
                LINE
                        + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                        + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");

        assertThat(awaitAnswer(socket)).startsWith("HTTP/1.1 200 ");
    }

    private long standing() {
        return sockets.stream()
                .filter(socket -> {
                    try {
                        socket.setSoTimeout(20);
                        socket.getInputStream().transferTo(OutputStream.nullOutputStream());
                        return false;
                    } catch (SocketTimeoutException _) {
                        return true;
                    } catch (IOException _) {
                        return false;
                    }
                })
                .count();
    }

    /// Of one that has a length and stands on one packet.
    private static String awaitAnswer(Socket socket) throws IOException {
        var heard = new StringBuilder();
        var buffer = new byte[4096];
        while (!heard.toString().contains("\r\n\r\n") || heard.toString().endsWith("\r\n\r\n")) {
            var count = socket.getInputStream().read(buffer);
            assertThat(count).as(heard.toString()).isPositive();
            heard.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
        }
        return heard.toString();
    }
}
