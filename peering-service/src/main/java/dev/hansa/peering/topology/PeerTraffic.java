package dev.hansa.peering.topology;

import dev.hansa.failover.Callers.Count;
import java.util.Optional;

/// Connections that cross to a peer, and those that come from it, since the sidecars have started,
/// each empty where no sidecar has told of any; and the gateways that they cross at the peer.
public record PeerTraffic(Optional<Count> out, Optional<Count> in, PeerGateways gateways) {}
