package dev.hansa.cli;

import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Predicate;

/// The lines of an answer that has no end.
final class LogLines {
    /// A server cuts what it logs well below this.
    private static final int MAX_LINE = 64 << 10;

    /// Three times as long as a server that has nothing to log waits before it sends an empty line.
    static final Duration SILENCE = Duration.ofSeconds(60);

    private LogLines() {}

    /// Empty lines, which say only that the server is still there, are left out.
    ///
    /// @param silence how long nothing may come
    /// @param each a line as it has come, a longer one than 64 KiB in pieces; whether to go on
    /// @throws IOException when the connection ends amid the answer, or nothing comes for so long
    static void read(InputStream from, Duration silence, Predicate<String> each)
            throws IOException {
        var heard = new Heard(from);
        var watch =
                Thread.ofVirtual().name("log-silence").start(() -> heard.endWhenSilent(silence));
        try {
            read(heard, each);
        } catch (IOException e) {
            if (heard.wasSilent) {
                throw new IOException("nothing for " + silence.toSeconds() + " s", e);
            }
            throw e;
        } finally {
            watch.interrupt();
        }
    }

    private static void read(InputStream from, Predicate<String> each) throws IOException {
        var line = new StringBuilder();
        try (var reader = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
            for (var next = reader.read(); next >= 0; next = reader.read()) {
                if (next == '\n' || line.length() == MAX_LINE) {
                    if (!line.isEmpty() && !each.test(line.toString())) {
                        return;
                    }
                    line.setLength(0);
                }
                if (next != '\n') {
                    line.append((char) next);
                }
            }
        }
        if (!line.isEmpty()) {
            var _ = each.test(line.toString());
        }
    }

    /// It knows how long it has been waiting for a byte. While nobody reads, nobody waits.
    private static final class Heard extends FilterInputStream {
        private volatile long askedAt;
        private volatile boolean isAsked;
        private volatile boolean wasSilent;

        Heard(InputStream from) {
            super(from);
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            askedAt = System.nanoTime();
            isAsked = true;
            try {
                return super.read(into, at, length);
            } finally {
                isAsked = false;
            }
        }

        void endWhenSilent(Duration silence) {
            try {
                while (true) {
                    var waited = isAsked ? System.nanoTime() - askedAt : 0;
                    if (waited >= silence.toNanos()) {
                        wasSilent = true;
                        close();
                        return;
                    }
                    Thread.sleep(Duration.ofNanos(silence.toNanos() - waited));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException _) {
                // whoever reads is told
            }
        }
    }
}
