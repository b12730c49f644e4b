package dev.hansa.gateway.discovery;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// How long to wait before the next attempt: doubling, bounded, with jitter so that a datacenter's
/// proxies do not come back in step.
final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(100);

    /// A server that returns finds its proxies within this.
    private static final Duration MOST = Duration.ofSeconds(5);

    /// Beyond that it is at its longest.
    private static final int MOST_DOUBLED = 6;

    private int failures;

    /// Waits for as long as [#next(int)] says.
    ///
    /// @param servers to try
    /// @throws InterruptedException when told to stop
    void pause(int servers) throws InterruptedException {
        Thread.sleep(next(servers));
    }

    /// What to wait for after one more failure, at least half of it and 5 s at most.
    ///
    /// @param servers to try: the wait doubles when each has failed once more, because one of
    ///   several that does not lead says nothing of the others
    Duration next(int servers) {
        var doubled = FIRST.multipliedBy(1L << Math.min(failures / servers, MOST_DOUBLED));
        failures = Math.min(failures + 1, MOST_DOUBLED * servers);
        var millis = (doubled.compareTo(MOST) > 0 ? MOST : doubled).toMillis();
        return Duration.ofMillis(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
    }

    void reset() {
        failures = 0;
    }
}
