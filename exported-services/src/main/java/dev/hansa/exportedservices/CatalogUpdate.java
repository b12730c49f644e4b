package dev.hansa.exportedservices;

import java.util.HashSet;
import java.util.List;

/// What a peer says has changed in what it lets us see. Both variants state a whole, never a
/// difference, so that applying one twice, or after a lost one, ends in the same catalog.
public sealed interface CatalogUpdate {
    /// The complete instances under one name (a service or its `-sidecar-proxy` companion); none
    /// means that the name is gone.
    record ServiceReplaced(String name, List<ServiceInstance> instances) implements CatalogUpdate {
        public ServiceReplaced {
            instances = List.copyOf(instances);
        }
    }

    /// The names of all services that are exported to us now; whatever else we hold from this peer
    /// is withdrawn.
    record ServicesListed(List<String> names) implements CatalogUpdate {
        public ServicesListed {
            names = List.copyOf(names);
        }
    }

    default ImportedCatalog applyTo(ImportedCatalog catalog) {
        return switch (this) {
            case ServiceReplaced(var name, var instances) -> catalog.with(name, instances);
            case ServicesListed(var names) -> {
                var kept = new HashSet<>(names);
                names.forEach(name -> kept.add(name + ServiceName.SIDECAR_SUFFIX));
                var left = catalog;
                for (var name : catalog.instances().keySet()) {
                    if (!kept.contains(name)) {
                        left = left.with(name, List.of());
                    }
                }
                yield left;
            }
        };
    }
}
