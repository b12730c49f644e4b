package dev.hansa.gateway.wire;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;

/// Connections that are not decided yet: nobody knows what they ask for, or who they are. They are
/// free to whoever can reach the port, so there is a bound for them, and beyond it one of them goes
/// for the newcomer: whoever means to speak has spoken long before it is the oldest. Safe for all
/// event loops.
final class HalfOpen {
    /// Of one source before it counts as a crowd: as many as a gateway of a peer has open ahead of
    /// its callers to all others together, so that none is a crowd for those.
    static final int FAIR = ConnectionsAhead.MOST;

    private final int most;
    private final SequencedSet<Waiting> all = new LinkedHashSet<>();

    /// No more than there are connections here.
    private final Map<Long, SequencedSet<Waiting>> sources = new HashMap<>();

    /// Those of the above that are crowds, so no more than `most / FAIR` and one.
    private final Map<Long, SequencedSet<Waiting>> crowds = new HashMap<>();

    /// One of them.
    static final class Waiting {
        private final long source;
        private final long since;
        private final Runnable goes;

        /// @param since of [System#nanoTime], or a test's
        /// @param goes closes it, soon, unless it has been decided meanwhile; must not wait
        Waiting(long source, long since, Runnable goes) {
            this.source = source;
            this.since = since;
            this.goes = goes;
        }
    }

    /// @param most at once, at least 1
    HalfOpen(int most) {
        this.most = most;
    }

    /// One more. Beyond the bound the oldest of the largest crowd goes or, where there is none, the
    /// oldest of all.
    void enter(Waiting one) {
        Optional<Waiting> goes;
        synchronized (this) {
            all.add(one);
            var same = sources.computeIfAbsent(one.source, _ -> new LinkedHashSet<>());
            same.add(one);
            if (same.size() > FAIR) {
                crowds.put(one.source, same);
            }
            goes = all.size() > most ? Optional.of(next()) : Optional.empty();
            goes.ifPresent(this::leave);
        }
        goes.ifPresent(going -> going.goes.run());
    }

    private Waiting next() {
        return crowds.values().stream()
                .max(Comparator.comparingInt(SequencedSet::size))
                .map(SequencedSet::getFirst)
                .orElseGet(all::getFirst);
    }

    /// It is decided, or closed. Whoever has gone already is not missed.
    synchronized void leave(Waiting one) {
        if (!all.remove(one)) {
            return;
        }
        var same = sources.get(one.source);
        if (same == null) {
            return;
        }
        same.remove(one);
        if (same.isEmpty()) {
            sources.remove(one.source);
        }
        if (same.size() <= FAIR) {
            crowds.remove(one.source);
        }
    }

    synchronized int size() {
        return all.size();
    }
}
