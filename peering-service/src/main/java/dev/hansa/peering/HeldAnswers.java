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

    /// One connection's.
    ///
    /// @param longest bytes of its longest answer, which are among them
    private record Held(long bytes, long longest) {}

    /// One client's, by connection; who has held something for longest comes first.
    private static final class Share<T> {
        private final Map<T, Held> connections = new LinkedHashMap<>();
        private long bytes;

        /// Without the answer that does not count.
        long counted(T longest) {
            var held = connections.get(longest);
            return held == null ? bytes : bytes - held.longest();
        }
    }

    /// @param most bytes, and beside them the longest answer, which may be longer alone: nobody
    ///   would ever get it otherwise, while another holds a byte
    HeldAnswers(long most) {
        this.most = most;
    }

    /// @param bytes that are held for a connection now; 0: none, as when it has ended
    /// @param longest bytes of its longest answer, which are among them
    /// @return those to be ended, which count no more: of the client for whom most is held the
    ///   connection that holds most, the oldest first, all without the longest answer of all. Of
    ///   equals the last that came is the longest: who takes his time does not shut out others
    synchronized List<T> holds(T connection, ClientNetwork of, long bytes, long longest) {
        set(connection, of, new Held(bytes, longest));
        var ended = new ArrayList<T>();
        while (all > most) {
            var spared = longest(connection);
            if (all - spared.getValue().longest() <= most) {
                break;
            }
            // of equals the first
            var client =
                    clients.entrySet().stream()
                            .max(
                                    Comparator.comparingLong(
                                            each -> each.getValue().counted(spared.getKey())))
                            .orElseThrow();
            var largest =
                    client.getValue().connections.entrySet().stream()
                            .max(Comparator.comparingLong(each -> counted(each, spared)))
                            .orElseThrow()
                            .getKey();
            set(largest, client.getKey(), new Held(0, 0));
            ended.add(largest);
        }
        return ended;
    }

    private static <T> long counted(Map.Entry<T, Held> one, Map.Entry<T, Held> spared) {
        var held = one.getValue();
        return one.getKey().equals(spared.getKey()) ? held.bytes() - held.longest() : held.bytes();
    }

    /// The one with the longest answer.
    private Map.Entry<T, Held> longest(T last) {
        return clients.values().stream()
                .flatMap(share -> share.connections.entrySet().stream())
                .max(
                        Comparator.comparingLong(
                                        (Map.Entry<T, Held> each) -> each.getValue().longest())
                                .thenComparing(each -> each.getKey().equals(last)))
                .orElseThrow();
    }

    private void set(T connection, ClientNetwork client, Held held) {
        var share = clients.computeIfAbsent(client, _ -> new Share<>());
        var before =
                held.bytes() == 0
                        ? share.connections.remove(connection)
                        : share.connections.put(connection, held);
        var more = held.bytes() - (before == null ? 0 : before.bytes());
        share.bytes += more;
        all += more;
        if (share.connections.isEmpty()) {
            clients.remove(client);
        }
    }
}
