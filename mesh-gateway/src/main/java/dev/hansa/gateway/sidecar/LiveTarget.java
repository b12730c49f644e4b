package dev.hansa.gateway.sidecar;

import dev.hansa.failover.Choice;
import dev.hansa.failover.Route;
import dev.hansa.failover.Target;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which target of a route a new connection would go to, and since when.
final class LiveTarget {
    /// @param label empty: none
    private record Live(Optional<String> label, Instant since) {}

    private volatile @Nullable Live live;

    /// Takes a changed route into account, or one that is as it was.
    synchronized void taken(Optional<Route> route, Instant now) {
        var label = route.flatMap(one -> Choice.of(one).live()).map(Target::label);
        var before = live;
        if (before == null || !before.label().equals(label)) {
            live = new Live(label, now);
        }
    }

    /// Empty while there is none that is healthy.
    Optional<Instant> since() {
        return Optional.ofNullable(live).filter(one -> one.label().isPresent()).map(Live::since);
    }
}
