package dev.hansa.peering.cluster;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.trustbundle.PeerName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// What runs here and what peers let us see, now. Owners write their own part: each proxy's stream
/// the instances that it vouches for, the store the registrations without a live owner, each peer's
/// session what it imports.
public final class LiveCatalog {
    /// The owner of all registrations that the store holds.
    public static final String STORE = "store";

    private final Latest<CatalogSnapshot> snapshots = new Latest<>(CatalogSnapshot.EMPTY);
    private final Map<String, List<ServiceInstance>> byOwner = new HashMap<>();

    public Latest<CatalogSnapshot> snapshots() {
        return snapshots;
    }

    /// Replaces all that `owner` vouches for; an empty list forgets the owner.
    public void publish(String owner, Collection<ServiceInstance> instances) {
        synchronized (byOwner) {
            if (instances.isEmpty()) {
                byOwner.remove(owner);
            } else {
                byOwner.put(owner, List.copyOf(instances));
            }
            var local = local();
            snapshots.update(old ->
                    old.local().equals(local)
                            ? old
                            : new CatalogSnapshot(old.version() + 1, local, old.imported()));
        }
    }

    /// What an owner vouches for at the moment.
    public List<ServiceInstance> ownedBy(String owner) {
        synchronized (byOwner) {
            return byOwner.getOrDefault(owner, List.of());
        }
    }

    /// Everything local by who vouches for it, for the checkpoint.
    public Map<String, List<ServiceInstance>> owners() {
        synchronized (byOwner) {
            return Map.copyOf(byOwner);
        }
    }

    private Map<String, List<ServiceInstance>> local() {
        var local = new TreeMap<String, List<ServiceInstance>>();
        byOwner.values().stream()
                .flatMap(List::stream)
                .sorted(
                        Comparator.comparing((ServiceInstance instance) -> instance.node().name())
                                .thenComparing(ServiceInstance::id))
                .forEach(instance ->
                        local.computeIfAbsent(instance.name(), _ -> new ArrayList<>())
                                .add(instance));
        return local;
    }

    /// Changes what one peer has sent; the change is a pure function of what was there.
    public void imported(PeerName peer, UnaryOperator<ImportedCatalog> change) {
        snapshots.update(old -> {
            var before = old.from(peer);
            var after = change.apply(before);
            if (after.equals(before) && old.imported().containsKey(peer)) {
                return old;
            }
            var imported = new TreeMap<>(old.imported());
            imported.put(peer, after);
            return new CatalogSnapshot(old.version() + 1, old.local(), imported);
        });
    }

    /// Forgets a peer and all that came from it.
    public void forget(PeerName peer) {
        snapshots.update(old -> {
            if (!old.imported().containsKey(peer)) {
                return old;
            }
            var imported = new TreeMap<>(old.imported());
            imported.remove(peer);
            return new CatalogSnapshot(old.version() + 1, old.local(), imported);
        });
    }
}
