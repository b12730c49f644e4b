package dev.hansa.peering;

import dev.hansa.peering.api.ClientNetwork;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// So many at once of what clients have begun, and so many bytes of it, of each client the oldest
/// first. One client's crowd costs others nothing. Safe from any thread.
final class CrowdByClient<T> {
    private final int most;
    private final long mostBytes;
    private final Map<ClientNetwork, Crowd<T>> all = new LinkedHashMap<>();
    private int count;
    private long bytes;

    private static final class Crowd<T> {
        private final Map<T, Long> sizes = new LinkedHashMap<>();
        private long bytes;
    }

    CrowdByClient(int most, long mostBytes) {
        this.most = most;
        this.mostBytes = mostBytes;
    }

    /// @param size in bytes
    /// @return taken out, if there are too many: the oldest of the clients that have most
    synchronized List<T> add(T one, ClientNetwork client, long size) {
        var his = all.computeIfAbsent(client, _ -> new Crowd<>());
        if (his.sizes.putIfAbsent(one, size) == null) {
            count++;
            bytes += size;
            his.bytes += size;
        }
        var out = new ArrayList<T>();
        while (count > most || bytes > mostBytes) {
            Comparator<Map.Entry<ClientNetwork, Crowd<T>>> order =
                    bytes > mostBytes
                            ? Comparator.comparingLong(each -> each.getValue().bytes)
                            : Comparator.comparingInt(each -> each.getValue().sizes.size());
            var crowd = all.entrySet().stream().max(order).orElseThrow();
            var oldest = crowd.getValue().sizes.keySet().iterator().next();
            remove(oldest, crowd.getKey());
            out.add(oldest);
        }
        return out;
    }

    synchronized void remove(T one, ClientNetwork client) {
        var his = all.get(client);
        var size = his == null ? null : his.sizes.remove(one);
        if (his != null && size != null) {
            count--;
            bytes -= size;
            his.bytes -= size;
            if (his.sizes.isEmpty()) {
                all.remove(client);
            }
        }
    }
}
