package dev.hansa.peering.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.Datacenter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Fills a log as the watch does.
public final class TestFailovers {
    private TestFailovers() {}

    /// The calls of a service go to another target.
    public static void add(FailoverLog log, String service, String from, String to) {
        log.add(
                new FailoverEvent(
                        log.count().get() + 1,
                        Instant.EPOCH,
                        new Datacenter("eks"),
                        new ServiceName(service),
                        FailoverEvent.Turn.OVER,
                        Optional.of(from),
                        Optional.of(to),
                        "no instance of " + from + " is healthy",
                        Duration.ofSeconds(1)));
    }
}
