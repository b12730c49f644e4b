package dev.hansa.peering.discovery;

import java.time.Instant;

/// Fills a log as sidecars do.
public final class TestDenials {
    private TestDenials() {}

    /// A call that was forbidden because no intention allowed it.
    public static void add(DenialLog log, String source, String destination) {
        log.add(
                new DenialLog.Denial(
                        Instant.EPOCH,
                        source,
                        destination,
                        "default",
                        "no intention allows " + source + " to call " + destination));
    }
}
