package dev.hansa.gateway.route;

import dev.hansa.failover.SniRoute;

/// What becomes of a connection, by its name alone.
public sealed interface RouteDecision {
    record Forward(SniRoute route) implements RouteDecision {}

    /// @param sentence for the access record; names what was asked and what is missing
    record Refuse(Refusal reason, String sentence) implements RouteDecision {}
}
