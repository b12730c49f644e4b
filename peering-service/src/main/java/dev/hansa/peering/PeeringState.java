package dev.hansa.peering;

/// What an operator is shown of a peering, in Consul's words. ACTIVE and FAILING are never stored:
/// they are what the stream shows at the moment of reading.
public enum PeeringState {
    PENDING,
    ESTABLISHING,
    ACTIVE,
    FAILING,
    DELETING,
    TERMINATED
}
