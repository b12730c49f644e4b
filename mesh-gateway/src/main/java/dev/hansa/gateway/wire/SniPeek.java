package dev.hansa.gateway.wire;

import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.ServerName;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/// Reads the server name out of the first bytes of a TLS connection and takes nothing away from
/// them (RFC 8446 4.1.2 and 5.1, RFC 6066 3). Exact on any split over segments and records;
/// whatever is not a well-formed hello is refused.
public final class SniPeek {
    /// A hello with a post-quantum key share is under 2 KiB; tickets and certificates-by-URL may
    /// add some. One full TLS record is the ceiling.
    public static final int MAX_HELLO = 16 * 1024;

    /// What a hello of [#MAX_HELLO] may take on the wire when it comes in small records: bytes held
    /// before authentication.
    public static final int MAX_HELD = 20 * 1024;

    private static final int RECORD_HEADER = 5;
    private static final int HANDSHAKE_HEADER = 4;
    private static final int HANDSHAKE = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int MAX_FRAGMENT = 16 * 1024;
    private static final int SERVER_NAME = 0;
    private static final int HOST_NAME = 0;

    private SniPeek() {}

    /// What the bytes so far say.
    public sealed interface Peek {}

    /// @param bytes look again when there are at least this many; it saves looking at every byte of
    ///   a slow client
    public record NeedMore(int bytes) implements Peek {}

    public record Name(ServerName name) implements Peek {}

    public record Refused(Refusal reason) implements Peek {}

    /// Looks at the readable bytes; neither index of the buffer moves.
    public static Peek look(ByteBuf bytes) {
        var start = bytes.readerIndex();
        var available = bytes.readableBytes();
        if (available == 0) {
            return new NeedMore(1);
        }
        if (bytes.getUnsignedByte(start) != HANDSHAKE) {
            return new Refused(Refusal.NOT_TLS);
        }
        var hello = new byte[0];
        var held = 0;
        var offset = 0;
        var wanted = HANDSHAKE_HEADER;
        while (true) {
            if (available < offset + RECORD_HEADER) {
                return more(offset + RECORD_HEADER);
            }
            var type = bytes.getUnsignedByte(start + offset);
            var major = bytes.getUnsignedByte(start + offset + 1);
            var length = bytes.getUnsignedShort(start + offset + 3);
            if (type != HANDSHAKE || major != 3 || length == 0 || length > MAX_FRAGMENT) {
                return new Refused(
                        offset == 0 && major != 3 ? Refusal.NOT_TLS : Refusal.MALFORMED_HELLO);
            }
            var present = Math.min(length, available - offset - RECORD_HEADER);
            if (hello.length < held + present) {
                hello = Arrays.copyOf(hello, Math.max(wanted, held + present));
            }
            bytes.getBytes(start + offset + RECORD_HEADER, hello, held, present);
            held += present;
            if (held >= 1 && hello[0] != CLIENT_HELLO) {
                return new Refused(Refusal.MALFORMED_HELLO);
            }
            if (held >= HANDSHAKE_HEADER) {
                wanted =
                        HANDSHAKE_HEADER
                                + ((hello[1] & 0xff) << 16
                                        | (hello[2] & 0xff) << 8
                                        | hello[3] & 0xff);
                if (wanted > MAX_HELLO) {
                    return new Refused(Refusal.HELLO_TOO_LARGE);
                }
                if (held >= wanted) {
                    // the same answer, whether it came at once or byte by byte
                    if (offset + RECORD_HEADER + present - (held - wanted) > MAX_HELD) {
                        return new Refused(Refusal.HELLO_TOO_LARGE);
                    }
                    return new Hello(hello, HANDSHAKE_HEADER, wanted).name();
                }
            }
            if (present < length) {
                // to the end of this record, or of the hello, whichever comes first
                var missing = held < HANDSHAKE_HEADER ? HANDSHAKE_HEADER - held : wanted - held;
                return more(available + Math.min(missing, length - present));
            }
            offset += RECORD_HEADER + length;
        }
    }

    private static Peek more(int bytes) {
        return bytes > MAX_HELD ? new Refused(Refusal.HELLO_TOO_LARGE) : new NeedMore(bytes);
    }

    /// One whole ClientHello without its handshake header.
    private static final class Hello {
        private final byte[] bytes;
        private final int end;
        private int at;

        Hello(byte[] bytes, int from, int end) {
            this.bytes = bytes;
            this.at = from;
            this.end = end;
        }

        Peek name() {
            try {
                return read();
            } catch (Malformed e) {
                return new Refused(Refusal.MALFORMED_HELLO);
            }
        }

        private Peek read() throws Malformed {
            skip(2 + 32);
            var sessionId = number(1);
            check(sessionId <= 32);
            skip(sessionId);
            var suites = number(2);
            check(suites >= 2 && suites % 2 == 0);
            skip(suites);
            var compressions = number(1);
            check(compressions >= 1);
            skip(compressions);
            if (at == end) {
                return new Refused(Refusal.NO_SERVER_NAME);
            }
            var extensions = number(2);
            check(at + extensions == end);
            Peek found = new Refused(Refusal.NO_SERVER_NAME);
            var seen = false;
            while (at < end) {
                var type = number(2);
                var length = number(2);
                check(at + length <= end);
                if (type == SERVER_NAME) {
                    check(!seen);
                    seen = true;
                    found = hostName(at + length);
                } else {
                    skip(length);
                }
            }
            return found;
        }

        private Peek hostName(int stop) throws Malformed {
            var list = number(2);
            check(list > 0 && at + list == stop);
            var type = number(1);
            var length = number(2);
            check(at + length <= stop);
            // RFC 6066 allows one name of each type, and has one type: anything else is not a hello
            // that we know
            check(type == HOST_NAME && at + length == stop);
            var name = Arrays.copyOfRange(bytes, at, at + length);
            at += length;
            return ServerName.of(name)
                    .<Peek>map(Name::new)
                    .orElseGet(() -> new Refused(Refusal.BAD_SERVER_NAME));
        }

        private int number(int width) throws Malformed {
            check(at + width <= end);
            var value = 0;
            for (var i = 0; i < width; i++) {
                value = value << 8 | bytes[at++] & 0xff;
            }
            return value;
        }

        private void skip(int length) throws Malformed {
            check(at + length <= end);
            at += length;
        }

        private static void check(boolean holds) throws Malformed {
            if (!holds) {
                throw new Malformed();
            }
        }
    }

    private static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        Malformed() {
            super(null, null, false, false);
        }
    }
}
