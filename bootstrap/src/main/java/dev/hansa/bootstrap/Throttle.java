package dev.hansa.bootstrap;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/// How many lines of one subject a log takes in a period. Whoever floods us must not flood the log.
/// Safe for all threads.
public final class Throttle {
    /// Subjects are made of our own words and an operator's names; more than these are one.
    private static final int SUBJECTS = 1000;

    private static final String REST = "";

    private final int lines;
    private final long period;
    private final LongSupplier nanoTime;
    private final Map<String, Count> counts = new HashMap<>();

    private static final class Count {
        private long since;
        private int told;
        private long leftOut;

        Count(long since) {
            this.since = since;
        }
    }

    /// @param lines of one subject, 1 at least
    /// @param period in which there are so many
    /// @param nanoTime [System#nanoTime], or a test's
    public Throttle(int lines, Duration period, LongSupplier nanoTime) {
        this.lines = lines;
        this.period = period.toNanos();
        this.nanoTime = nanoTime;
    }

    /// Asks for a line.
    ///
    /// @return empty: there is none; otherwise how many of this subject were left out before it
    public synchronized OptionalLong line(String subject) {
        var now = nanoTime.getAsLong();
        var known = counts.size() < SUBJECTS || counts.containsKey(subject) ? subject : REST;
        var count = counts.computeIfAbsent(known, _ -> new Count(now));
        if (now - count.since >= period) {
            count.since = now;
            count.told = 0;
        }
        if (count.told == lines) {
            count.leftOut++;
            return OptionalLong.empty();
        }
        count.told++;
        var leftOut = count.leftOut;
        count.leftOut = 0;
        return OptionalLong.of(leftOut);
    }
}
