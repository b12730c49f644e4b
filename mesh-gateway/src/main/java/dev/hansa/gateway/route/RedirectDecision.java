package dev.hansa.gateway.route;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.UpstreamName;

/// What becomes of a connection that was redirected here.
public sealed interface RedirectDecision {
    /// It dialled what stands for a service of the mesh.
    record ToService(UpstreamName upstream) implements RedirectDecision {}

    /// It goes on to where it wanted, as it is.
    record PassThrough(Endpoint destination) implements RedirectDecision {}

    record Refuse(Refusal reason, String sentence) implements RedirectDecision {}
}
