package dev.hansa.peering.failover;

import dev.hansa.failover.Control;
import dev.hansa.failover.Traffic;
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
/// @param before calls until the order, since each sidecar started
/// @param during from the order until the end
/// @param after from the end until some seconds after it
/// @param done nothing will be added
public record DrillReport(
        Control control,
        OptionalInt proxies,
        Optional<Duration> over,
        Optional<Instant> ended,
        Optional<Duration> back,
        Traffic before,
        Optional<Traffic> during,
        Optional<Traffic> after,
        boolean done) {

    static DrillReport begun(Control control, Traffic before) {
        return new DrillReport(
                control,
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                before,
                Optional.empty(),
                Optional.empty(),
                false);
    }

    DrillReport over(int count, Optional<Duration> taken) {
        return new DrillReport(
                control, OptionalInt.of(count), taken, ended, back, before, during, after, done);
    }

    DrillReport ended(Instant at) {
        return new DrillReport(
                control, proxies, over, Optional.of(at), back, before, during, after, done);
    }

    DrillReport back(Duration taken) {
        return new DrillReport(
                control, proxies, over, ended, Optional.of(taken), before, during, after, done);
    }

    DrillReport finished(Traffic meanwhile, Traffic since) {
        return new DrillReport(
                control,
                proxies,
                over,
                ended,
                back,
                before,
                Optional.of(meanwhile),
                Optional.of(since),
                true);
    }
}
