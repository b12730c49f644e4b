package dev.hansa.gateway.route;

import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.route.RouteDecision.Forward;
import dev.hansa.gateway.route.RouteDecision.Refuse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Decides by the present table; there is no default route.
public final class SniRouter {
    /// Endpoints tried for one connection, of each sort: with a connect timeout each, what a caller
    /// may still wait for.
    static final int MAX_ATTEMPTS = 4;

    private final Supplier<RouteTable> routes;
    private final BooleanSupplier stale;
    private final AtomicInteger next = new AtomicInteger();

    /// @param stale whether the server has not been heard, so that what it said of an endpoint's
    ///   health may have changed since
    public SniRouter(Supplier<RouteTable> routes, BooleanSupplier stale) {
        this.routes = routes;
        this.stale = stale;
    }

    public RouteDecision decide(ServerName name) {
        return routes.get()
                .find(name)
                .map(this::served)
                .orElseGet(() ->
                        new Refuse(Refusal.NOT_SERVED, "name '" + name + "' is not served here"));
    }

    private RouteDecision served(SniRoute route) {
        var order = new ArrayList<TargetEndpoint>();
        var start = next.getAndIncrement();
        add(route.endpoints(), true, start, order);
        if (stale.getAsBoolean()) {
            // nobody knows whether they are still down, and the caller has nothing to lose
            add(route.endpoints(), false, start, order);
        }
        return order.isEmpty()
                ? new Refuse(
                        Refusal.NO_HEALTHY_ENDPOINT,
                        "name '" + route.sni() + "' has no healthy endpoint: " + route.evidence())
                : new Forward(route, order);
    }

    /// In turn, so that each endpoint is the first one equally often.
    private static void add(
            List<TargetEndpoint> endpoints, boolean healthy, int start, List<TargetEndpoint> to) {
        var found =
                endpoints.stream()
                        .filter(endpoint -> endpoint.health().healthy() == healthy)
                        .toList();
        for (var i = 0; i < Math.min(found.size(), MAX_ATTEMPTS); i++) {
            to.add(found.get(Math.floorMod(start + i, found.size())));
        }
    }
}
