package dev.hansa.peering;

import dev.hansa.peering.api.ClientNetwork;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How many bytes of answers a server holds for clients who have not taken them. Safe from any
/// thread.
///
/// @param <T> a connection
final class HeldAnswers<T> {
    private final long most;
    private final Map<ClientNetwork, Share<T>> clients = new LinkedHashMap<>();
    private long all;

    /// One client's, by connection; who has held something for longest comes first.
    private static final class Share<T> {
        private final Map<T, Long> connections = new LinkedHashMap<>();
        private long bytes;
    }

    /// @param most bytes; one answer alone may be longer, or nobody would ever get it
    HeldAnswers(long most) {
        this.most = most;
    }

    /// @param bytes that are held for a connection now; 0: none, as when it has ended
    /// @return those to be ended, which count no more: of the client for whom most is held the
    ///   connection that holds most, the oldest first
    synchronized List<T> holds(T connection, ClientNetwork of, long bytes) {
        set(connection, of, bytes);
        var ended = new ArrayList<T>();
        while (all > most && !isAlone()) {
            // of equals the first
            var client =
                    clients.entrySet().stream()
                            .max(Comparator.comparingLong(each -> each.getValue().bytes))
                            .orElseThrow();
            var largest =
                    client.getValue().connections.entrySet().stream()
                            .max(Comparator.comparingLong(Map.Entry::getValue))
                            .orElseThrow()
                            .getKey();
            set(largest, client.getKey(), 0);
            ended.add(largest);
        }
        return ended;
    }

    private boolean isAlone() {
        return clients.size() == 1 && clients.values().iterator().next().connections.size() == 1;
    }

    private void set(T connection, ClientNetwork client, long bytes) {
        var share = clients.computeIfAbsent(client, _ -> new Share<>());
        var before =
                bytes == 0
                        ? share.connections.remove(connection)
                        : share.connections.put(connection, bytes);
        var more = bytes - (before == null ? 0 : before);
        share.bytes += more;
        all += more;
        if (share.connections.isEmpty()) {
            clients.remove(client);
        }
    }
}
