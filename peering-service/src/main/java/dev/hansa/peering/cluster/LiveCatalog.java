package dev.hansa.peering.cluster;

import dev.hansa.bootstrap.Latest;
import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.trustbundle.PeerName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What runs here and what peers let us see, now. Owners write their own part: each proxy's stream
/// the instances that it vouches for, the store the registrations without a live owner, each peer's
/// session what it imports. A change costs what it changes, however much there is.
public final class LiveCatalog {
    private final Latest<CatalogSnapshot> snapshots = new Latest<>(CatalogSnapshot.EMPTY);
    private final Map<String, List<ServiceInstance>> byOwner = new HashMap<>();

    /// Who vouches for something under a key of registrations.
    private final Map<String, Set<String>> owners = new HashMap<>();

    private PersistentMap<String, RegistrationRecord> registrations = PersistentMap.empty();

    private final Latest<Knowledge> knowledge = new Latest<>(Knowledge.PART);

    public Latest<CatalogSnapshot> snapshots() {
        return snapshots;
    }

    /// Whether who is in it are all: an earlier life of this server left it so, the leader has told
    /// it so, or whoever was away has had the time to come back.
    public Latest<Knowledge> knowledge() {
        return knowledge;
    }

    /// Replaces all that `owner` vouches for; an empty list forgets the owner.
    public void publish(String owner, Collection<ServiceInstance> instances) {
        synchronized (byOwner) {
            var before = ownedBy(owner);
            var keys =
                    Stream.concat(before.stream(), instances.stream())
                            .flatMap(one -> Stream.of(key(one), ownKey(one)))
                            .collect(Collectors.toSet());
            var gone = shown(keys, registrations);
            before.forEach(one -> vouching(key(one), owner, false));
            if (instances.isEmpty()) {
                byOwner.remove(owner);
            } else {
                byOwner.put(owner, List.copyOf(instances));
            }
            instances.forEach(one -> vouching(key(one), owner, true));
            replace(gone, shown(keys, registrations));
        }
    }

    private void vouching(String key, String owner, boolean vouches) {
        var all = owners.computeIfAbsent(key, _ -> new LinkedHashSet<>());
        if (vouches) {
            all.add(owner);
        } else {
            all.remove(owner);
        }
        if (all.isEmpty()) {
            owners.remove(key);
        }
    }

    /// Replaces all that the store holds without a live owner. What is registered of a node alone
    /// is no instance: its checks are those of each instance that is registered there.
    public void registered(Map<String, RegistrationRecord> all) {
        synchronized (byOwner) {
            var now = PersistentMap.<String, RegistrationRecord>copyOf(all);
            var touched = touched(registrations, now);
            var gone = shown(touched, registrations);
            registrations = now;
            replace(gone, shown(touched, now));
        }
    }

    /// Where a registration of the same service would be; a sidecar is where its service is.
    private static String key(ServiceInstance instance) {
        var id = instance.id();
        return RegistrationRecord.key(
                instance.node().name(),
                instance.kind() == ServiceKind.CONNECT_PROXY
                                && id.endsWith(ServiceName.SIDECAR_SUFFIX)
                        ? id.substring(0, id.length() - ServiceName.SIDECAR_SUFFIX.length())
                        : id);
    }

    /// Where somebody may have registered the same, also a sidecar before it joined.
    private static String ownKey(ServiceInstance instance) {
        return RegistrationRecord.key(instance.node().name(), instance.id());
    }

    /// Has the proxy joined that was registered here.
    private boolean hasJoined(ServiceInstance registered) {
        return owners.getOrDefault(key(registered), Set.of()).stream()
                .flatMap(owner -> ownedBy(owner).stream())
                .anyMatch(one -> ownKey(one).equals(ownKey(registered)));
    }

    private List<ServiceInstance> shown(
            Set<String> keys, PersistentMap<String, RegistrationRecord> all) {
        return keys.stream().flatMap(key -> shown(key, all)).toList();
    }

    /// What stands under one key. Where a sidecar vouches for a service that its machine's agent
    /// has registered, they are one instance: the sidecar says that it is there, the registration
    /// adds the checks, tags and meta that it knows of.
    private Stream<ServiceInstance> shown(
            String key, PersistentMap<String, RegistrationRecord> all) {
        var live =
                owners.getOrDefault(key, Set.of()).stream()
                        .flatMap(owner -> ownedBy(owner).stream())
                        .filter(one -> key(one).equals(key))
                        .toList();
        var record = all.get(key);
        if (record == null || record.isNode()) {
            return live.stream();
        }
        if (record.instance().isUnjoinedProxy()) {
            // one that has joined speaks for itself
            return hasJoined(record.instance())
                    ? live.stream()
                    : Stream.concat(live.stream(), Stream.of(alone(all, key, record)));
        }
        var name = record.instance().name();
        if (live.stream().noneMatch(one -> one.name().equals(name))) {
            return Stream.concat(live.stream(), Stream.of(alone(all, key, record)));
        }
        var more =
                Stream.concat(
                                // the sidecar's own stream says whether its machine is there
                                nodeChecks(all, nodeKey(key)).stream()
                                        .filter(one -> !one.id().equals(HealthCheck.NODE_ALIVE)),
                                record.instance().checks().stream())
                        .toList();
        // its checks are in what is added
        var said = record.instance().withChecks(List.of(), record.instance().modifyIndex());
        return live.stream()
                .map(one -> one.name().equals(name) ? one.with(said) : one)
                .map(one -> carries(one, name) ? with(one, more) : one);
    }

    private static boolean carries(ServiceInstance instance, String service) {
        return instance.destination()
                .map(ServiceName::value)
                .orElse(instance.name())
                .equals(service);
    }

    /// What the sidecar says itself stands.
    private static ServiceInstance with(ServiceInstance instance, List<HealthCheck> more) {
        var own = instance.checks().stream().map(HealthCheck::id).toList();
        var added = more.stream().filter(one -> !own.contains(one.id())).toList();
        return added.isEmpty()
                ? instance
                : instance.withChecks(
                        Stream.concat(added.stream(), instance.checks().stream()).toList(),
                        instance.modifyIndex());
    }

    /// The keys whose instance may be shown otherwise: with a node all that is there.
    private static Set<String> touched(
            PersistentMap<String, RegistrationRecord> before,
            PersistentMap<String, RegistrationRecord> now) {
        var changed = now.changedSince(before);
        var nodes =
                changed.stream()
                        .filter(key -> nodeKey(key).equals(key))
                        .filter(key ->
                                !nodeChecks(before, key).equals(nodeChecks(now, key))
                                        || !node(before, key).equals(node(now, key)))
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

    private static Optional<NodeRecord> node(
            PersistentMap<String, RegistrationRecord> all, String nodeKey) {
        return Optional.ofNullable(all.get(nodeKey)).map(found -> found.instance().node());
    }

    /// With what its node has, which may have been registered anew since.
    private static ServiceInstance alone(
            PersistentMap<String, RegistrationRecord> all, String key, RegistrationRecord record) {
        var ofNode = nodeChecks(all, nodeKey(key));
        var instance =
                node(all, nodeKey(key)).map(record.instance()::at).orElseGet(record::instance);
        return ofNode.isEmpty()
                ? instance
                : instance.withChecks(
                        Stream.concat(ofNode.stream(), instance.checks().stream()).toList(),
                        instance.modifyIndex());
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

    /// Whoever begins has heard no peer yet: what was imported, by an earlier life or another
    /// server, stays as it was heard last, and not as that of peers that are connected. Of those
    /// that are no peers any more it goes.
    public void unheard(Predicate<PeerName> isPeer) {
        for (var peer : snapshots.get().imported().keySet()) {
            if (isPeer.test(peer)) {
                imported(peer, held -> held.heard(held.heardAt(), false));
            } else {
                forget(peer);
            }
        }
    }

    /// Forgets a peer and all that came from it.
    public void forget(PeerName peer) {
        snapshots.update(old -> old.imported().containsKey(peer) ? old.without(peer) : old);
    }
}
