package dev.hansa.gateway.sidecar;

import dev.hansa.failover.Choice;
import dev.hansa.failover.Route;
import dev.hansa.failover.Spread;
import dev.hansa.failover.Target;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Goes back to a target that is healthy again a little more with each moment, where its route
/// wants that: what has just started is slow until it is warm, and need not carry everything at
/// once. The rest stays with the target that took over, for as long as that is healthy; nothing is
/// slower than it would be without.
final class Failback {
    /// Written in [#taken], read for each connection.
    private volatile @Nullable Return going;

    private Optional<String> live = Optional.empty();

    /// @param began in `System.nanoTime`
    private record Return(String from, String to, long began, long nanos) {
        /// Of connections that go back already: 0 at first, 1 when it is over.
        double share(long now) {
            return Math.clamp((double) (now - began) / nanos, 0, 1);
        }
    }

    /// Takes a changed route into account. Call it after each change.
    ///
    /// @param now in `System.nanoTime`
    synchronized void taken(Route route, long now) {
        var over = over(route);
        var next = Choice.of(route).live().map(Target::label);
        var running = going;
        if (over.isZero()) {
            going = null;
        } else if (next.isPresent() && isReturn(route, next.get())) {
            going = new Return(carrier(route, now), next.get(), now, over.toNanos());
        } else if (running != null
                && !(next.equals(Optional.of(running.to()))
                        && isHealthy(route, running.from())
                        && running.share(now) < 1)) {
            going = null;
        }
        live = next;
    }

    /// Who carries most until now: not a target that is being gone back to, and may be as cold.
    private String carrier(Route route, long now) {
        var running = going;
        return running != null && running.share(now) < 1 && isHealthy(route, running.from())
                ? running.from()
                : live.orElseThrow();
    }

    /// From a target that could go on to one that comes before it.
    private boolean isReturn(Route route, String next) {
        return live.filter(before -> !before.equals(next)).isPresent()
                && isHealthy(route, live.get())
                && place(route, next) < place(route, live.get());
    }

    private static Duration over(Route route) {
        return switch (route.spread()) {
            case Spread.Sequential(var failback) -> failback;
            case Spread.ByLatency _, Spread.Weighted _ -> Duration.ZERO;
        };
    }

    private static Optional<Target> target(Route route, String label) {
        return route.targets().stream().filter(one -> one.label().equals(label)).findFirst();
    }

    private static boolean isHealthy(Route route, String label) {
        return target(route, label).filter(one -> one.health().healthy()).isPresent();
    }

    private static int place(Route route, String label) {
        return target(route, label).map(route.targets()::indexOf).orElse(Integer.MAX_VALUE);
    }

    /// The route as one connection should take it.
    ///
    /// @param chance from 0 to 1, drawn for this connection
    /// @param now in `System.nanoTime`
    Route shaped(Route route, double chance, long now) {
        var running = going;
        if (running == null || chance < running.share(now)) {
            return route;
        }
        var from = target(route, running.from()).filter(one -> one.health().healthy());
        if (from.isEmpty()) {
            return route;
        }
        return route.withTargets(Spread.first(from.get(), route.targets()));
    }

    /// What is under way, in words; empty: nothing is.
    ///
    /// @param now in `System.nanoTime`
    Optional<String> told(long now) {
        var running = going;
        return running == null || running.share(now) >= 1
                ? Optional.empty()
                : Optional.of(
                        Math.round(100 * running.share(now))
                                + " % go back to "
                                + running.to()
                                + ", the others still to "
                                + running.from());
    }
}
