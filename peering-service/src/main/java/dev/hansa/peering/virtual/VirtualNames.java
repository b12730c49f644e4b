package dev.hansa.peering.virtual;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.store.ConfigKey;
import dev.hansa.peering.store.StoreState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/// What needs a virtual address: each service that the mesh carries here, each that a config entry
/// leads somewhere (its last instance may be gone, and its callers stay), and each that is
/// imported.
final class VirtualNames {
    /// Entries that give a name a meaning of its own.
    private static final Set<String> LEADING =
            Set.of("service-resolver", "service-router", "service-splitter");

    private VirtualNames() {}

    /// This datacenter's own first: where there is no room for all, peers' wait.
    static List<UpstreamName> needed(CatalogSnapshot catalog, StoreState state) {
        var own = new TreeSet<String>();
        catalog.local().values().stream()
                .flatMap(List::stream)
                .filter(one -> one.kind() == ServiceKind.CONNECT_PROXY && !one.isUnjoinedProxy())
                .flatMap(one -> one.destination().stream())
                .forEach(service -> own.add(service.value()));
        state.config().keySet().stream()
                .filter(key -> LEADING.contains(key.kind()))
                .map(ConfigKey::name)
                .forEach(own::add);
        var needed = new ArrayList<UpstreamName>();
        own.stream()
                .flatMap(VirtualNames::name)
                .forEach(service -> needed.add(new UpstreamName(service, Optional.empty())));
        new TreeMap<>(catalog.imported())
                .forEach((peer, imported) -> {
                    if (state.peering(peer).isPresent()) {
                        imported.instances().values().stream()
                                .flatMap(VirtualNames::carried)
                                .distinct()
                                .sorted(Comparator.naturalOrder())
                                .forEach(service ->
                                        needed.add(new UpstreamName(service, Optional.of(peer))));
                    }
                });
        return needed;
    }

    /// The service whose mutual TLS the peer's gateways lead to: all under one name are of one.
    private static Stream<ServiceName> carried(List<ServiceInstance> instances) {
        return instances.stream()
                .filter(one -> one.kind() == ServiceKind.CONNECT_PROXY)
                .flatMap(one -> one.destination().stream())
                .limit(1);
    }

    /// What no service can be called has no name in DNS either.
    private static Stream<ServiceName> name(String text) {
        try {
            return Stream.of(new ServiceName(text));
        } catch (IllegalArgumentException _) {
            return Stream.empty();
        }
    }
}
