package dev.hansa.peering;

import dev.hansa.peering.api.ClientNetwork;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// So many at once of what clients have begun, of each client the oldest first. One client's crowd
/// costs others nothing. Safe from any thread.
final class CrowdByClient<T> {
    private final Map<ClientNetwork, Set<T>> all = new LinkedHashMap<>();
    private int count;

    /// @return the oldest of the client that has most, taken out, if there are more than `most`
    synchronized Optional<T> add(T one, ClientNetwork client, int most) {
        if (all.computeIfAbsent(client, _ -> new LinkedHashSet<>()).add(one)) {
            count++;
        }
        if (count <= most) {
            return Optional.empty();
        }
        var crowd =
                all.entrySet().stream()
                        .max(Comparator.comparingInt(each -> each.getValue().size()))
                        .orElseThrow();
        var oldest = crowd.getValue().iterator().next();
        remove(oldest, crowd.getKey());
        return Optional.of(oldest);
    }

    synchronized void remove(T one, ClientNetwork client) {
        var his = all.get(client);
        if (his != null && his.remove(one)) {
            count--;
            if (his.isEmpty()) {
                all.remove(client);
            }
        }
    }
}
