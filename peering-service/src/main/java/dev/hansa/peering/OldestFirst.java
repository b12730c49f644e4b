package dev.hansa.peering;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/// Those who wait for the same, the oldest first. Whoever adds to it bounds it. Safe from any
/// thread.
final class OldestFirst<T> {
    private final Set<T> all = new LinkedHashSet<>();

    /// Who is in it already keeps his place.
    synchronized void add(T one) {
        all.add(one);
    }

    synchronized void remove(T one) {
        all.remove(one);
    }

    /// Takes the oldest out.
    synchronized Optional<T> oldest() {
        var oldest = all.stream().findFirst();
        oldest.ifPresent(all::remove);
        return oldest;
    }
}
