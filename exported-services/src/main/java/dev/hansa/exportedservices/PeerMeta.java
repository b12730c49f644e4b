package dev.hansa.exportedservices;

import java.util.List;

/// What an importer needs to open TLS to an exported service through gateways (Consul's
/// PeeringServiceMeta): the SNI that the exporter's gateway routes by, the identities of which the
/// server must show one, and the protocol.
public record PeerMeta(List<String> sni, List<String> spiffeIds, String protocol) {
    public PeerMeta {
        sni = List.copyOf(sni);
        spiffeIds = List.copyOf(spiffeIds);
    }
}
