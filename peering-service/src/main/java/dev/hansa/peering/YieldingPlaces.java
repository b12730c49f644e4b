package dev.hansa.peering;

import dev.hansa.peering.api.ClientNetwork;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A listener's connections by client, and which of them give their places to newcomers when all
/// are taken. As many as the listener takes on. Safe from any thread.
///
/// @param <T> a connection
final class YieldingPlaces<T> {
    private final Map<ClientNetwork, Share<T>> clients = new LinkedHashMap<>();

    /// One client's, of each kind the oldest first.
    private static final class Share<T> {
        private final Set<T> all = new LinkedHashSet<>();
        private final Set<T> unused = new LinkedHashSet<>();
        private final Set<T> inHeader = new LinkedHashSet<>();

        private int yielding() {
            return unused.size() + inHeader.size();
        }
    }

    /// Whose client has said nothing since he was answered. One that is it already keeps its turn.
    synchronized void unused(T one, ClientNetwork client) {
        var share = share(one, client);
        share.inHeader.remove(one);
        share.unused.add(one);
    }

    /// Whose client has not said a whole request.
    synchronized void inHeader(T one, ClientNetwork client) {
        var share = share(one, client);
        share.unused.remove(one);
        share.inHeader.add(one);
    }

    /// Which yields to nobody.
    synchronized void used(T one, ClientNetwork client) {
        var share = clients.get(client);
        if (share != null) {
            share.inHeader.remove(one);
            share.unused.remove(one);
        }
    }

    private Share<T> share(T one, ClientNetwork client) {
        var share = clients.computeIfAbsent(client, _ -> new Share<>());
        share.all.add(one);
        return share;
    }

    synchronized void ended(T one, ClientNetwork client) {
        used(one, client);
        var share = clients.get(client);
        if (share != null && share.all.remove(one) && share.all.isEmpty()) {
            clients.remove(client);
        }
    }

    /// Whose turn it is, once: of the client that has most connections that can yield, one that is
    /// not used, or else one whose request is not whole. Those that wait for their answers do not
    /// count: whoever has many of these would lose all others to a crowd of addresses with fewer.
    /// Among clients that have as many, whoever has one that is not used comes first.
    synchronized Optional<T> next() {
        var most =
                clients.values().stream()
                        .filter(share -> share.yielding() > 0)
                        .max(
                                Comparator.<Share<T>>comparingInt(Share::yielding)
                                        .thenComparing(share -> !share.unused.isEmpty()));
        if (most.isEmpty()) {
            return Optional.empty();
        }
        var share = most.get();
        var yielding = share.unused.isEmpty() ? share.inHeader : share.unused;
        var oldest = yielding.iterator().next();
        yielding.remove(oldest);
        return Optional.of(oldest);
    }
}
