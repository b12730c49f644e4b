package dev.hansa.exportedservices;

import dev.hansa.trustbundle.SpiffeId;
import java.util.List;
import java.util.Set;

/// What an importer needs to open TLS to an exported service through gateways (Consul's
/// PeeringServiceMeta): the SNI that the exporter's gateway routes by, the identities of which the
/// server must show one, and the protocol.
public record PeerMeta(List<String> sni, List<String> spiffeIds, String protocol) {
    /// For these a Consul gateway ends TLS itself, and shows its own certificate.
    private static final Set<String> HTTP_LIKE = Set.of("http", "http2", "grpc");

    public PeerMeta {
        sni = List.copyOf(sni);
        spiffeIds = List.copyOf(spiffeIds);
    }

    /// With the identities that may answer for the service: services, and a mesh gateway only where
    /// the exporter's gateways end TLS. Consul names its gateway with every service, but a gateway
    /// that merely relays has no business to answer, and one that was taken over must not.
    ///
    /// @param fromHansa whose gateways never end TLS
    /// @throws IllegalArgumentException when an identity is not a SPIFFE ID
    public PeerMeta answeredBy(boolean fromHansa) {
        var gatewayAnswers = !fromHansa && HTTP_LIKE.contains(protocol);
        return new PeerMeta(
                sni,
                spiffeIds.stream().filter(id -> mayAnswer(id, gatewayAnswers)).toList(),
                protocol);
    }

    private static boolean mayAnswer(String id, boolean gatewayAnswers) {
        var named = SpiffeId.parse(id);
        return named.asService().isPresent() || gatewayAnswers && named.isMeshGateway();
    }
}
