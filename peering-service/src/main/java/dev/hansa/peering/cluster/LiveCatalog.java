package dev.hansa.peering.cluster;

import dev.hansa.bootstrap.Latest;
import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.trustbundle.PeerName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What runs here and what peers let us see, now. Owners write their own part: each proxy's stream
/// the instances that it vouches for, the store the registrations without a live owner, each peer's
/// session what it imports. A change costs what it changes, however much there is.
public final class LiveCatalog {
    private final Latest<CatalogSnapshot> snapshots = new Latest<>(CatalogSnapshot.EMPTY);
    private final Map<String, List<ServiceInstance>> byOwner = new HashMap<>();
    private PersistentMap<String, RegistrationRecord> registrations = PersistentMap.empty();

    public Latest<CatalogSnapshot> snapshots() {
        return snapshots;
    }

    /// Replaces all that `owner` vouches for; an empty list forgets the owner.
    public void publish(String owner, Collection<ServiceInstance> instances) {
        synchronized (byOwner) {
            var before = ownedBy(owner);
            if (instances.isEmpty()) {
                byOwner.remove(owner);
            } else {
                byOwner.put(owner, List.copyOf(instances));
            }
            replace(before, instances);
        }
    }

    /// Replaces all that the store holds without a live owner. What is registered of a node alone
    /// is no instance: its checks are those of each instance that is registered there.
    public void registered(Map<String, RegistrationRecord> all) {
        synchronized (byOwner) {
            var now = PersistentMap.<String, RegistrationRecord>copyOf(all);
            var gone = new ArrayList<ServiceInstance>();
            var come = new ArrayList<ServiceInstance>();
            for (var key : touched(registrations, now)) {
                shown(registrations, key).ifPresent(gone::add);
                shown(now, key).ifPresent(come::add);
            }
            registrations = now;
            replace(gone, come);
        }
    }

    /// The keys whose instance may be shown otherwise: with a node's checks all that is there.
    private static Set<String> touched(
            PersistentMap<String, RegistrationRecord> before,
            PersistentMap<String, RegistrationRecord> now) {
        var changed = now.changedSince(before);
        var nodes =
                changed.stream()
                        .filter(key -> nodeKey(key).equals(key))
                        .filter(key -> !nodeChecks(before, key).equals(nodeChecks(now, key)))
                        .collect(Collectors.toSet());
        if (nodes.isEmpty()) {
            return changed;
        }
        var touched = new HashSet<>(changed);
        Stream.concat(before.keySet().stream(), now.keySet().stream())
                .filter(key -> nodes.contains(nodeKey(key)))
                .forEach(touched::add);
        return touched;
    }

    /// A node's name holds no slash, an id may.
    private static String nodeKey(String key) {
        return key.substring(0, key.indexOf('/') + 1);
    }

    private static List<HealthCheck> nodeChecks(
            PersistentMap<String, RegistrationRecord> all, String nodeKey) {
        var node = all.get(nodeKey);
        return node == null ? List.of() : node.instance().checks();
    }

    private static Optional<ServiceInstance> shown(
            PersistentMap<String, RegistrationRecord> all, String key) {
        var record = all.get(key);
        if (record == null || record.isNode()) {
            return Optional.empty();
        }
        var ofNode = nodeChecks(all, nodeKey(key));
        var instance = record.instance();
        return Optional.of(
                ofNode.isEmpty()
                        ? instance
                        : instance.withChecks(
                                Stream.concat(ofNode.stream(), instance.checks().stream()).toList(),
                                instance.modifyIndex()));
    }

    private void replace(Collection<ServiceInstance> gone, Collection<ServiceInstance> come) {
        snapshots.update(old -> {
            var touched = new HashMap<String, List<ServiceInstance>>();
            gone.forEach(instance -> instances(touched, old, instance).remove(instance));
            come.forEach(instance -> instances(touched, old, instance).add(instance));
            touched.values().forEach(instances -> instances.sort(CatalogSnapshot.ORDER));
            touched.entrySet()
                    .removeIf(entry -> entry.getValue().equals(old.named(entry.getKey())));
            return touched.isEmpty() ? old : old.withLocal(touched);
        });
    }

    private static List<ServiceInstance> instances(
            Map<String, List<ServiceInstance>> touched,
            CatalogSnapshot old,
            ServiceInstance instance) {
        return touched.computeIfAbsent(instance.name(), name -> new ArrayList<>(old.named(name)));
    }

    /// What an owner vouches for at the moment.
    public List<ServiceInstance> ownedBy(String owner) {
        synchronized (byOwner) {
            return byOwner.getOrDefault(owner, List.of());
        }
    }

    /// What live owners vouch for, by owner, for the checkpoint: the store keeps the rest itself.
    public Map<String, List<ServiceInstance>> owners() {
        synchronized (byOwner) {
            return Map.copyOf(byOwner);
        }
    }

    /// Changes what one peer has sent; the change is a pure function of what was there.
    public void imported(PeerName peer, UnaryOperator<ImportedCatalog> change) {
        snapshots.update(old -> {
            var before = old.from(peer);
            var after = change.apply(before);
            return after.equals(before) && old.imported().containsKey(peer)
                    ? old
                    : old.withImported(peer, after);
        });
    }

    /// Forgets a peer and all that came from it.
    public void forget(PeerName peer) {
        snapshots.update(old -> old.imported().containsKey(peer) ? old.without(peer) : old);
    }
}
