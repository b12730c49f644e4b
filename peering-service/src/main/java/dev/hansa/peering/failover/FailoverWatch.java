package dev.hansa.peering.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Choice;
import dev.hansa.failover.Control;
import dev.hansa.failover.Route;
import dev.hansa.failover.Target;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.discovery.RouteView;
import dev.hansa.peering.failover.FailoverEvent.Turn;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Sees each change of the target that takes a service's calls, where routes are made. Nothing is
/// held back: a service that flaps is told as often as its routes change. Of a service that is seen
/// for the first time, only where its calls go is noted: nobody knows what was before.
///
/// Used by one thread, the one that makes routes.
public final class FailoverWatch {
    private final FailoverLog log;
    private final Clock clock;
    private final LongSupplier nanos;
    private final Consumer<PeeringEvent> events;
    private final Map<ServiceName, Seen> services = new HashMap<>();

    /// @param live empty: no target takes the calls
    private record Seen(Optional<String> live, long sinceNanos) {}

    /// @param clock for people
    /// @param nanos a clock that only goes forward
    public FailoverWatch(
            FailoverLog log, Clock clock, LongSupplier nanos, Consumer<PeeringEvent> events) {
        this.log = log;
        this.clock = clock;
        this.nanos = nanos;
        this.events = events;
    }

    /// @param asked the upstreams of the connected sidecars
    public void look(RouteView view, Set<UpstreamName> asked) {
        var watched = Readiness.services(view, asked);
        for (var service : List.copyOf(services.keySet())) {
            if (!watched.contains(service)) {
                services.remove(service);
                events.accept(new PeeringEvent.FailoverSeen(service.value(), false));
            }
        }
        for (var service : watched) {
            look(view, view.route(new UpstreamName(service, Optional.empty())));
        }
    }

    private void look(RouteView view, Route route) {
        var service = route.upstream().service();
        var live = Choice.of(route).live().map(Target::label);
        var before = services.get(service);
        if (before != null && before.live().equals(live)) {
            return;
        }
        var now = nanos.getAsLong();
        services.put(service, new Seen(live, now));
        if (before == null) {
            events.accept(
                    new PeeringEvent.FailoverSeen(
                            service.value(), turn(view, route, live) == Turn.OVER));
            return;
        }
        var state = view.world().state();
        var event =
                new FailoverEvent(
                        (state.starts() << 32) + log.count().get() + 1,
                        clock.instant(),
                        view.world().datacenter(),
                        service,
                        turn(view, route, live),
                        before.live(),
                        live,
                        cause(view, route, before.live(), live),
                        Duration.ofNanos(now - before.sinceNanos()));
        log.add(event);
        events.accept(new PeeringEvent.FailoverChanged(event));
    }

    private static Turn turn(RouteView view, Route route, Optional<String> live) {
        if (live.isEmpty()) {
            return Turn.LOST;
        }
        return view.first(route.upstream()).equals(live.get()) ? Turn.BACK : Turn.OVER;
    }

    private static String cause(
            RouteView view, Route route, Optional<String> before, Optional<String> live) {
        if (before.isEmpty()) {
            return "'" + live.orElse("") + "' is healthy";
        }
        var old =
                route.targets().stream()
                        .filter(target -> target.label().equals(before.get()))
                        .findFirst();
        if (old.isEmpty()) {
            return "'" + before.get() + "' is no target any more";
        }
        if (!old.get().health().healthy()) {
            return old.get().health().evidence();
        }
        return view.world()
                .controls()
                .preference(route.upstream())
                .map(Control::evidence)
                .orElse("'" + live.orElse("") + "' is healthy and comes first");
    }
}
