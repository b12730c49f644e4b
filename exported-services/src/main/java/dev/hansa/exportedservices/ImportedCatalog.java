package dev.hansa.exportedservices;

import dev.hansa.bootstrap.PersistentMap;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// Everything that one peer has sent us, by the name it came under (services and their
/// `-sidecar-proxy` companions). It outlives the stream: a lost peer never empties it.
///
/// @param heardAt when the peer was last heard from
/// @param connected whether its stream is up
public record ImportedCatalog(
        Map<String, List<ServiceInstance>> instances, Instant heardAt, boolean connected) {
    public static final ImportedCatalog EMPTY = new ImportedCatalog(Map.of(), Instant.EPOCH, false);

    public ImportedCatalog {
        instances = PersistentMap.copyOf(instances);
    }

    public List<ServiceInstance> named(String name) {
        return instances.getOrDefault(name, List.of());
    }

    /// The names of real services, sorted, proxies left out.
    public List<String> serviceNames() {
        return instances.keySet().stream()
                .filter(name -> !name.endsWith(ServiceName.SIDECAR_SUFFIX))
                .sorted()
                .toList();
    }

    /// Replaces one name's instances whole; an empty list removes the name. The same catalog when
    /// that changes nothing.
    public ImportedCatalog with(String name, List<ServiceInstance> replacement) {
        var held = PersistentMap.copyOf(instances);
        if (replacement.equals(named(name))) {
            return this;
        }
        return new ImportedCatalog(
                replacement.isEmpty()
                        ? held.without(name)
                        : held.with(name, List.copyOf(replacement)),
                heardAt,
                connected);
    }

    public ImportedCatalog heard(Instant at, boolean isConnected) {
        return new ImportedCatalog(instances, at, isConnected);
    }
}
