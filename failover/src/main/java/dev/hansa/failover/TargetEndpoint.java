package dev.hansa.failover;

import dev.hansa.exportedservices.Endpoint;

/// One address of a target: a sidecar here, or a gateway on the way to a peer.
public record TargetEndpoint(Endpoint address, HealthView health) {}
