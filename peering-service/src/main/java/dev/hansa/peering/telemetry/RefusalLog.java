package dev.hansa.peering.telemetry;

import dev.hansa.peering.PeeringEvent;
import io.micrometer.core.instrument.MeterRegistry;
import org.slf4j.Logger;

/// How requests that are refused for who sends them are told.
final class RefusalLog {
    private RefusalLog() {}

    static void tell(Logger log, MeterRegistry metrics, PeeringEvent.RequestDenied denied) {
        metrics.counter(MetricNames.REQUESTS_DENIED).increment();
        // whoever is denied may ask a thousand times in a second
        log.debug("a request was denied: {}", PeeringTelemetry.foreign(denied.reason()));
    }

    static void tell(Logger log, MeterRegistry metrics, PeeringEvent.CrossOriginRefused refused) {
        metrics.counter(MetricNames.CROSS_ORIGIN).increment();
        if (refused.isTold()) {
            log.warn(
                    "a request from a page of another site was refused: {}; {} more since the last such line",
                    PeeringTelemetry.foreign(refused.sentence()),
                    refused.leftOut());
        }
    }
}
