package dev.hansa.peering.telemetry;

import dev.hansa.peering.PeeringEvent.BackgroundFailure;
import dev.hansa.peering.store.NotLeadingFailure;
import io.micrometer.core.instrument.MeterRegistry;
import org.slf4j.Logger;

/// What is said of work that nobody waited for and that did not succeed.
final class BackgroundLog {
    private BackgroundLog() {}

    /// A defect is an error with its stack, and counts. What was begun by a leader that leads no
    /// more is none: each change of leaders has some, and the next one does it.
    static void tell(Logger log, MeterRegistry metrics, BackgroundFailure failure) {
        if (failure.cause() instanceof NotLeadingFailure superseded) {
            log.info(
                    "{} is left to the server that leads: {}",
                    failure.what(),
                    superseded.getMessage());
            return;
        }
        metrics.counter(MetricNames.BACKGROUND_FAILURES).increment();
        log.error("{} failed", failure.what(), failure.cause());
    }
}
