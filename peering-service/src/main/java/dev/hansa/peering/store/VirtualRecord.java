package dev.hansa.peering.store;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.trustbundle.PeerName;
import java.util.Optional;

/// A service and the virtual address that stands for it.
///
/// @param peer that it is imported from; empty: this datacenter's own
/// @param number of the [VirtualAddress]
public record VirtualRecord(String service, String peer, int number) {
    public static VirtualRecord of(UpstreamName name) {
        return new VirtualRecord(
                name.service().value(), name.peer().map(PeerName::value).orElse(""), 0);
    }

    VirtualRecord at(int given) {
        return new VirtualRecord(service, peer, given);
    }

    /// No name of a service has a dot.
    public String key() {
        return peer.isEmpty() ? service : service + "." + peer;
    }

    public UpstreamName name() {
        return new UpstreamName(
                new ServiceName(service),
                peer.isEmpty() ? Optional.empty() : Optional.of(new PeerName(peer)));
    }

    public VirtualAddress address() {
        return new VirtualAddress(number);
    }
}
