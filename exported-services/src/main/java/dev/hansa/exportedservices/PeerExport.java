package dev.hansa.exportedservices;

import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// What one peer may see of our catalog, asked name by name, so that a change of one service costs
/// that of one service: policy × catalog × peer, nothing else.
///
/// A service travels under its own name and, when the mesh carries it, under that of a
/// `-sidecar-proxy` companion that stands for our mesh gateways.
///
/// @param importer our own name for the peer, which stands in the SNI that our gateway routes by
public record PeerExport(
        CatalogSnapshot catalog,
        ExportPolicy policy,
        PeerName importer,
        TrustDomain trustDomain,
        Datacenter datacenter) {
    /// The tagged address under which Consul keeps a virtual IP; it means nothing elsewhere.
    private static final String VIRTUAL = "consul-virtual";

    private static final String NODE_MAINTENANCE = "_node_maintenance";
    private static final String SERVICE_MAINTENANCE = "_service_maintenance:";

    /// Every service is TCP to its peers until the discovery chain knows better protocols.
    private static final String PROTOCOL = "tcp";

    /// The service that a resource name belongs to: a companion's service, else itself.
    public static String service(String resource) {
        return resource.endsWith(ServiceName.SIDECAR_SUFFIX)
                ? resource.substring(0, resource.length() - ServiceName.SIDECAR_SUFFIX.length())
                : resource;
    }

    /// May the peer see it. A name that the policy states itself is exported whether it runs or
    /// not; `*` stands for what runs.
    public boolean includes(String service) {
        return policy.exports(service, importer) && (policy.names(service) || runs(service));
    }

    private boolean runs(String service) {
        return catalog.named(service).stream().anyMatch(one -> one.kind() == ServiceKind.TYPICAL);
    }

    /// Every service that the peer may see, sorted, without the companions.
    public SortedSet<String> services() {
        var names = new TreeSet<String>();
        policy.services().stream().filter(this::includes).forEach(names::add);
        if (policy.names(ExportPolicy.ANY)) {
            catalog.local().keySet().stream().filter(this::includes).forEach(names::add);
        }
        return names;
    }

    /// What travels under a name, a service's or a companion's; empty when nothing does.
    public Optional<List<ServiceInstance>> named(String resource) {
        var service = service(resource);
        if (!includes(service)) {
            return Optional.empty();
        }
        if (service.equals(resource)) {
            return Optional.of(
                    catalog.named(service).stream()
                            .filter(instance -> instance.kind() == ServiceKind.TYPICAL)
                            .map(PeerExport::plain)
                            .toList());
        }
        return isCarriedByMesh(resource) ? Optional.of(companions(service)) : Optional.empty();
    }

    private boolean isCarriedByMesh(String companion) {
        return catalog.named(companion).stream()
                .anyMatch(instance ->
                        instance.kind() == ServiceKind.CONNECT_PROXY
                                && !instance.isUnjoinedProxy());
    }

    private List<ServiceInstance> companions(String service) {
        var meta =
                new PeerMeta(
                        List.of(MeshNames.peeredService(service, importer, trustDomain)),
                        List.of(
                                SpiffeId.service(trustDomain, datacenter, service).uri(),
                                SpiffeId.meshGateway(trustDomain, datacenter).uri()),
                        PROTOCOL);
        var gateways = catalog.meshGateways();
        var proxies = new ArrayList<ServiceInstance>(gateways.size());
        for (var i = 0; i < gateways.size(); i++) {
            proxies.add(companion(service, i, gateways.get(i), meta));
        }
        return List.copyOf(proxies);
    }

    private static ServiceInstance plain(ServiceInstance instance) {
        return new ServiceInstance(
                instance.node(),
                instance.id(),
                instance.name(),
                ServiceKind.TYPICAL,
                instance.tags(),
                instance.address(),
                instance.port(),
                withoutVirtual(instance.taggedAddresses()),
                instance.meta(),
                instance.weightPassing(),
                instance.weightWarning(),
                Optional.empty(),
                Optional.empty(),
                flattened(instance.id(), instance.checks()),
                0,
                0);
    }

    private static <V> Map<String, V> withoutVirtual(Map<String, V> tagged) {
        if (!tagged.containsKey(VIRTUAL)) {
            return tagged;
        }
        var left = new HashMap<>(tagged);
        left.remove(VIRTUAL);
        return left;
    }

    private static ServiceInstance companion(
            String service, int index, ServiceInstance gateway, PeerMeta meta) {
        var name = service + ServiceName.SIDECAR_SUFFIX;
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
