package dev.hansa.peering.dns;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.trustbundle.PeerName;
import java.net.InetAddress;
import java.util.Optional;

/// What a name in the domain means, before anybody has looked whether there is such a thing.
sealed interface Subject {
    /// The domain itself.
    record Apex() implements Subject {}

    /// Nothing of its own, but longer names end in it: it exists, and a resolver that asks piece by
    /// piece (RFC 9156) may go on (RFC 8020).
    record Inner() implements Subject {}

    /// No such name can exist.
    record Nothing() implements Subject {}

    /// Not a name of ours.
    record Outside() implements Subject {}

    /// @param tag that instances must have
    /// @param connect where mutual TLS for it ends, instead of itself
    /// @param peer that it is imported from
    record Service(ServiceName name, Optional<String> tag, boolean connect, Optional<PeerName> peer)
            implements Subject {}

    /// @param name lower case
    record Node(String name, Optional<PeerName> peer) implements Subject {}

    /// What longer names end in, if there is such a peer.
    record Peer(PeerName name) implements Subject {}

    /// The address that stands for a service wherever it runs.
    record Virtual(UpstreamName name) implements Subject {}

    /// An address that stands in the name.
    record Address(InetAddress address) implements Subject {}
}
