package dev.hansa.peering.stream;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.store.StoreState;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/// Where peers are told to dial us: our gateways when the `mesh` entry says so, else our own
/// servers.
///
/// @param ownServers `host:port` of the peers' listener of each server
/// @param throughGateways the `mesh` entry's `Peering.PeerThroughMeshGateways`
public record AdvertisedAddresses(
        Function<CatalogSnapshot, List<String>> ownServers, Predicate<StoreState> throughGateways) {
    public AdvertisedAddresses(List<String> ownServers, Predicate<StoreState> throughGateways) {
        this(_ -> ownServers, throughGateways);
    }

    /// Never empty when present. There is no falling back to the servers' own addresses: an
    /// operator who asked for gateways does not want them known.
    public Optional<List<String>> now(StoreState state, CatalogSnapshot catalog) {
        var addresses =
                throughGateways.test(state)
                        ? catalog.meshGateways().stream()
                                .map(ServiceInstance::wanEndpoint)
                                .flatMap(Optional::stream)
                                .map(Endpoint::toString)
                                .distinct()
                                .toList()
                        : ownServers.apply(catalog);
        return addresses.isEmpty() ? Optional.empty() : Optional.of(addresses);
    }

    /// Whether they are those of gateways.
    boolean areGateways(StoreState state) {
        return throughGateways.test(state);
    }

    /// Our own gateways as we reach them, when we too must go through them; else none.
    public List<String> gatewaysToDial(StoreState state, CatalogSnapshot catalog) {
        return throughGateways.test(state)
                ? catalog.meshGateways().stream()
                        .map(ServiceInstance::lanEndpoint)
                        .flatMap(Optional::stream)
                        .map(Endpoint::toString)
                        .distinct()
                        .toList()
                : List.of();
    }
}
