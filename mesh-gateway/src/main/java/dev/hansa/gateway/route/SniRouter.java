package dev.hansa.gateway.route;

import static java.util.stream.Collectors.partitioningBy;

import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.route.PassiveHealth.Way;
import dev.hansa.gateway.route.RouteDecision.Forward;
import dev.hansa.gateway.route.RouteDecision.Refuse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Decides by the present table; there is no default route.
public final class SniRouter {
    /// Endpoints tried for one connection, of each sort.
    static final int MAX_ATTEMPTS = 4;

    private final Supplier<RouteTable> routes;
    private final BooleanSupplier stale;
    private final PassiveHealth seen;
    private final AtomicInteger next = new AtomicInteger();

    /// @param stale whether the server has not been heard, so that what it said of an endpoint's
    ///   health may have changed since
    /// @param seen what this proxy has seen of the endpoints itself
    public SniRouter(Supplier<RouteTable> routes, BooleanSupplier stale, PassiveHealth seen) {
        this.routes = routes;
        this.stale = stale;
        this.seen = seen;
    }

    public RouteDecision decide(ServerName name) {
        return routes.get()
                .find(name)
                .map(this::served)
                .orElseGet(() ->
                        new Refuse(Refusal.NOT_SERVED, "name '" + name + "' is not served here"));
    }

    /// Where the name leads, whatever the health of what is there.
    public Optional<SniRoute> find(ServerName name) {
        return routes.get().find(name);
    }

    private RouteDecision served(SniRoute route) {
        var order = new ArrayList<TargetEndpoint>();
        var turn = next.getAndIncrement();
        add(route.endpoints(), true, turn, order);
        if (stale.getAsBoolean()) {
            // nobody knows whether they are still down, and the caller has nothing to lose
            add(route.endpoints(), false, turn, order);
        }
        return order.isEmpty()
                ? new Refuse(
                        Refusal.NO_HEALTHY_ENDPOINT,
                        "name '" + route.sni() + "' has no healthy endpoint: " + route.evidence())
                : new Forward(route, order);
    }

    /// Those that the server calls healthy, or the others; what is suspect after what is not.
    private void add(
            List<TargetEndpoint> endpoints, boolean healthy, int turn, List<TargetEndpoint> to) {
        var those =
                endpoints.stream()
                        .filter(endpoint -> endpoint.health().healthy() == healthy)
                        .collect(partitioningBy(endpoint -> seen.isSuspect(way(endpoint))));
        inTurn(those.getOrDefault(false, List.of()), turn, to);
        inTurn(those.getOrDefault(true, List.of()), turn, to);
    }

    /// So that each endpoint is the first one equally often.
    private static void inTurn(List<TargetEndpoint> found, int turn, List<TargetEndpoint> to) {
        for (var i = 0; i < Math.min(found.size(), MAX_ATTEMPTS); i++) {
            to.add(found.get(Math.floorMod(turn + i, found.size())));
        }
    }

    /// An endpoint whatever the name that leads to it: a gateway sees no more of it than whether it
    /// takes connections.
    public static Way way(TargetEndpoint endpoint) {
        return new Way("", endpoint.address());
    }
}
