package dev.hansa.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/// How far long work is: one line on standard error that is drawn over itself, where a person looks
/// at it. Nothing at all elsewhere. Any thread may say how far it is.
final class Progress implements AutoCloseable {
    private static final int WIDTH = 24;

    /// Smooth to an eye; a terminal on a slow line keeps up.
    private static final Duration EVERY = Duration.ofMillis(100);

    private static final long KIB = 1024;

    private static final String ERASED = "\r\u001b[K";

    private final PrintWriter err;
    private final boolean isSeen;
    private final String what;
    private long drawnAt;
    private boolean isDrawn;

    /// @param what goes on, before the bar
    Progress(Surroundings surroundings, String what) {
        this.err = surroundings.err();
        this.isSeen = surroundings.terminal().progress();
        this.what = what;
        this.drawnAt = System.nanoTime() - EVERY.toNanos();
    }

    /// @param all of which `done` is a part; 0 where nobody knows
    /// @param words after the bar
    synchronized void at(long done, long all, String words) {
        var now = System.nanoTime();
        if (!isSeen || now - drawnAt < EVERY.toNanos()) {
            return;
        }
        drawnAt = now;
        isDrawn = true;
        err.print(ERASED + what + (all > 0 ? " " + bar(done, all) : "") + " " + words);
        err.flush();
    }

    /// So many bytes, of so many where that is known.
    void bytes(long done, long all) {
        at(done, all, size(done) + (all > 0 ? " of " + size(all) : ""));
    }

    private static String bar(long done, long all) {
        var filled = (int) (WIDTH * Math.clamp((double) done / all, 0, 1));
        return "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "]";
    }

    private static String size(long bytes) {
        return bytes < KIB * KIB
                ? bytes / KIB + " KiB"
                : String.format(Locale.ROOT, "%.1f MiB", (double) bytes / (KIB * KIB));
    }

    /// The line is gone, and the next sentence stands in its place.
    @Override
    public synchronized void close() {
        if (isDrawn) {
            err.print(ERASED);
            err.flush();
            isDrawn = false;
        }
    }
}
