package dev.hansa.peering.stream;

import dev.hansa.exportedservices.CatalogCodec;
import dev.hansa.exportedservices.ServiceInstance;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// How much one peer's services take up, as they travel. Services, instances and messages have
/// limits of their own; their product is more memory than anybody has.
final class ImportedBytes {
    private final Map<String, Integer> byName = new HashMap<>();
    private long total;

    /// @param held what an earlier conversation left
    ImportedBytes(Map<String, List<ServiceInstance>> held) {
        held.forEach(
                (name, instances) -> put(name, CatalogCodec.encode(instances).getSerializedSize()));
    }

    /// What it would be with `name` at this size.
    long with(String name, int bytes) {
        return total - byName.getOrDefault(name, 0) + bytes;
    }

    /// A name without bytes is not kept: a peer may withdraw names that never were, without end.
    void put(String name, int bytes) {
        total = with(name, bytes);
        if (bytes == 0) {
            byName.remove(name);
        } else {
            byName.put(name, bytes);
        }
    }

    void retain(Set<String> names) {
        byName.entrySet()
                .removeIf(entry -> {
                    var isGone = !names.contains(entry.getKey());
                    total -= isGone ? entry.getValue() : 0;
                    return isGone;
                });
    }
}
