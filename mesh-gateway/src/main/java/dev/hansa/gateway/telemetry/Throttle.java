package dev.hansa.gateway.telemetry;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/// How many lines of one subject are written: [#LINES] at once, and as many a second. Whoever
/// floods us must not flood the log. Safe for all event loops.
final class Throttle {
    /// A person who looks for one of them reads no more, and a disk holds a year of them.
    static final int LINES = 10;

    private static final long SECOND = 1_000_000_000;

    /// Subjects are made of our own words and an operator's names; more than these are one.
    private static final int SUBJECTS = 1000;

    private static final String REST = "";

    private final LongSupplier nanoTime;
    private final Map<String, Count> counts = new HashMap<>();

    private static final class Count {
        private long second;
        private int told;
        private long leftOut;

        Count(long second) {
            this.second = second;
        }
    }

    /// @param nanoTime [System#nanoTime], or a test's
    Throttle(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// Asks for a line.
    ///
    /// @return empty: there is none; otherwise how many of this subject were left out before it
    synchronized OptionalLong line(String subject) {
        var now = nanoTime.getAsLong();
        var known = counts.size() < SUBJECTS || counts.containsKey(subject) ? subject : REST;
        var count = counts.computeIfAbsent(known, _ -> new Count(now));
        if (now - count.second >= SECOND) {
            count.second = now;
            count.told = 0;
        }
        if (count.told == LINES) {
            count.leftOut++;
            return OptionalLong.empty();
        }
        count.told++;
        var leftOut = count.leftOut;
        count.leftOut = 0;
        return OptionalLong.of(leftOut);
    }
}
