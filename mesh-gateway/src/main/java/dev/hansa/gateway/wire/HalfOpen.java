package dev.hansa.gateway.wire;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.SequencedSet;

/// Connections that have not said yet what they want. They are free to whoever can reach the port,
/// so there is a bound for them, and beyond it the oldest goes for the newcomer: whoever means to
/// speak has spoken long before it is the oldest. Safe for all event loops.
final class HalfOpen {
    private final int most;
    private final SequencedSet<Waiting> all = new LinkedHashSet<>();

    /// One of them.
    static final class Waiting {
        private final Runnable goes;

        /// @param goes closes it, soon, unless it has been decided meanwhile; must not wait
        Waiting(Runnable goes) {
            this.goes = goes;
        }
    }

    /// @param most at once, at least 1
    HalfOpen(int most) {
        this.most = most;
    }

    /// One more; beyond the bound the oldest goes.
    void enter(Waiting one) {
        Optional<Waiting> goes;
        synchronized (this) {
            all.add(one);
            goes = all.size() > most ? Optional.of(all.removeFirst()) : Optional.empty();
        }
        goes.ifPresent(going -> going.goes.run());
    }

    /// It is decided, or closed. Whoever has gone already is not missed.
    synchronized void leave(Waiting one) {
        all.remove(one);
    }

    synchronized int size() {
        return all.size();
    }
}
