package dev.hansa.peering.acl;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// The catalog as whoever shows no token may see it: what is answered by DNS, which has no place
/// for one.
public final class VisibleCatalog implements Supplier<CatalogSnapshot> {
    private final AccessControl control;
    private final Supplier<CatalogSnapshot> catalog;
    private volatile Filtered filtered =
            new Filtered(CatalogSnapshot.EMPTY, Access.NOTHING, CatalogSnapshot.EMPTY);

    /// Made anew when one of the first two is another.
    private record Filtered(CatalogSnapshot of, Access by, CatalogSnapshot seen) {}

    public VisibleCatalog(AccessControl control, Supplier<CatalogSnapshot> catalog) {
        this.control = control;
        this.catalog = catalog;
    }

    @Override
    public CatalogSnapshot get() {
        var all = catalog.get();
        var access = control.access(Optional.empty()).orElse(Access.NOTHING);
        if (access == Access.EVERYTHING) {
            return all;
        }
        var now = filtered;
        if (now.of() != all || now.by() != access) {
            now = new Filtered(all, access, seen(all, access));
            filtered = now;
        }
        return now.seen();
    }

    /// Whether a service of this name may be seen, be it there or not.
    public boolean sees(ServiceName service) {
        return control.access(Optional.empty())
                .orElse(Access.NOTHING)
                .allows(Need.read(Resource.SERVICE, service.value()));
    }

    /// A peer of whose services none may be seen is not there either, except to who may see
    /// peerings.
    static CatalogSnapshot seen(CatalogSnapshot all, Access access) {
        if (access.isNothing()) {
            return new CatalogSnapshot(all.version(), Map.of(), Map.of());
        }
        Predicate<ServiceInstance> service =
                one -> access.allows(Need.read(Resource.SERVICE, one.name()));
        var imported = new HashMap<PeerName, ImportedCatalog>();
        all.imported()
                .forEach((peer, from) -> {
                    var some = kept(from.instances(), service);
                    if (!some.isEmpty() || access.allows(Need.read(Resource.PEERING))) {
                        imported.put(
                                peer, new ImportedCatalog(some, from.heardAt(), from.connected()));
                    }
                });
        return new CatalogSnapshot(
                all.version(),
                kept(
                        all.local(),
                        service.and(
                                one -> access.allows(Need.read(Resource.NODE, one.node().name())))),
                imported);
    }

    private static Map<String, List<ServiceInstance>> kept(
            Map<String, List<ServiceInstance>> all, Predicate<ServiceInstance> wanted) {
        var kept = new HashMap<String, List<ServiceInstance>>();
        all.forEach((name, instances) -> {
            var some = instances.stream().filter(wanted).toList();
            if (!some.isEmpty()) {
                // the same list where nothing is left out, so that followers see no change
                kept.put(name, some.size() == instances.size() ? instances : some);
            }
        });
        return kept;
    }
}
