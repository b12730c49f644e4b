package dev.hansa.tests.support;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/// What two ends of a connection say to each other, both at once: random streams with half-closes,
/// resets, stalls and pieces of a byte.
///
/// @param number its own, in a run
public record Conversation(long number, Speech caller, Speech endpoint) {
    private static final int MOST_PIECES = 200;

    /// Of pieces whose sizes turn around the sizes of segments and buffers.
    private static final int[] PIECES = {1, 7, 536, 1448, 16_384, 65_536, 131_073, 400_000};

    /// How long speeches are: of twenty so many begin with these bounds, one byte, 2,000 bytes and
    /// more.
    public enum Lengths {
        /// Streams that are many buffers long.
        LONG(3, 11, 100_000, 1_500_000, 8),
        /// As many connections as possible.
        SHORT(4, 15, 32_000, 300_000, 7);

        private static final int FEW = 2000;
        private static final int OF = 20;

        private final int empty;
        private final int few;
        private final int medium;
        private final int most;
        private final int pieces;

        /// @param empty speeches of nothing, of twenty
        /// @param few those and the ones of less than [#FEW] bytes
        /// @param medium bytes of all others but one
        /// @param most bytes of that one
        /// @param pieces how many of the [#PIECES] there are
        Lengths(int empty, int few, int medium, int most, int pieces) {
            this.empty = empty;
            this.few = few;
            this.medium = medium;
            this.most = most;
            this.pieces = pieces;
        }

        private int bound(int one) {
            if (one < empty) {
                return 1;
            }
            if (one < few) {
                return FEW;
            }
            return one < OF - 1 ? medium : most;
        }
    }

    /// The same numbers make the same conversation.
    ///
    /// @param seed of a run
    public static Conversation of(long seed, long number, Lengths lengths) {
        var random = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + number);
        var ends = random.nextInt(10);
        return new Conversation(
                number,
                Speech.of(random.split(), lengths, ends == 0),
                // a reset of both at once would leave nothing to expect
                Speech.of(random.split(), lengths, ends == 1));
    }

    @Override
    public String toString() {
        return number + " (" + caller + " from the caller, " + endpoint + " from the endpoint)";
    }

    /// What one end makes of it.
    ///
    /// @param compared bytes that were as they should be
    /// @param isReset the other end's RST came through
    /// @param failures sentences; empty: everything was as it should be
    public record Outcome(long compared, boolean isReset, List<String> failures) {
        public Outcome {
            failures = List.copyOf(failures);
        }
    }

    /// Says one part and hears the other.
    ///
    /// @param isCaller which of the two
    public Outcome talk(Socket socket, boolean isCaller) throws IOException, InterruptedException {
        var ours = isCaller ? caller : endpoint;
        var theirs = isCaller ? endpoint : caller;
        var said = new CountDownLatch(1);
        var saying =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                ours.say(socket);
                                said.countDown();
                            } catch (IOException _) {
                                // the other end has reset it, or we have: the reader says which
                            }
                        });
        var failures = new ArrayList<String>();
        var heard = theirs.hear(socket, ours.resets());
        var who = "conversation " + this + ", " + (isCaller ? "caller" : "endpoint") + ": ";
        if (!heard.wrong().isEmpty()) {
            failures.add(who + heard.wrong());
            socket.close();
        }
        saying.join();
        var isSaid = said.getCount() == 0;
        if (heard.isFin() && isSaid) {
            failures.add(who + "expected RST; found FIN after " + heard.bytes());
        }
        if (!isSaid && !theirs.resets() && !ours.resets()) {
            failures.add(who + "could not say everything");
        }
        return new Outcome(heard.bytes(), heard.isReset() || heard.isFin() && !isSaid, failures);
    }

    /// What was heard of a speech.
    ///
    /// @param bytes that were as they should be
    /// @param wrong empty: everything was
    /// @param isReset the end was RST
    /// @param isFin the end was FIN where RST was due, which is right only if a write was told of
    ///   RST: the kernel says it once
    private record Heard(long bytes, String wrong, boolean isReset, boolean isFin) {}

    /// What one end says.
    ///
    /// @param content its bytes follow from it
    /// @param length how many
    /// @param piece how many at once, at most
    /// @param resets it ends with RST, not with FIN
    /// @param stalls it pauses now and then, when it writes as well as when it reads
    public record Speech(long content, int length, int piece, boolean resets, boolean stalls) {
        private static final int STALL_NANOS = 2_000_000;
        private static final int READ = 50_000;

        private static Speech of(SplittableRandom random, Lengths lengths, boolean resets) {
            var length = random.nextInt(lengths.bound(random.nextInt(Lengths.OF)));
            var piece = PIECES[random.nextInt(lengths.pieces)];
            return new Speech(
                    random.nextLong(),
                    // small pieces are a call each, four times over
                    Math.min(length, piece * MOST_PIECES),
                    piece,
                    resets,
                    random.nextInt(8) == 0);
        }

        @Override
        public String toString() {
            return length
                    + " bytes by "
                    + piece
                    + (stalls ? " with stalls" : "")
                    + (resets ? ", RST" : ", FIN");
        }

        /// The byte at a place.
        private byte at(int place) {
            var mixed = (content + (place >> 3)) * 0x9e3779b97f4a7c15L;
            return (byte) ((mixed ^ mixed >>> 29) >>> ((place & 7) << 3));
        }

        private void say(Socket socket) throws IOException {
            var random = new SplittableRandom(content);
            var bytes = new byte[Math.min(piece, Math.max(length, 1))];
            for (var said = 0; said < length; ) {
                var next = Math.min(1 + random.nextInt(piece), length - said);
                for (var i = 0; i < next; i++) {
                    bytes[i] = at(said + i);
                }
                stall(random);
                socket.getOutputStream().write(bytes, 0, next);
                said += next;
            }
            if (resets) {
                socket.setSoLinger(true, 0);
                socket.close();
            } else {
                socket.shutdownOutput();
            }
        }

        /// A slow application: what is tested must hold when its other end does not take anything.
        private void stall(SplittableRandom random) {
            if (stalls && random.nextInt(4) == 0) {
                LockSupport.parkNanos(random.nextInt(STALL_NANOS));
            }
        }

        /// Reads this speech at the other end and compares it.
        ///
        /// @param weReset our own end closes with RST while it reads, so any end will do
        private Heard hear(Socket socket, boolean weReset) throws IOException {
            var random = new SplittableRandom(~content);
            // one more than there is, so that one too many is seen
            var buffer = new byte[Math.min(READ, length + 1)];
            var heard = 0;
            try {
                while (true) {
                    stall(random);
                    var count = socket.getInputStream().read(buffer);
                    if (count < 0) {
                        break;
                    }
                    if (heard + count > length) {
                        return wrong(heard, "expected " + length + " bytes; found more");
                    }
                    for (var i = 0; i < count; i++) {
                        if (buffer[i] != at(heard + i)) {
                            return wrong(heard, "another byte at " + (heard + i));
                        }
                    }
                    heard += count;
                }
            } catch (SocketException e) {
                return resets || weReset
                        ? new Heard(heard, "", resets, false)
                        : wrong(heard, "expected FIN; found " + e + " after " + heard);
            }
            if (weReset) {
                return new Heard(heard, "", false, false);
            }
            if (resets) {
                return new Heard(heard, "", false, true);
            }
            return heard == length
                    ? new Heard(heard, "", false, false)
                    : wrong(heard, "expected " + length + "; found FIN after " + heard);
        }

        private static Heard wrong(long heard, String what) {
            return new Heard(heard, what, false, false);
        }
    }
}
