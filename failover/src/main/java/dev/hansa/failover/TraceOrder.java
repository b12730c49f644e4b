package dev.hansa.failover;

/// What a proxy is asked to try once, every way of it, as it would for a caller.
public sealed interface TraceOrder {
    /// For a sidecar: each endpoint of each target, to the end of the handshake and what the other
    /// end makes of it. The applications there see a connection that says nothing and ends.
    record OfUpstream(UpstreamName upstream) implements TraceOrder {}

    /// For a gateway: each endpoint that the name leads to, until TCP stands.
    record OfName(String sni) implements TraceOrder {}
}
