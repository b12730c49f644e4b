package dev.hansa.exportedservices;

import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// All that one peer may see of our catalog at one moment, exactly as it travels, so that two views
/// are equal exactly when there is nothing to send. [PeerExport] answers the same name by name.
///
/// @param services instances by the name they are sent under: each exported service, and for those
///   that the mesh carries a `-sidecar-proxy` companion that stands for our mesh gateways
/// @param names the exported services without the companions, sorted
public record ExportedView(SortedMap<String, List<ServiceInstance>> services, List<String> names) {
    public static final ExportedView EMPTY = new ExportedView(new TreeMap<>(), List.of());

    public ExportedView {
        var copy = new TreeMap<String, List<ServiceInstance>>();
        services.forEach((name, instances) -> copy.put(name, List.copyOf(instances)));
        services = Collections.unmodifiableSortedMap(copy);
        names = List.copyOf(names);
    }

    public List<ServiceInstance> named(String name) {
        return services.getOrDefault(name, List.of());
    }

    /// @param importer our own name for the peer, which stands in the SNI that our gateway routes
    ///   by
    public static ExportedView of(
            CatalogSnapshot catalog,
            ExportPolicy policy,
            PeerName importer,
            TrustDomain trustDomain,
            Datacenter datacenter) {
        var export = new PeerExport(catalog, policy, importer, trustDomain, datacenter);
        var names = export.services();
        var services = new TreeMap<String, List<ServiceInstance>>();
        for (var name : names) {
            for (var resource : List.of(name, name + ServiceName.SIDECAR_SUFFIX)) {
                export.named(resource).ifPresent(instances -> services.put(resource, instances));
            }
        }
        return new ExportedView(services, List.copyOf(names));
    }
}
