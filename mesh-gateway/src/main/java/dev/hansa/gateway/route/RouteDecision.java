package dev.hansa.gateway.route;

import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import java.util.List;

/// What becomes of a connection, by its name alone.
public sealed interface RouteDecision {
    /// @param endpoints of the route, to try one after another
    record Forward(SniRoute route, List<TargetEndpoint> endpoints) implements RouteDecision {
        public Forward {
            endpoints = List.copyOf(endpoints);
        }
    }

    /// @param sentence for the access record; names what was asked and what is missing
    record Refuse(Refusal reason, String sentence) implements RouteDecision {}
}
