package dev.hansa.failover;

import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.util.Map;

/// Who may come in to a service: callers of the own trust domain and of the peers listed, as far as
/// intentions allow.
///
/// @param peers the peers that this service is exported to, by the trust domain that speaks for
///   each
/// @param maxConnections that one sidecar may carry to its application at a time; 0: no limit of
///   its own
public record InboundPolicy(
        Map<TrustDomain, PeerName> peers, IntentionTable intentions, int maxConnections) {
    public InboundPolicy {
        peers = Map.copyOf(peers);
    }

    /// One without a limit of its own.
    public InboundPolicy(Map<TrustDomain, PeerName> peers, IntentionTable intentions) {
        this(peers, intentions, 0);
    }

    /// How many connections a sidecar may carry that allows `own` itself.
    public int most(int own) {
        return maxConnections <= 0 ? own : Math.min(maxConnections, own);
    }
}
