package dev.hansa.trustbundle;

import java.util.Optional;

/// A rule about who may call whom, by name.
///
/// @param source a service name or `*`
/// @param sourcePeer the peer whose services are meant; empty means this datacenter's own
/// @param destination a service name or `*`
public record Intention(
        String source, Optional<PeerName> sourcePeer, String destination, boolean allow) {
    public static final String ANY = "*";

    /// Consul's precedence where there are no namespaces: 9 exact to exact, 8 any to exact, 6 exact
    /// to any, 5 any to any. Higher decides first.
    public int precedence() {
        if (destination.equals(ANY)) {
            return source.equals(ANY) ? 5 : 6;
        }
        return source.equals(ANY) ? 8 : 9;
    }

    /// For people: `peer:eks/frontend -> shippingservice`.
    public String label() {
        return sourcePeer.map(peer -> "peer:" + peer + "/").orElse("")
                + source
                + " -> "
                + destination;
    }

    boolean matches(Optional<PeerName> peer, String name, String called) {
        return sourcePeer.equals(peer)
                && (source.equals(ANY) || source.equals(name))
                && (destination.equals(ANY) || destination.equals(called));
    }
}
