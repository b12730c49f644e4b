package dev.hansa.exportedservices;

import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.trustbundle.PeerName;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The whole catalog at one moment: what runs here and what each peer lets us see. A later version
/// replaces it whole and shares with it what did not change.
///
/// @param local instances by service name, proxies and gateways under names of their own
/// @param meshGateways those of `local` that are mesh gateways, by node and id
public record CatalogSnapshot(
        long version,
        Map<String, List<ServiceInstance>> local,
        Map<PeerName, ImportedCatalog> imported,
        List<ServiceInstance> meshGateways) {
    /// The order of instances wherever one is needed.
    public static final Comparator<ServiceInstance> ORDER =
            Comparator.comparing((ServiceInstance instance) -> instance.node().name())
                    .thenComparing(ServiceInstance::id);

    public static final CatalogSnapshot EMPTY = new CatalogSnapshot(0, Map.of(), Map.of());

    public CatalogSnapshot {
        local = PersistentMap.copyOf(local);
        imported = Map.copyOf(imported);
        meshGateways = List.copyOf(meshGateways);
    }

    /// Finds the mesh gateways itself.
    public CatalogSnapshot(
            long version,
            Map<String, List<ServiceInstance>> local,
            Map<PeerName, ImportedCatalog> imported) {
        this(
                version,
                local,
                imported,
                local.values().stream().flatMap(CatalogSnapshot::gateways).sorted(ORDER).toList());
    }

    private static Stream<ServiceInstance> gateways(List<ServiceInstance> instances) {
        return instances.stream().filter(one -> one.kind() == ServiceKind.MESH_GATEWAY);
    }

    public List<ServiceInstance> named(String name) {
        return local.getOrDefault(name, List.of());
    }

    public ImportedCatalog from(PeerName peer) {
        return imported.getOrDefault(peer, ImportedCatalog.EMPTY);
    }

    /// The proxies that carry a service here: where mTLS for it ends. Those that were registered by
    /// name alone are none of them.
    public List<ServiceInstance> proxiesOf(ServiceName service) {
        var all = named(service.sidecar());
        return all.stream().noneMatch(ServiceInstance::isUnjoinedProxy)
                ? all
                : all.stream().filter(one -> !one.isUnjoinedProxy()).toList();
    }

    /// The instance that a sidecar registered together with itself: what a filter and maintenance
    /// are about.
    public Optional<ServiceInstance> carriedBy(ServiceInstance proxy) {
        if (!proxy.name().endsWith(ServiceName.SIDECAR_SUFFIX)) {
            return Optional.empty();
        }
        return named(PeerExport.service(proxy.name())).stream()
                .filter(one ->
                        proxy.id().equals(one.id() + ServiceName.SIDECAR_SUFFIX)
                                && one.node().name().equals(proxy.node().name()))
                .findFirst();
    }

    /// The next version, in which these names have these instances; none takes a name away. The
    /// cost is that of the changed names.
    public CatalogSnapshot withLocal(Map<String, List<ServiceInstance>> changed) {
        var next = PersistentMap.copyOf(local);
        var gatewaysChanged = false;
        for (var entry : changed.entrySet()) {
            var instances = List.copyOf(entry.getValue());
            gatewaysChanged =
                    gatewaysChanged
                            || Stream.concat(gateways(named(entry.getKey())), gateways(instances))
                                    .findAny()
                                    .isPresent();
            next =
                    instances.isEmpty()
                            ? next.without(entry.getKey())
                            : next.with(entry.getKey(), instances);
        }
        return gatewaysChanged
                ? new CatalogSnapshot(version + 1, next, imported)
                : new CatalogSnapshot(version + 1, next, imported, meshGateways);
    }

    /// The next version, in which this is all that came from the peer.
    public CatalogSnapshot withImported(PeerName peer, ImportedCatalog catalog) {
        var next = new HashMap<>(imported);
        next.put(peer, catalog);
        return new CatalogSnapshot(version + 1, local, next, meshGateways);
    }

    /// The next version, in which nothing came from the peer.
    public CatalogSnapshot without(PeerName peer) {
        var next = new HashMap<>(imported);
        next.remove(peer);
        return new CatalogSnapshot(version + 1, local, next, meshGateways);
    }

    /// The local names whose instances are not the same here and in an earlier snapshot. Cheap when
    /// one was made from the other.
    public Set<String> localChangesSince(CatalogSnapshot earlier) {
        return PersistentMap.copyOf(local).changedSince(PersistentMap.copyOf(earlier.local));
    }
}
