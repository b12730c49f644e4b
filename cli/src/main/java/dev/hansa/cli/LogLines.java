package dev.hansa.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// The lines of an answer that has no end.
final class LogLines {
    /// A server cuts what it logs well below this.
    private static final int MAX_LINE = 64 << 10;

    private LogLines() {}

    /// @param each line as it has come; a longer one than 64 KiB in pieces
    /// @throws IOException when the connection ends amid the answer
    static void read(InputStream from, Consumer<String> each) throws IOException {
        var line = new StringBuilder();
        try (var reader = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
            for (var next = reader.read(); next >= 0; next = reader.read()) {
                if (next == '\n' || line.length() == MAX_LINE) {
                    each.accept(line.toString());
                    line.setLength(0);
                }
                if (next != '\n') {
                    line.append((char) next);
                }
            }
        }
        if (!line.isEmpty()) {
            each.accept(line.toString());
        }
    }
}
