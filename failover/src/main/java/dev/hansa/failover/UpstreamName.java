package dev.hansa.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import java.util.Optional;

/// What a caller asks for: a service by name, or a service of one peer, past any resolver.
public record UpstreamName(ServiceName service, Optional<PeerName> peer) {
    /// `name`, or `name` and the peer: `shippingservice.lke`.
    @Override
    public String toString() {
        return peer.map(name -> service + "." + name).orElse(service.value());
    }
}
