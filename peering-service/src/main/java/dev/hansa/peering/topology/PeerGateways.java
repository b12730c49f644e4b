package dev.hansa.peering.topology;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/// A peer's mesh gateways, as it tells of them with each service that it exports: of a peer that
/// exports nothing none is known. Nobody here tries them but our own gateways, which tell of no
/// connection.
///
/// @param all how many it tells of
/// @param listed the first of them by address, at most [#MOST]
public record PeerGateways(int all, List<One> listed) {
    /// What a drawing has room for. A datacenter has a few; a peer can tell of any number.
    public static final int MOST = 16;

    static final PeerGateways NONE = new PeerGateways(0, List.of());

    public PeerGateways {
        listed = List.copyOf(listed);
    }

    /// @param address where our gateways reach it
    /// @param status the worst that the peer says of it
    public record One(Endpoint address, CheckStatus status) {}

    static PeerGateways of(ImportedCatalog told) {
        var found =
                new TreeMap<Endpoint, CheckStatus>(
                        Comparator.comparing(Endpoint::host).thenComparingInt(Endpoint::port));
        told.instances()
                .forEach((name, instances) -> {
                    if (name.endsWith(ServiceName.SIDECAR_SUFFIX)) {
                        for (var one : instances) {
                            if (one.kind() == ServiceKind.CONNECT_PROXY) {
                                one.wanEndpoint()
                                        .ifPresent(address ->
                                                found.merge(
                                                        address,
                                                        one.status(),
                                                        PeerGateways::worse));
                            }
                        }
                    }
                });
        return new PeerGateways(
                found.size(),
                found.entrySet().stream()
                        .limit(MOST)
                        .map(one -> new One(one.getKey(), one.getValue()))
                        .toList());
    }

    private static CheckStatus worse(CheckStatus one, CheckStatus other) {
        return CheckStatus.worst(List.of(one, other));
    }
}
