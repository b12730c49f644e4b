package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.peering.store.Hearing.Heard;
import dev.hansa.peering.store.Hearing.Said;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HearingTest {
    private static final Hearing OWN = new Hearing(Heard.NOBODY, 7, 7, 100);

    private static Said said(String member, Heard heard, long term, long entryTerm, long index) {
        return new Said(member, new Hearing(heard, term, entryTerm, index));
    }

    /// Of the server `b`, in term 7 with a log that ends at 100, and one other of three; the third
    /// is silent.
    @ParameterizedTest
    @CsvSource({
        // as much of the log: by the name, and how many go first; -1: it waits
        "c, NOBODY, 7, 7, 100, 0",
        "a, NOBODY, 7, 7, 100, 1",
        // less of the log
        "a, NOBODY, 7, 7, 99, 0",
        "a, NOBODY, 6, 6, 500, 0",
        // more of it
        "c, NOBODY, 7, 7, 101, -1",
        // in a later term, in which another may lead
        "c, NOBODY, 8, 7, 99, -1",
        "c, LEADER, 8, 7, 99, -1",
        // it hears one
        "c, LEADER, 7, 7, 100, -1",
        "c, SELF, 7, 7, 100, -1",
        "c, SELF, 6, 6, 99, -1",
    })
    void ofThreeWithOneThatIsSilent(
            String member, Heard heard, long term, long entryTerm, long index, int turn) {
        var other = said(member, heard, term, entryTerm, index);

        assertThat(OWN.turn("b", List.of(other), 3))
                .isEqualTo(turn < 0 ? OptionalInt.empty() : OptionalInt.of(turn));
    }

    @Test
    void whoHearsNoAnswerDoesNotStand() {
        assertThat(OWN.turn("b", List.of(), 3)).isEmpty();
        assertThat(OWN.turn("b", List.of(said("c", Heard.NOBODY, 7, 7, 100)), 5)).isEmpty();
    }

    @Test
    void majorityIsEnoughThoughAnotherHearsTheLeader() {
        var agrees = said("c", Heard.NOBODY, 7, 7, 100);

        assertThat(
                        OWN.turn(
                                "b",
                                List.of(
                                        agrees,
                                        said("a", Heard.NOBODY, 7, 7, 99),
                                        said("d", Heard.LEADER, 7, 0, 0)),
                                5))
                .hasValue(0);
    }

    /// All at once, and none would be elected.
    @Test
    void ofSeveralWithTheSameLogEachHasATurnOfItsOwn() {
        var others =
                List.of(
                        said("d", Heard.NOBODY, 7, 7, 100),
                        said("a", Heard.NOBODY, 7, 7, 100),
                        said("c", Heard.NOBODY, 7, 7, 100));

        assertThat(OWN.turn("e", others, 5)).hasValue(3);
        assertThat(OWN.turn("b", others, 5)).hasValue(1);
    }

    /// It may be the leader.
    @Test
    void nobodyStandsWhileAnotherCannotBeAsked() {
        var agrees = said("c", Heard.NOBODY, 7, 7, 100);

        assertThat(OWN.turn("b", List.of(agrees, new Said("a", Hearing.UNKNOWN)), 3)).isEmpty();
    }

    /// Connections end for other reasons than its death.
    @Test
    void nobodyStandsAgainstALeaderWhoSaysSo() {
        var agrees = said("c", Heard.NOBODY, 7, 7, 100);

        assertThat(OWN.turn("b", List.of(agrees, said("a", Heard.SELF, 7, 7, 100)), 3)).isEmpty();
        // one of an earlier term has been replaced already
        assertThat(OWN.turn("b", List.of(agrees, said("a", Heard.SELF, 6, 6, 100)), 3)).hasValue(0);
    }

    @Test
    void isTheSameAfterTheWire() {
        for (var heard : Heard.values()) {
            var hearing = new Hearing(heard, 1L << 40, 3, Long.MAX_VALUE);

            assertThat(Hearing.decode(hearing.encode())).isEqualTo(hearing);
        }
    }

    @Test
    void otherBytesAreNoAnswer() {
        var unknown = OWN.encode();
        unknown[0] = 3;

        for (var bytes : List.of(new byte[0], new byte[24], new byte[26], unknown)) {
            assertThatThrownBy(() -> Hearing.decode(bytes))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("whom a member hears: expected ");
        }
    }
}
