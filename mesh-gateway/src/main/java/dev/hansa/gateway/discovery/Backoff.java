package dev.hansa.gateway.discovery;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// How long to wait before the next attempt: doubling, bounded, with jitter so that a datacenter's
/// proxies do not come back in step.
final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(100);

    /// A server that returns finds its proxies within this.
    private static final Duration MOST = Duration.ofSeconds(5);

    private Duration next = FIRST;

    /// Waits.
    ///
    /// @throws InterruptedException when told to stop
    void pause() throws InterruptedException {
        var millis = next.toMillis();
        Thread.sleep(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
        next = next.multipliedBy(2).compareTo(MOST) > 0 ? MOST : next.multipliedBy(2);
    }

    void reset() {
        next = FIRST;
    }
}
