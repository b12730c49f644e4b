package dev.hansa.gateway.wire;

import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.ServerName;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads the server name out of the first bytes of a TLS connection and takes nothing away from
/// them (RFC 8446 4.1.2 and 5.1, RFC 6066 3). Exact on any split over segments and records;
/// whatever is not a well-formed hello is refused. One for each connection.
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

    /// Where the first byte is that was not looked at.
    private int at;

    /// Of the record that `at` is in.
    private int left;

    /// Of the message, all that were looked at, and how many it has.
    private int seen;

    private int wanted = HANDSHAKE_HEADER;

    /// The message's first four bytes, as far as they are seen.
    private int header;

    /// What the bytes so far say.
    public sealed interface Peek {}

    /// @param bytes look again when there are at least this many; it saves looking at every byte of
    ///   a slow client
    public record NeedMore(int bytes) implements Peek {}

    public record Name(ServerName name) implements Peek {}

    public record Refused(Refusal reason) implements Peek {}

    /// Looks at the readable bytes; neither index of the buffer moves.
    public static Peek look(ByteBuf bytes) {
        return new SniPeek().next(bytes);
    }

    /// Looks at what has come since the last call, so that all calls together cost what the bytes
    /// cost once, however small the pieces and the records are. Neither index of the buffer moves.
    ///
    /// @param bytes all of them from the connection's first one, those of earlier calls unchanged
    /// @return [NeedMore] before the next call, if there is to be one
    public Peek next(ByteBuf bytes) {
        var start = bytes.readerIndex();
        var available = bytes.readableBytes();
        if (available == 0) {
            return new NeedMore(1);
        }
        if (at == 0 && bytes.getUnsignedByte(start) != HANDSHAKE) {
            return new Refused(Refusal.NOT_TLS);
        }
        while (true) {
            if (left == 0) {
                if (available < at + RECORD_HEADER) {
                    return more(at + RECORD_HEADER);
                }
                var type = bytes.getUnsignedByte(start + at);
                var major = bytes.getUnsignedByte(start + at + 1);
                var length = bytes.getUnsignedShort(start + at + 3);
                if (type != HANDSHAKE || major != 3 || length == 0 || length > MAX_FRAGMENT) {
                    return new Refused(
                            at == 0 && major != 3 ? Refusal.NOT_TLS : Refusal.MALFORMED_HELLO);
                }
                at += RECORD_HEADER;
                left = length;
            }
            var present = Math.min(left, available - at);
            for (var i = 0; i < present && seen + i < HANDSHAKE_HEADER; i++) {
                header = header << 8 | bytes.getUnsignedByte(start + at + i);
            }
            at += present;
            left -= present;
            var before = seen;
            seen += present;
            if (before < HANDSHAKE_HEADER) {
                var refused = readHeader();
                if (refused != null) {
                    return refused;
                }
            }
            if (seen >= wanted) {
                // the same answers, whether it came at once or byte by byte
                if (at - (seen - wanted) > MAX_HELD) {
                    return new Refused(Refusal.HELLO_TOO_LARGE);
                }
                // a server waits for the end of the record, and says nothing meanwhile; no client
                // sends more before it has heard one (RFC 8446 5.1)
                return seen > wanted || left > 0
                        ? new Refused(Refusal.MALFORMED_HELLO)
                        : new Hello(message(bytes), HANDSHAKE_HEADER, wanted).name();
            }
            if (left > 0) {
                // to the end of this record, or of the hello, whichever comes first
                return more(available + Math.min(wanted - seen, left));
            }
        }
    }

    /// Of what is there of it.
    private @Nullable Refused readHeader() {
        var known = Math.min(seen, HANDSHAKE_HEADER);
        if (known > 0 && header >>> (8 * (known - 1)) != CLIENT_HELLO) {
            return new Refused(Refusal.MALFORMED_HELLO);
        }
        if (known == HANDSHAKE_HEADER) {
            wanted = HANDSHAKE_HEADER + (header & 0xffffff);
            if (wanted > MAX_HELLO) {
                return new Refused(Refusal.HELLO_TOO_LARGE);
            }
        }
        return null;
    }

    /// All of it, out of its records.
    private byte[] message(ByteBuf bytes) {
        var message = new byte[wanted];
        var from = bytes.readerIndex();
        for (var put = 0; put < wanted; ) {
            var length = bytes.getUnsignedShort(from + 3);
            var count = Math.min(length, wanted - put);
            bytes.getBytes(from + RECORD_HEADER, message, put, count);
            put += count;
            from += RECORD_HEADER + length;
        }
        return message;
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
