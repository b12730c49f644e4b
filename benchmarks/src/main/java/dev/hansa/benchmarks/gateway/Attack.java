package dev.hansa.benchmarks.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.Random;

/// What strangers do to a gateway who are nobody's callers.
public enum Attack {
    /// One byte of a hello each second, and never all of it.
    SLOW(true),
    /// Nothing, for as long as it lasts.
    SILENT(true),
    /// A connection, and FIN.
    CONNECT(false),
    /// A connection, and RST.
    RESET(false),
    /// Bytes that are nothing.
    GARBAGE(false),
    /// A request that is no TLS.
    HTTP(false),
    /// The hello of 1995.
    SSLV2(false),
    /// A hello of 64 KiB, in records of 16 KiB.
    LARGE(false);

    private static final int LARGE_HELLO = 64 << 10;
    private static final int RECORD = 16 << 10;
    private static final int GARBAGE_BYTES = 512;

    private final boolean stays;

    Attack(boolean stays) {
        this.stays = stays;
    }

    /// Whether it holds its connections.
    public boolean stays() {
        return stays;
    }

    /// What is sent on each connection.
    byte[] bytes() {
        return switch (this) {
            case SLOW -> Talk.hello("slow.example");
            case SILENT, CONNECT, RESET -> new byte[0];
            case GARBAGE -> {
                var garbage = new byte[GARBAGE_BYTES];
                new Random(1).nextBytes(garbage);
                // 22 would be a handshake
                garbage[0] = 7;
                yield garbage;
            }
            case HTTP ->
                    "GET / HTTP/1.1\r\nHost: gateway.example\r\nUser-Agent: nobody\r\n\r\n"
                            .getBytes(US_ASCII);
            case SSLV2 -> sslV2();
            case LARGE -> large();
        };
    }

    /// CLIENT-HELLO for three ciphers, with a challenge of 16 bytes.
    private static byte[] sslV2() {
        return ByteBuffer.allocate(36)
                .putShort((short) (0x8000 | 34))
                .put((byte) 1)
                .putShort((short) 0x0002)
                .putShort((short) 9)
                .putShort((short) 0)
                .putShort((short) 16)
                .put(new byte[] {1, 0, (byte) 0x80, 3, 0, (byte) 0x80, 7, 0, (byte) 0xc0})
                .array();
    }

    private static byte[] large() {
        var message = ByteBuffer.allocate(4 + LARGE_HELLO);
        message.putInt((1 << 24) | LARGE_HELLO).rewind();
        var records = ByteBuffer.allocate(message.capacity() + 5 * (LARGE_HELLO / RECORD + 1));
        while (message.hasRemaining()) {
            var piece = new byte[Math.min(RECORD, message.remaining())];
            message.get(piece);
            records.put((byte) 22).putShort((short) 0x0301).putShort((short) piece.length);
            records.put(piece);
        }
        return records.array();
    }
}
