package dev.hansa.peering.configentry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which addresses of Kubernetes stand for which service, by cluster: two clusters may use one
/// address for two services.
///
/// @param byCluster what the entries say of each
public record ClusterIps(Map<String, Map<Endpoint, ServiceName>> byCluster) {
    public ClusterIps {
        var copied = new HashMap<String, Map<Endpoint, ServiceName>>();
        byCluster.forEach((cluster, known) -> copied.put(cluster, Map.copyOf(known)));
        byCluster = Map.copyOf(copied);
    }

    /// What two entries of one cluster say differently stands for nothing: it would lead some to
    /// the wrong service.
    static ClusterIps of(List<JsonNode> entries) {
        var all = new HashMap<String, Map<Endpoint, ServiceName>>();
        var torn = new HashMap<String, Set<Endpoint>>();
        for (var entry : entries) {
            var cluster = entry.path("Cluster").asText();
            var known = all.computeIfAbsent(cluster, _ -> new HashMap<>());
            for (var service : entry.path("Services")) {
                var name = new ServiceName(service.path("Name").asText());
                ClusterIpRules.places(service)
                        .forEach(place -> {
                            var other = known.put(place, name);
                            if (other != null && !other.equals(name)) {
                                torn.computeIfAbsent(cluster, _ -> new HashSet<>()).add(place);
                            }
                        });
            }
        }
        torn.forEach((cluster, places) ->
                all.getOrDefault(cluster, Map.of()).keySet().removeAll(places));
        return new ClusterIps(all);
    }

    /// Of one cluster; nothing of one that nobody speaks of.
    public Map<Endpoint, ServiceName> of(String cluster) {
        return byCluster.getOrDefault(cluster, Map.of());
    }

    public boolean isEmpty() {
        return byCluster.isEmpty();
    }

    /// Addresses that stand for a service, in any cluster, in order.
    public List<String> addressesOf(ServiceName service) {
        return byCluster.values().stream()
                .flatMap(known -> known.entrySet().stream())
                .filter(one -> one.getValue().equals(service))
                .map(one -> one.getKey().host())
                .distinct()
                .sorted()
                .toList();
    }
}
