package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hansa.peering.Http2Wire.Frame;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Clients of the operators' port who take their time with what they are answered, over real
/// sockets.
@Timeout(60)
class SlowlyTakenAnswersTest extends AnsweredClients {
    private static final Duration BRIEF = Duration.ofMillis(300);

    /// A machine that stalls for some of it is not taken for a client that does.
    private static final Duration UNHURRIED = Duration.ofSeconds(2);

    private static void giveRoomFor(int bytes, Http2Wire wire, int stream) throws IOException {
        wire.write(Frame.WINDOW_UPDATE, 0, stream, new byte[] {0, 0, 0, (byte) bytes});
    }

    /// Ten bytes at a time.
    private static void trickle(Http2Wire wire, int times) throws IOException {
        for (var i = 0; i < times; i++) {
            giveRoomFor(10, wire, 1);
            assertThat(wire.awaitFrame(Frame.DATA).payload().length()).isEqualTo(10);
            assertThat(wire.hearsNothingFor(UNHURRIED.dividedBy(6))).isTrue();
        }
    }

    @Test
    void whoTakesSomeBytesOfHisAnswerNowAndThenLosesIt() throws Exception {
        start(8 * MIB, BRIEF);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/");

            await().atMost(SOON)
                    .until(() -> {
                        giveRoomFor(10, wire, 1);
                        return !ended.isEmpty();
                    });
            assertThat(wire.awaitFrame(Frame.RESET).stream()).isEqualTo(1);
            assertThat(ended).containsExactly(GivenAnswers.UNREAD);
        }
    }

    /// They are others', where a proxy has one connection for all.
    @Test
    void answerThatIsNotTakenIsLostAloneWhileOthersOfItsConnectionAreWaitedFor() throws Exception {
        start(8 * MIB, BRIEF);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/waits");
            giveRoom(wire, 1);
            get(wire, 3, "/");

            var reset = wire.awaitFrame(Frame.RESET);
            assertThat(reset.stream()).isEqualTo(3);
            assertThat(reset.error()).isEqualTo(Http2Wire.ENHANCE_YOUR_CALM);

            assertThat(wire.hearsNothingFor(BRIEF.multipliedBy(4))).isTrue();
            waiting.getFirst().run();
            assertThat(take(wire)).isEqualTo(SMALL_ANSWER.length());
            assertThat(ended).containsExactly(GivenAnswers.UNREAD);
        }
    }

    /// There is room in the windows, but not in the socket.
    @Test
    void whoReadsNothingIsCutOffWhateverHeWaitsFor() throws Exception {
        start(8 * MIB, BRIEF);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/waits");
            get(wire, 3, "/large");
            giveRoom(wire, 3);

            await().atMost(SOON).until(() -> ended.equals(List.of(GivenAnswers.UNREAD)));
            assertThatThrownBy(() -> take(wire))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
        }
    }

    /// Each is taken slower than it may be when it is alone, and all together are not.
    @Test
    void answersThatShareASlowLineHaveTheTimeOfAll() throws Exception {
        start(8 * MIB, UNHURRIED);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            for (var i = 0; i < 8; i++) {
                get(wire, 1 + 2 * i, "/tiny");
            }
            for (var round = 0; round < 10; round++) {
                for (var i = 0; i < 8; i++) {
                    giveRoomFor(TINY_ANSWER.length() / 10, wire, 1 + 2 * i);
                }
                for (var bytes = 0; bytes < 8 * TINY_ANSWER.length() / 10; ) {
                    bytes += wire.awaitFrame(Frame.DATA).payload().length();
                }
                assertThat(wire.hearsNothingFor(UNHURRIED.dividedBy(6))).isTrue();
            }
            assertThat(ended).isEmpty();
        }
    }

    @Test
    void whoWaitsForOneAnswerAndHasTakenTheOthersIsLeftAlone() throws Exception {
        start(8 * MIB, UNHURRIED);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/waits");
            get(wire, 3, "/");
            giveRoom(wire, 3);
            assertThat(take(wire)).isEqualTo(MIB);

            assertThat(wire.hearsNothingFor(UNHURRIED.plus(BRIEF))).isTrue();
            get(wire, 5, "/");
            giveRoom(wire, 5);
            assertThat(take(wire)).isEqualTo(MIB);
            assertThat(ended).isEmpty();
        }
    }

    /// A large snapshot over a slow line.
    @Test
    void fileMayTakeAsLongAsItTakes() throws Exception {
        start(8 * MIB, UNHURRIED);
        Files.write(directory.resolve("file"), new byte[LARGE]);
        try (var wire = new Http2Wire(TestTls.trusting(ca), tlsPort)) {
            giveNoRoom(wire);
            get(wire, 1, "/file");
            trickle(wire, 8);
            giveRoom(wire, 1);

            assertThat(take(wire)).isEqualTo(LARGE - 80);
            assertThat(ended).isEmpty();
        }
    }
}
