package dev.hansa.bootstrap;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/// How many lines of one subject a log takes in a period. Whoever floods us must not flood the log.
/// Safe for all threads.
public final class Throttle {
    /// Subjects that had a line of late, or would have; more than these are one.
    private static final int SUBJECTS = 1000;

    private static final String REST = "";

    private final int lines;
    private final long period;
    private final LongSupplier nanoTime;
    private final Map<String, Count> counts = new HashMap<>();
    private long lookedAt;

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
        this.lookedAt = nanoTime.getAsLong();
    }

    /// Asks for a line.
    ///
    /// @return empty: there is none; otherwise how many of this subject were left out before it
    public synchronized OptionalLong line(String subject) {
        var now = nanoTime.getAsLong();
        var count = counts.computeIfAbsent(known(subject, now), _ -> new Count(now));
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

    private String known(String subject, long now) {
        // where all are of late, once a period is enough
        if (counts.size() >= SUBJECTS && now - lookedAt >= period) {
            lookedAt = now;
            counts.values().removeIf(count -> now - count.since >= period);
        }
        return counts.size() < SUBJECTS || counts.containsKey(subject) ? subject : REST;
    }
}
