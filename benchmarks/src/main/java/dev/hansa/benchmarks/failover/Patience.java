package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Waits for what no process can be asked to tell.
final class Patience {
    /// How often it looks; also how exactly such a time is known.
    private static final Duration LOOK = Duration.ofMillis(5);

    private Patience() {}

    /// What is waited for. While it cannot be asked, it is not there.
    @FunctionalInterface
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /// @throws IllegalStateException when it does not come true in time
    static void until(String what, Duration limit, Condition condition)
            throws InterruptedException {
        if (!within(limit, condition)) {
            throw new IllegalStateException(
                    "expected " + what + " within " + limit.toSeconds() + " s; found none");
        }
    }

    /// Whether it came true in time.
    static boolean within(Duration limit, Condition condition) throws InterruptedException {
        return within(limit, LOOK, condition);
    }

    /// @param look how often, for what costs much to look at
    static boolean within(Duration limit, Duration look, Condition condition)
            throws InterruptedException {
        for (var deadline = System.nanoTime() + limit.toNanos(); ; pause(look)) {
            try {
                if (condition.holds()) {
                    return true;
                }
            } catch (IOException _) {
                // not there yet
            }
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
        }
    }

    static void pause(Duration length) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(length.toNanos());
    }
}
