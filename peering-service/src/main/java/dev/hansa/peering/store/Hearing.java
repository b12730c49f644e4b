package dev.hansa.peering.store;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.OptionalInt;

/// What a member says of whoever leads, to one that may stand for election.
///
/// On the wire: the code of `heard` in a byte, and the three others in eight each, big endian.
///
/// @param term of the log that it is in
/// @param entryTerm of the last entry of its log; 0 unless it hears nobody
/// @param entryIndex of the last entry of its log; 0 unless it hears nobody
record Hearing(Heard heard, long term, long entryTerm, long entryIndex) {
    enum Heard {
        /// Another one, lately.
        LEADER(0),
        NOBODY(1),
        /// It leads itself.
        SELF(2);

        private final byte code;

        Heard(int code) {
            this.code = (byte) code;
        }
    }

    private static final int BYTES = 1 + 3 * Long.BYTES;

    /// Of a member of a version that was never asked: it may lead, and could not say so.
    static final Hearing UNKNOWN = new Hearing(Heard.SELF, Long.MAX_VALUE, 0, 0);

    byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .put(heard.code)
                .putLong(term)
                .putLong(entryTerm)
                .putLong(entryIndex)
                .array();
    }

    /// @throws StoreFailure when it is no such answer
    static Hearing decode(byte[] answer) {
        if (answer.length != BYTES) {
            throw unknown("expected " + BYTES + " bytes; found " + answer.length);
        }
        var heard =
                Arrays.stream(Heard.values())
                        .filter(one -> one.code == answer[0])
                        .findFirst()
                        .orElseThrow(() -> unknown("expected 0, 1 or 2; found " + answer[0]));
        var rest = ByteBuffer.wrap(answer, 1, BYTES - 1);
        return new Hearing(heard, rest.getLong(), rest.getLong(), rest.getLong());
    }

    private static StoreFailure unknown(String found) {
        return new StoreFailure("whom a member hears: " + found, null);
    }

    /// What another member has said, by its name.
    record Said(String member, Hearing hearing) {}

    /// Whether the member `self` with this hearing may stand for election, and after how many
    /// others: empty where too few hear nobody, somebody leads, or another has more of the log. One
    /// that has less of the log than another would not be voted for by that one, and would only be
    /// in its way; and of two with the same, both would keep the other from a majority, so those go
    /// first whose names do.
    ///
    /// @param members how many there are, with this one
    OptionalInt turn(String self, Collection<Said> others, int members) {
        var agree = heard == Heard.NOBODY ? 1 : 0;
        var before = 0;
        for (var other : others) {
            var said = other.hearing();
            if (said.heard() == Heard.SELF && said.term() >= term || said.term() > term) {
                return OptionalInt.empty();
            }
            if (said.heard() != Heard.NOBODY) {
                continue;
            }
            agree++;
            var compared = compareLog(said);
            if (compared < 0) {
                return OptionalInt.empty();
            }
            if (compared == 0 && other.member().compareTo(self) < 0) {
                before++;
            }
        }
        return agree > members / 2 ? OptionalInt.of(before) : OptionalInt.empty();
    }

    /// As votes are given (Raft, 5.4.1).
    private int compareLog(Hearing other) {
        return entryTerm != other.entryTerm
                ? Long.compare(entryTerm, other.entryTerm)
                : Long.compare(entryIndex, other.entryIndex);
    }
}
