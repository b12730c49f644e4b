package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.peering.Http2Wire.Frame;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients of the operators' port who ask and do not take what they are answered, over real
/// sockets.
@Timeout(60)
class UnreadAnswersTest extends AnsweredClients {
    private final List<Socket> sockets = new ArrayList<>();

    @AfterEach
    void hangUp() throws IOException {
        for (var socket : sockets) {
            socket.close();
        }
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
}
