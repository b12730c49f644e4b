package dev.hansa.failover;

import java.util.List;

/// What a gateway does with one name: the addresses to relay to. Those that are not healthy are for
/// a gateway that has not heard its server and has no others.
///
/// @param sni lower-case
/// @param purpose for logs and metrics, one of a few words: `exported`, `imported`, `peering-in`,
///   `peering-out`
/// @param peer the other side's name, or empty
/// @param evidence why there is no healthy endpoint, when there is none
public record SniRoute(
        String sni, String purpose, String peer, List<TargetEndpoint> endpoints, String evidence) {
    public static final String EXPORTED = "exported";
    public static final String IMPORTED = "imported";
    public static final String PEERING_IN = "peering-in";
    public static final String PEERING_OUT = "peering-out";

    public SniRoute {
        endpoints = List.copyOf(endpoints);
    }

    /// The same name, relayed to others.
    public SniRoute withEndpoints(List<TargetEndpoint> others) {
        return new SniRoute(sni, purpose, peer, others, evidence);
    }

    public boolean isHealthy() {
        return endpoints.stream().anyMatch(endpoint -> endpoint.health().healthy());
    }
}
