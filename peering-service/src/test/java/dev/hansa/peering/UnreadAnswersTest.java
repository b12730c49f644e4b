package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.peering.Http2Wire.Frame;
import dev.hansa.peering.config.HttpTlsFiles;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Clients of the operators' port who ask and do not take what they are answered, over real
/// sockets.
@Timeout(60)
class UnreadAnswersTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration BRIEF = Duration.ofMillis(300);
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int MIB = 1 << 20;

    /// More than the kernel takes on for one whose own buffer is small.
    private static final int LARGE = 16 * MIB;

    private static final Buffer ANSWER = Buffer.buffer(new byte[MIB]);
    private static final Buffer SMALL_ANSWER = Buffer.buffer(new byte[64 * 1024]);
    private static final Buffer LARGE_ANSWER = Buffer.buffer(new byte[LARGE]);

    @TempDir Path directory;
    private final CaMaterial ca =
            CaMaterial.create(
                    new TrustDomain("eks.consul"),
                    new Datacenter("eks"),
                    Clock.systemUTC().instant());
    private final ConnectionDoor door = new ConnectionDoor();
    private final Vertx vertx = door.vertx(new VertxOptions());
    private final ServerListeners listeners = new ServerListeners(vertx);
    private final List<String> ended = new CopyOnWriteArrayList<>();
    private final List<HttpServerRequest> waiting = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new ArrayList<>();
    private int port;
    private int tlsPort;

    /// @param unread bytes of all connections
    private void start(long unread) throws Exception {
        start(unread, LONG);
    }

    /// @param idle between two looks
    private void start(long unread, Duration idle) throws Exception {
        var slow =
                new SlowClients(new SlowClients.Limits(LONG, LONG, idle, 100, unread), ended::add);
        var any = InetSocketAddress.createUnresolved("127.0.0.1", 0);
        var pems = TestTls.pems(ca, "localhost");
        var files =
                new HttpTlsFiles(
                        Files.writeString(directory.resolve("api.pem"), pems.chain()),
                        Files.writeString(directory.resolve("api.key"), pems.key()));
        port = listeners.plain(any, slow.watching(this::answer)).getPort();
        tlsPort =
                listeners
                        .secured(any, new HttpTls(files, _ -> {}), slow.watching(this::answer))
                        .actualPort();
        for (var each : List.of(port, tlsPort)) {
            door.guard(
                    new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), each),
                    100,
                    () -> false,
                    slow,
                    ended::add);
        }
    }

    private void answer(HttpServerRequest request) {
        switch (String.valueOf(request.path())) {
            case "/replaced" -> {
                request.response().headersEndHandler(_ -> {});
                request.response().end(ANSWER);
            }
            case "/small" -> request.response().end(SMALL_ANSWER);
            case "/large" -> request.response().end(LARGE_ANSWER);
            case "/waits" -> waiting.add(request);
            case "/file" -> request.response().sendFile(directory.resolve("file").toString());
            default -> request.response().end(ANSWER);
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (var socket : sockets) {
            socket.close();
        }
        listeners.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    /// Asks for a large answer and reads one byte of it.
    private Socket asked(String from) throws IOException {
        var socket = new Socket();
        sockets.add(socket);
        socket.setReceiveBufferSize(64 * 1024);
        socket.setSoTimeout((int) SOON.toMillis());
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
        ask(socket);
        return socket;
    }

    private static void ask(Socket socket) throws IOException {
        askAgain(socket);
        assertThat(socket.getInputStream().read()).isEqualTo('H');
    }

    /// Before what he was answered is taken.
    private static void askAgain(Socket socket) throws IOException {
        socket.getOutputStream()
                .write(
                        "GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
    }

    /// The rest of it.
    private static void takeWhole(Socket socket) throws IOException {
        var head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            var one = socket.getInputStream().read();
            assertThat(one).isNotNegative();
            head.append((char) one);
        }
        socket.getInputStream().skipNBytes(LARGE);
    }

    private static boolean isCutOff(Socket socket) {
        try {
            takeWhole(socket);
            return false;
        } catch (IOException | AssertionError _) {
            return true;
        }
    }

    private static void get(Http2Wire wire, int stream, String path) throws IOException {
        wire.write(
                Frame.HEADERS,
                Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
                stream,
                Http2Wire.get(path));
    }

    /// A stream has no room before [#giveRoom].
    private static void giveNoRoom(Http2Wire wire) throws IOException {
        wire.write(Frame.SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 0});
    }

    /// 32 MiB for this stream, and as much more for all together.
    private static void giveRoom(Http2Wire wire, int stream) throws IOException {
        wire.write(Frame.WINDOW_UPDATE, 0, 0, new byte[] {2, 0, 0, 0});
        wire.write(Frame.WINDOW_UPDATE, 0, stream, new byte[] {2, 0, 0, 0});
    }

    /// @return the bytes of the one answer that there is room for
    private static long take(Http2Wire wire) throws IOException {
        var bytes = 0L;
        while (true) {
            var frame = wire.awaitFrame(Frame.DATA);
            bytes += frame.payload().length();
            if (frame.endsStream()) {
                return bytes;
            }
        }
    }

    @Test
    void whoGivesNoRoomHoldsThreeQuartersOfAllAndOneMoreAndGetsThemWhenHeDoes() throws Exception {
        start(8 * MIB);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            for (var i = 0; i < 10; i++) {
                get(wire, 1 + 2 * i, "/");
            }

            for (var i = 7; i < 10; i++) {
                var reset = wire.awaitFrame(Frame.RESET);
                assertThat(reset.error()).isEqualTo(Http2Wire.ENHANCE_YOUR_CALM);
                assertThat(reset.stream()).isEqualTo(1 + 2 * i);
            }
            assertThat(ended).hasSize(3).containsOnly(GivenAnswers.UNREAD);
            for (var i = 0; i < 7; i++) {
                giveRoom(wire, 1 + 2 * i);
                assertThat(take(wire)).isEqualTo(MIB);
            }

            // what was taken counts no more
            for (var i = 10; i < 20; i++) {
                get(wire, 1 + 2 * i, "/");
                giveRoom(wire, 1 + 2 * i);
                assertThat(take(wire)).isEqualTo(MIB);
            }
            assertThat(ended).hasSize(3);
        }
    }

    /// Of a write it would not be known how it went.
    @Test
    void answersThatAreSmallOrOfWritesAreNotRefused() throws Exception {
        start(8 * MIB);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            for (var i = 0; i < 8; i++) {
                get(wire, 1 + 2 * i, "/");
            }
            assertThat(wire.awaitFrame(Frame.RESET).stream()).isEqualTo(15);

            wire.write(
                    Frame.HEADERS,
                    Http2Wire.END_HEADERS | Http2Wire.END_STREAM,
                    17,
                    Http2Wire.put("/"));
            get(wire, 19, "/small");

            giveRoom(wire, 17);
            assertThat(take(wire)).isEqualTo(MIB);
            giveRoom(wire, 19);
            assertThat(take(wire)).isEqualTo(SMALL_ANSWER.length());
            assertThat(ended).hasSize(1);
        }
    }

    /// It is somebody else's, where a proxy has one connection for all.
    @Test
    void longAnswerThatIsNotTakenLeavesRoomForTheOthersOfItsConnection() throws Exception {
        start(8 * MIB);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/large");

            for (var i = 1; i <= 6; i++) {
                get(wire, 1 + 2 * i, "/");
            }
            for (var i = 1; i <= 6; i++) {
                giveRoom(wire, 1 + 2 * i);
                assertThat(take(wire)).isEqualTo(MIB);
            }
            assertThat(ended).isEmpty();
        }
    }

    /// At first for less than one of them.
    @Test
    void roomThatIsGivenToManyAnswersAtOnceReachesAll() throws Exception {
        start(8 * MIB);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            for (var i = 0; i < 10; i++) {
                get(wire, 1 + 2 * i, "/");
            }
            for (var i = 7; i < 10; i++) {
                wire.awaitFrame(Frame.RESET);
            }

            wire.write(Frame.SETTINGS, 0, 0, new byte[] {0, 4, 7, 0, 0, 0});
            wire.write(Frame.WINDOW_UPDATE, 0, 0, new byte[] {7, 0, 0, 0});

            var bytes = 0L;
            for (var i = 0; i < 7; i++) {
                bytes += take(wire);
            }
            assertThat(bytes).isEqualTo(7 * MIB);
        }
    }

    @Test
    void whoTakesHisRequestsBackHoldsNothing() throws Exception {
        start(8 * MIB);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            for (var i = 0; i < 20; i++) {
                get(wire, 1 + 2 * i, "/");
                wire.write(Frame.RESET, 0, 1 + 2 * i, new byte[] {0, 0, 0, 8});
            }
            get(wire, 41, "/");
            giveRoom(wire, 41);

            assertThat(take(wire)).isEqualTo(MIB);
            assertThat(ended).isEmpty();
        }
    }

    /// As routes do by their own way to it.
    @Test
    void answerWhoseRouteReplacesTheHandlerOfItsHeadersCounts() throws Exception {
        start(8 * MIB);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            for (var i = 0; i < 8; i++) {
                get(wire, 1 + 2 * i, "/replaced");
            }

            assertThat(wire.awaitFrame(Frame.RESET).stream()).isEqualTo(15);
            for (var i = 0; i < 7; i++) {
                giveRoom(wire, 1 + 2 * i);
                assertThat(take(wire)).isEqualTo(MIB);
            }
        }
    }

    /// Of HTTP/1, where it is kept beside the first one, which the connection has.
    @Test
    void secondAnswerOfAConnectionCountsBesideTheFirst() throws Exception {
        start(LARGE / 2);
        var socket = asked("127.0.0.1");
        assertThat(ended).isEmpty();

        askAgain(socket);

        await().atMost(SOON).until(() -> ended.equals(List.of(GivenAnswers.UNREAD)));
        assertThat(isCutOff(socket)).isTrue();
    }

    @Test
    void secondAnswerOfAConnectionCountsUntilItIsTaken() throws Exception {
        start(3L * LARGE / 2);
        var socket = asked("127.0.0.1");
        for (var i = 0; i < 3; i++) {
            askAgain(socket);
            takeWhole(socket);
        }
        takeWhole(socket);

        assertThat(ended).isEmpty();
    }

    /// Longer than all others may be together.
    @Test
    void oneAnswerAloneMayBeAsLongAsItIs() throws Exception {
        start(MIB);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/large");
            giveRoom(wire, 1);

            assertThat(take(wire)).isEqualTo(LARGE);
        }
        takeWhole(asked("127.0.0.1"));
        assertThat(ended).isEmpty();
    }

    @Test
    void ofTheAddressThatHoldsMostTheOldestIsEndedWhenAllHoldTooMuch() throws Exception {
        start(3L * LARGE / 2);
        var first = asked("127.0.0.1");
        var second = asked("127.0.0.1");
        assertThat(ended).isEmpty();

        var third = asked("127.0.0.2");

        await().atMost(SOON).until(() -> !ended.isEmpty());
        assertThat(isCutOff(first)).isTrue();
        takeWhole(second);
        takeWhole(third);
        // what was taken counts no more
        for (var i = 0; i < 3; i++) {
            ask(second);
            takeWhole(second);
        }
        assertThat(ended).containsExactly(GivenAnswers.UNREAD);
    }

    /// As snapshots are: no more of it is read than there is room for.
    @Test
    void fileIsReadAsItIsTakenAndCountsForNothing() throws Exception {
        start(8 * MIB);
        Files.write(directory.resolve("file"), new byte[LARGE]);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/file");
            get(wire, 3, "/file");
            get(wire, 5, "/");

            for (var each : Map.of(1, LARGE, 3, LARGE, 5, MIB).entrySet()) {
                giveRoom(wire, each.getKey());
                assertThat(take(wire)).isEqualTo(each.getValue().longValue());
            }
            assertThat(ended).isEmpty();
        }
    }

    /// Ten bytes of it, until the other side hangs up.
    private static void trickle(Http2Wire wire, int times) throws IOException {
        for (var i = 0; i < times; i++) {
            wire.write(Frame.WINDOW_UPDATE, 0, 1, new byte[] {0, 0, 0, 10});
            assertThat(wire.awaitFrame(Frame.DATA).payload().length()).isEqualTo(10);
            assertThat(wire.hearsNothingFor(BRIEF.dividedBy(3))).isTrue();
        }
    }

    @Test
    void whoTakesSomeBytesOfHisAnswerNowAndThenIsCutOff() throws Exception {
        start(8 * MIB, BRIEF);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/");

            assertThatThrownBy(() -> trickle(wire, 100)).isInstanceOf(IOException.class);
            assertThat(ended).containsExactly(GivenAnswers.UNREAD);
        }
    }

    @Test
    void whoTakesNothingOfHisAnswerWhileHeWaitsForAnotherIsCutOff() throws Exception {
        start(8 * MIB, BRIEF);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/waits");
            get(wire, 3, "/");

            await().atMost(SOON).until(() -> ended.equals(List.of(GivenAnswers.UNREAD)));
            assertThat(waiting).hasSize(1);
        }
    }

    @Test
    void whoWaitsForOneAnswerAndHasTakenTheOthersIsLeftAlone() throws Exception {
        start(8 * MIB, BRIEF);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/waits");
            get(wire, 3, "/");
            giveRoom(wire, 3);
            assertThat(take(wire)).isEqualTo(MIB);

            assertThat(wire.hearsNothingFor(BRIEF.multipliedBy(4))).isTrue();
            get(wire, 5, "/");
            giveRoom(wire, 5);
            assertThat(take(wire)).isEqualTo(MIB);
            assertThat(ended).isEmpty();
        }
    }

    /// A large snapshot over a slow line.
    @Test
    void fileMayTakeAsLongAsItTakes() throws Exception {
        start(8 * MIB, BRIEF);
        Files.write(directory.resolve("file"), new byte[LARGE]);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/file");
            trickle(wire, 10);
            giveRoom(wire, 1);

            assertThat(take(wire)).isEqualTo(LARGE - 100);
            assertThat(ended).isEmpty();
        }
    }
}
