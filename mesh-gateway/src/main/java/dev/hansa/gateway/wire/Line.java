package dev.hansa.gateway.wire;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;

/// A part of those that are half open, in the order in which they have come into it, with whom each
/// counts for: a flood asks it for one with each connection, so nothing here is looked for one by
/// one. Bounded by [HalfOpen]. Not safe for several threads.
final class Line<W extends HalfOpen.Waiting> {
    private final SequencedSet<W> all = new LinkedHashSet<>();
    private final Map<Long, SequencedSet<W>> sources = new HashMap<>();

    /// Sources by how many they have here.
    private final NavigableMap<Integer, SequencedSet<Long>> counts = new TreeMap<>();

    int size() {
        return all.size();
    }

    void add(W one) {
        var same = sources.computeIfAbsent(one.source, _ -> new LinkedHashSet<>());
        var before = same.size();
        all.add(one);
        same.add(one);
        counted(one.source, before, same.size());
    }

    void remove(W one) {
        var same = sources.get(one.source);
        if (same == null || !same.remove(one)) {
            return;
        }
        all.remove(one);
        counted(one.source, same.size() + 1, same.size());
        if (same.isEmpty()) {
            sources.remove(one.source);
        }
    }

    private void counted(long source, int before, int now) {
        counts.computeIfPresent(
                before,
                (_, those) -> {
                    those.remove(source);
                    return those.isEmpty() ? null : those;
                });
        if (now > 0) {
            counts.computeIfAbsent(now, _ -> new LinkedHashSet<>()).add(source);
        }
    }

    Optional<W> oldest() {
        return all.isEmpty() ? Optional.empty() : Optional.of(all.getFirst());
    }

    Optional<W> oldestOf(long source) {
        return Optional.ofNullable(sources.get(source)).map(SequencedSet::getFirst);
    }

    /// The oldest of the source that has most.
    ///
    /// @return empty: none has more than these
    Optional<W> oldestOfMany(int few) {
        var most = counts.lastEntry();
        return most == null || most.getKey() <= few
                ? Optional.empty()
                : oldestOf(most.getValue().getFirst());
    }
}
