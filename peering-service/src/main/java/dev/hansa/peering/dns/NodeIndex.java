package dev.hansa.peering.dns;

import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.trustbundle.PeerName;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The addresses of nodes by name, of this datacenter and of each peer. It follows the catalog at
/// the price of what has changed, so that a question never costs a walk through all of it. Confined
/// to the thread that answers.
final class NodeIndex {
    private final Nodes own = new Nodes();
    private final Map<PeerName, Nodes> peers = new HashMap<>();
    private CatalogSnapshot seen = CatalogSnapshot.EMPTY;

    void follow(CatalogSnapshot catalog) {
        if (catalog == seen) {
            return;
        }
        own.follow(catalog.local());
        peers.keySet().retainAll(catalog.imported().keySet());
        catalog.imported()
                .forEach((peer, imported) ->
                        peers.computeIfAbsent(peer, _ -> new Nodes()).follow(imported.instances()));
        seen = catalog;
    }

    /// All addresses that a node of this name has; none when there is no such node. Instances on
    /// one node may disagree.
    Set<String> addresses(String node, Optional<PeerName> peer) {
        var nodes = peer.isPresent() ? peers.get(peer.get()) : own;
        return nodes == null ? Set.of() : nodes.addresses(node);
    }

    private static final class Nodes {
        private PersistentMap<String, List<ServiceInstance>> seen = PersistentMap.empty();

        /// Node, then service, then what the service's instances say that the node's address is.
        private final Map<String, Map<String, Set<String>>> byName = new HashMap<>();

        void follow(Map<String, List<ServiceInstance>> instances) {
            var now = PersistentMap.<String, List<ServiceInstance>>copyOf(instances);
            for (var service : now.changedSince(seen)) {
                seen.getOrDefault(service, List.of()).forEach(one -> forget(key(one), service));
                now.getOrDefault(service, List.of()).forEach(one -> learn(one, service));
            }
            seen = now;
        }

        private void learn(ServiceInstance one, String service) {
            byName.computeIfAbsent(key(one), _ -> new HashMap<>())
                    .computeIfAbsent(service, _ -> new HashSet<>())
                    .add(one.node().address());
        }

        private void forget(String node, String service) {
            var services = byName.get(node);
            if (services != null) {
                services.remove(service);
                if (services.isEmpty()) {
                    byName.remove(node);
                }
            }
        }

        private static String key(ServiceInstance one) {
            return one.node().name().toLowerCase(Locale.ROOT);
        }

        Set<String> addresses(String node) {
            return byName.getOrDefault(node.toLowerCase(Locale.ROOT), Map.of()).values().stream()
                    .flatMap(Set::stream)
                    .filter(address -> !address.isEmpty())
                    .collect(Collectors.toUnmodifiableSet());
        }
    }
}
