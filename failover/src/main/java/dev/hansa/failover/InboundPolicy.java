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
public record InboundPolicy(Map<TrustDomain, PeerName> peers, IntentionTable intentions) {
    public InboundPolicy {
        peers = Map.copyOf(peers);
    }
}
