package dev.hansa.gateway.route;

import dev.hansa.failover.SniRoute;
import dev.hansa.gateway.route.RouteDecision.Forward;
import dev.hansa.gateway.route.RouteDecision.Refuse;
import java.util.function.Supplier;

/// Decides by the present table; there is no default route.
public final class SniRouter {
    private final Supplier<RouteTable> routes;

    public SniRouter(Supplier<RouteTable> routes) {
        this.routes = routes;
    }

    public RouteDecision decide(ServerName name) {
        return routes.get()
                .find(name)
                .map(SniRouter::served)
                .orElseGet(() ->
                        new Refuse(Refusal.NOT_SERVED, "name '" + name + "' is not served here"));
    }

    private static RouteDecision served(SniRoute route) {
        return route.endpoints().isEmpty()
                ? new Refuse(
                        Refusal.NO_HEALTHY_ENDPOINT,
                        "name '" + route.sni() + "' has no healthy endpoint: " + route.evidence())
                : new Forward(route);
    }
}
