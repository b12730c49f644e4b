package dev.hansa.peering.failover;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.discovery.RoutePublisher;
import dev.hansa.peering.discovery.RouteView;
import dev.hansa.peering.discovery.RouteWorld;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Where operators ask about failover.
public final class FailoverDesk implements FailoverOperations {
    private final Supplier<RouteWorld> world;
    private final RoutePublisher publisher;
    private final FailoverLog log;
    private final Clock clock;

    public FailoverDesk(
            Supplier<RouteWorld> world, RoutePublisher publisher, FailoverLog log, Clock clock) {
        this.world = world;
        this.publisher = publisher;
        this.log = log;
        this.clock = clock;
    }

    @Override
    public Explainer.Answer explain(UpstreamName upstream, Optional<ServiceName> caller) {
        return new Explainer(
                        new RouteView(world.get()), publisher::upstreamsOf, clock.instant())
                .explain(upstream, caller);
    }

    @Override
    public List<Readiness> readiness() {
        return Readiness.of(new RouteView(world.get()), publisher.upstreams());
    }

    @Override
    public List<FailoverEvent> failovers(long index) {
        return log.after(index);
    }

    @Override
    public Latest<Long> failoverCount() {
        return log.count();
    }
}
