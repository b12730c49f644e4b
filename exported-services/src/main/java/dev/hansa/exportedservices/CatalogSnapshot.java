package dev.hansa.exportedservices;

import dev.hansa.trustbundle.PeerName;
import java.util.List;
import java.util.Map;

/// The whole catalog at one moment: what runs here and what each peer lets us see. A later version
/// replaces it whole.
///
/// @param local instances by service name, proxies and gateways under names of their own
public record CatalogSnapshot(
        long version,
        Map<String, List<ServiceInstance>> local,
        Map<PeerName, ImportedCatalog> imported) {
    public static final CatalogSnapshot EMPTY = new CatalogSnapshot(0, Map.of(), Map.of());

    public CatalogSnapshot {
        local = Map.copyOf(local);
        imported = Map.copyOf(imported);
    }

    public List<ServiceInstance> named(String name) {
        return local.getOrDefault(name, List.of());
    }

    public ImportedCatalog from(PeerName peer) {
        return imported.getOrDefault(peer, ImportedCatalog.EMPTY);
    }

    /// The proxies that carry a service here: where mTLS for it ends.
    public List<ServiceInstance> proxiesOf(ServiceName service) {
        return named(service.sidecar());
    }

    public List<ServiceInstance> meshGateways() {
        return local.values().stream()
                .flatMap(List::stream)
                .filter(instance -> instance.kind() == ServiceKind.MESH_GATEWAY)
                .toList();
    }
}
