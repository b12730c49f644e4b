package dev.hansa.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/// A compressed archive of small files (POSIX ustar), written file after file. Each is its owner's
/// alone when it is unpacked.
final class Tar implements AutoCloseable {
    private static final int BLOCK = 512;
    private static final int MAX_NAME = 100;

    /// Where the check sum is in a head, and how long it is.
    private static final int SUM_AT = 148;

    private static final int SUM_LENGTH = 8;

    private final OutputStream out;
    private long bytes;

    Tar(OutputStream to) throws IOException {
        out = new GZIPOutputStream(to);
    }

    /// All that was added, before it was compressed.
    long bytes() {
        return bytes;
    }

    /// @param name with slashes, ASCII, at most 100 characters
    /// @throws IOException when it cannot be written
    void add(String name, Instant at, byte[] content) throws IOException {
        if (name.length() > MAX_NAME) {
            throw new IllegalArgumentException(
                    "name in an archive: expected at most "
                            + MAX_NAME
                            + " characters; found "
                            + name);
        }
        out.write(head(name, at, content.length));
        out.write(content);
        out.write(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
        bytes += content.length;
    }

    private static byte[] head(String name, Instant at, int size) {
        var head = new byte[BLOCK];
        put(head, 0, name);
        put(head, 100, "0000600\0");
        put(head, 108, "0000000\0");
        put(head, 116, "0000000\0");
        put(head, 124, "%011o\0".formatted(size));
        put(head, 136, "%011o\0".formatted(at.getEpochSecond()));
        put(head, 156, "0");
        put(head, 257, "ustar\0" + "00");
        // the sum counts its own place as blanks
        Arrays.fill(head, SUM_AT, SUM_AT + SUM_LENGTH, (byte) ' ');
        var sum = 0;
        for (var each : head) {
            sum += each & 0xff;
        }
        put(head, SUM_AT, "%06o\0 ".formatted(sum));
        return head;
    }

    private static void put(byte[] head, int at, String text) {
        var ascii = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, head, at, ascii.length);
    }

    /// Two empty blocks are its end.
    @Override
    public void close() throws IOException {
        out.write(new byte[2 * BLOCK]);
        out.close();
    }
}
