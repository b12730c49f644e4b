package dev.hansa.peering.failover;

import dev.hansa.failover.Control;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/// How a drill goes, as far as the server that leads can tell.
///
/// @param proxies how many sidecars routed past the instances here; empty: not all do yet
/// @param over from the order until the last of them had said so; empty as well when another server
///   led then
/// @param ended when it was cleared or expired
/// @param back from then until the last sidecar had said that it routes as before; empty: not all
///   do yet
/// @param done nothing will be added
public record DrillReport(
        Control control,
        OptionalInt proxies,
        Optional<Duration> over,
        Optional<Instant> ended,
        Optional<Duration> back,
        boolean done) {

    static DrillReport begun(Control control) {
        return new DrillReport(
                control,
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);
    }

    DrillReport over(int count, Optional<Duration> after) {
        return new DrillReport(control, OptionalInt.of(count), after, ended, back, done);
    }

    DrillReport ended(Instant at) {
        return new DrillReport(control, proxies, over, Optional.of(at), back, done);
    }

    DrillReport back(Duration after) {
        return new DrillReport(control, proxies, over, ended, Optional.of(after), done);
    }

    DrillReport finished() {
        return new DrillReport(control, proxies, over, ended, back, true);
    }
}
