package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ServiceInstance;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Which Kubernetes cluster a machine is of, as the instances say that its operator has registered
/// there.
final class Machines {
    /// In the meta of what the operator registers; taken from no proxy's. Whoever may write a
    /// service at that node over the API can still give it one.
    static final String CLUSTER = "k8s-cluster";

    private Machines() {}

    /// By node; not of one that two clusters call their own.
    static Map<String, String> clusters(CatalogSnapshot catalog) {
        var clusters = new HashMap<String, String>();
        catalog.local().values().stream()
                .flatMap(List::stream)
                .filter(one -> one.meta().containsKey(CLUSTER))
                .forEach(one ->
                        clusters.merge(
                                one.node().name(), cluster(one), (a, b) -> a.equals(b) ? a : ""));
        clusters.values().removeIf(String::isEmpty);
        return clusters;
    }

    private static String cluster(ServiceInstance instance) {
        return instance.meta().getOrDefault(CLUSTER, "");
    }
}
