package dev.hansa.peering.topology;

import dev.hansa.trustbundle.PeerName;
import java.util.Comparator;
import java.util.Optional;

/// A service at one end of a connection.
///
/// @param service as a certificate or a route names it; `*` stands for every other of the peer
/// @param peer whose it is; empty: of this datacenter
public record End(String service, Optional<PeerName> peer) {
    private static final String OF_PEER = ".peer.";

    static final Comparator<End> BY_NAME =
            Comparator.comparing(End::service)
                    .thenComparing(end -> end.peer().map(PeerName::value).orElse(""));

    static End here(String service) {
        return new End(service, Optional.empty());
    }

    /// What the label of a route's target names: `echo`, `v2.echo` or `echo.peer.lke`. Empty for
    /// what is none: a sidecar has said it.
    static Optional<End> ofLabel(String label) {
        var at = label.lastIndexOf(OF_PEER);
        if (at < 0) {
            return Optional.of(here(label.substring(label.lastIndexOf('.') + 1)));
        }
        try {
            return Optional.of(
                    new End(
                            label.substring(0, at),
                            Optional.of(PeerName.of(label.substring(at + OF_PEER.length())))));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
