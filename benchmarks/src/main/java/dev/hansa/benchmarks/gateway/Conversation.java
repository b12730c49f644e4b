package dev.hansa.benchmarks.gateway;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/// What two ends of a connection say to each other, both at once; it follows from two numbers.
///
/// @param number of the run that it belongs to, and its own
record Conversation(long seed, long number, Speech caller, Speech endpoint) {
    private static final int SHORT = 2000;
    private static final int MEDIUM = 32_000;
    private static final int LONG = 300_000;

    private static final int MOST_PIECES = 200;

    /// Of pieces whose sizes turn around the sizes of segments and buffers.
    private static final int[] PIECES = {1, 7, 536, 1448, 16_384, 65_536, 131_073};

    static Conversation of(long seed, long number) {
        var random = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + number);
        var ends = random.nextInt(10);
        return new Conversation(
                seed,
                number,
                Speech.of(random.split(), ends == 0),
                // a reset of both at once would leave nothing to expect
                Speech.of(random.split(), ends == 1));
    }

    @Override
    public String toString() {
        return number + " (" + caller + " from the caller, " + endpoint + " from the endpoint)";
    }

    /// What was heard of a speech.
    ///
    /// @param bytes that were as they should be
    /// @param wrong empty: everything was
    /// @param isReset the end was RST
    /// @param isFin the end was FIN where RST was due, which is right only if a write was told of
    ///   RST: the kernel says it once
    record Heard(long bytes, String wrong, boolean isReset, boolean isFin) {}

    /// What one end says.
    ///
    /// @param content its bytes follow from it
    /// @param length how many
    /// @param piece how many at once, at most
    /// @param resets it ends with RST, not with FIN
    /// @param stalls it pauses now and then, when it writes as well as when it reads
    record Speech(long content, int length, int piece, boolean resets, boolean stalls) {
        private static final int STALL_NANOS = 2_000_000;
        private static final int READ = 50_000;

        static Speech of(SplittableRandom random, boolean resets) {
            var most =
                    switch (random.nextInt(20)) {
                        case 0, 1, 2, 3 -> 1;
                        case 15, 16, 17, 18 -> MEDIUM;
                        case 19 -> LONG;
                        default -> SHORT;
                    };
            var length = random.nextInt(most);
            var piece = PIECES[random.nextInt(PIECES.length)];
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

        void say(Socket socket) throws IOException {
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
        Heard hear(Socket socket, boolean weReset) throws IOException {
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
