package dev.hansa.exportedservices;

import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What one peer may see of our catalog, exactly as it travels: policy × catalog × peer, nothing
/// else, so that two views are equal exactly when there is nothing to send.
///
/// @param services instances by the name they are sent under: each exported service, and for those
///   that the mesh carries a `-sidecar-proxy` companion that stands for our mesh gateways
/// @param names the exported services without the companions, sorted
public record ExportedView(SortedMap<String, List<ServiceInstance>> services, List<String> names) {
    public static final ExportedView EMPTY = new ExportedView(new TreeMap<>(), List.of());

    /// The tagged address under which Consul keeps a virtual IP; it means nothing elsewhere.
    private static final String VIRTUAL = "consul-virtual";

    private static final String NODE_MAINTENANCE = "_node_maintenance";
    private static final String SERVICE_MAINTENANCE = "_service_maintenance:";

    /// Every service is TCP to its peers until the discovery chain knows better protocols.
    private static final String PROTOCOL = "tcp";

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
        var gateways = catalog.meshGateways();
        var services = new TreeMap<String, List<ServiceInstance>>();
        var names = exportedNames(catalog, policy, importer);
        for (var name : names) {
            services.put(
                    name,
                    catalog.named(name).stream()
                            .filter(instance -> instance.kind() == ServiceKind.TYPICAL)
                            .map(ExportedView::plain)
                            .toList());
            var companion = name + ServiceName.SIDECAR_SUFFIX;
            if (isCarriedByMesh(catalog, name)) {
                var meta =
                        new PeerMeta(
                                List.of(MeshNames.peeredService(name, importer, trustDomain)),
                                List.of(
                                        SpiffeId.service(trustDomain, datacenter, name).uri(),
                                        SpiffeId.meshGateway(trustDomain, datacenter).uri()),
                                PROTOCOL);
                var proxies = new ArrayList<ServiceInstance>();
                for (var i = 0; i < gateways.size(); i++) {
                    proxies.add(companion(name, companion, i, gateways.get(i), meta));
                }
                services.put(companion, proxies);
            }
        }
        return new ExportedView(services, List.copyOf(names));
    }

    /// A name that the policy states itself is exported whether it runs or not; `*` stands for what
    /// runs.
    private static SortedSet<String> exportedNames(
            CatalogSnapshot catalog, ExportPolicy policy, PeerName importer) {
        var names = new TreeSet<String>();
        for (var export : policy.exports()) {
            if (!export.service().equals(ExportPolicy.ANY)) {
                names.add(export.service());
            }
        }
        catalog.local()
                .forEach((name, instances) -> {
                    if (instances.stream().anyMatch(one -> one.kind() == ServiceKind.TYPICAL)) {
                        names.add(name);
                    }
                });
        names.removeIf(name -> !policy.exports(name, importer));
        return names;
    }

    private static boolean isCarriedByMesh(CatalogSnapshot catalog, String service) {
        return catalog.named(service + ServiceName.SIDECAR_SUFFIX).stream()
                .anyMatch(instance -> instance.kind() == ServiceKind.CONNECT_PROXY);
    }

    private static ServiceInstance plain(ServiceInstance instance) {
        var tagged = new HashMap<>(instance.taggedAddresses());
        tagged.remove(VIRTUAL);
        return new ServiceInstance(
                instance.node(),
                instance.id(),
                instance.name(),
                ServiceKind.TYPICAL,
                instance.tags(),
                instance.address(),
                instance.port(),
                tagged,
                instance.meta(),
                instance.weightPassing(),
                instance.weightWarning(),
                Optional.empty(),
                Optional.empty(),
                flattened(instance.id(), instance.checks()),
                0,
                0);
    }

    private static ServiceInstance companion(
            String service, String name, int index, ServiceInstance gateway, PeerMeta meta) {
        var id = name + "-instance-" + index;
        return new ServiceInstance(
                gateway.node(),
                id,
                name,
                ServiceKind.CONNECT_PROXY,
                List.of(),
                gateway.address(),
                gateway.port(),
                gateway.taggedAddresses(),
                Map.of(),
                gateway.weightPassing(),
                gateway.weightWarning(),
                Optional.of(new ServiceName(service)),
                Optional.of(meta),
                flattened(id, gateway.checks()),
                0,
                0);
    }

    /// A peer learns the verdict, not how it was reached: one check with the worst status.
    private static List<HealthCheck> flattened(String instanceId, List<HealthCheck> checks) {
        if (checks.isEmpty()) {
            return List.of();
        }
        var inMaintenance =
                checks.stream()
                        .anyMatch(check ->
                                check.id().equals(NODE_MAINTENANCE)
                                        || check.id().startsWith(SERVICE_MAINTENANCE));
        var status =
                inMaintenance
                        ? CheckStatus.MAINTENANCE
                        : CheckStatus.worst(checks.stream().map(HealthCheck::status).toList());
        return List.of(
                new HealthCheck(instanceId + ":overall-check", "overall-check", status, "", ""));
    }
}
