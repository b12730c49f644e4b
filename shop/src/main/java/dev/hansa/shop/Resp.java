package dev.hansa.shop;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Redis's serialization protocol, version 2, as far as carts need it.
final class Resp {
    /// Longer than any key or quantity of ours.
    private static final int MAX_BULK_BYTES = 64 * 1024;

    /// Twice the products that a cart could hold.
    private static final int MAX_ELEMENTS = 4096;

    /// A length or a simple answer; a longer line is not RESP.
    private static final int MAX_LINE_BYTES = 1024;

    /// What an absent value reads as.
    static final Object NIL =
            new Object() {
                @Override
                public String toString() {
                    return "nil";
                }
            };

    private Resp() {}

    /// An error that the server answered with; the connection is still good.
    static final class ErrorReply extends IOException {
        private static final long serialVersionUID = 1;

        ErrorReply(String message) {
            super(message);
        }
    }

    static void writeCommand(OutputStream out, String... words) throws IOException {
        var text = new StringBuilder().append('*').append(words.length).append("\r\n");
        for (var word : words) {
            bulk(text, word);
        }
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    static StringBuilder bulk(StringBuilder text, String word) {
        return text.append('$')
                .append(word.getBytes(StandardCharsets.UTF_8).length)
                .append("\r\n")
                .append(word)
                .append("\r\n");
    }

    /// One value: text, a Long, a list, or [#NIL].
    ///
    /// @throws ErrorReply when the value is an error
    /// @throws EOFException when the stream ended before or within the value
    static Object read(InputStream in) throws IOException {
        return read(in, true);
    }

    private static Object read(InputStream in, boolean mayNest) throws IOException {
        var kind = in.read();
        if (kind < 0) {
            throw new EOFException("connection closed");
        }
        var line = line(in);
        return switch (kind) {
            case '+' -> line;
            case '-' -> throw new ErrorReply(line);
            case ':' -> number(line);
            case '$' -> {
                var length = bounded(line, MAX_BULK_BYTES);
                if (length < 0) {
                    yield NIL;
                }
                var bytes = in.readNBytes(length);
                if (bytes.length < length || in.read() != '\r' || in.read() != '\n') {
                    throw new EOFException(
                            "RESP: expected a value of " + length + " bytes; found less");
                }
                yield new String(bytes, StandardCharsets.UTF_8);
            }
            case '*' -> {
                var length = bounded(line, MAX_ELEMENTS);
                if (length < 0) {
                    yield NIL;
                }
                if (!mayNest) {
                    throw new IOException("RESP: expected a flat list; found a nested one");
                }
                List<Object> elements = new ArrayList<>();
                for (var i = 0; i < length; i++) {
                    elements.add(read(in, false));
                }
                yield elements;
            }
            default -> throw new IOException("RESP: expected one of + - : $ *; found byte " + kind);
        };
    }

    private static int bounded(String line, int most) throws IOException {
        var length = number(line);
        if (length < -1 || length > most) {
            throw new IOException(
                    "RESP: expected a length of at most " + most + "; found '" + length + "'");
        }
        return (int) length;
    }

    private static long number(String line) throws IOException {
        try {
            return Long.parseLong(line);
        } catch (NumberFormatException e) {
            throw new IOException("RESP: expected a number; found '" + line + "'", e);
        }
    }

    private static String line(InputStream in) throws IOException {
        var text = new StringBuilder();
        for (var next = in.read(); ; next = in.read()) {
            if (next < 0) {
                throw new EOFException(
                        "RESP: expected the end of a line; found the end of the stream");
            }
            if (next == '\r') {
                if (in.read() != '\n') {
                    throw new IOException("RESP: expected a line feed after a carriage return");
                }
                return text.toString();
            }
            if (text.length() == MAX_LINE_BYTES) {
                throw new IOException(
                        "RESP: expected a line of at most "
                                + MAX_LINE_BYTES
                                + " bytes; found more");
            }
            text.append((char) next);
        }
    }
}
