package dev.hansa.gateway.wire;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;

/// What one source has of a listener's connections, so that none has them all, and which sources
/// have been served. Not safe for several threads.
final class Sources {
    private static final long SECOND = 1_000_000_000;

    /// Sources that are remembered as served: some 300 KiB, and more than call one gateway in a
    /// busy hour, as clusters come from a few addresses each. Whoever is forgotten is known again
    /// with its next call.
    private static final int MOST_SERVED = 4096;

    private final int most;
    private final int perSecond;

    /// One for each connection that stands, at most.
    private final Map<Long, Integer> open = new HashMap<>();

    /// Of the second that goes on; one for each connection that was let in since, at most.
    private final Map<Long, Integer> came = new HashMap<>();

    /// The one that was served last is the last.
    private final SequencedSet<Long> served = new LinkedHashSet<>();

    private long second;

    /// @param most connections of one source
    /// @param perSecond new ones of it
    /// @param now of the clock that [#isTooQuick] is told
    Sources(int most, int perSecond, long now) {
        this.most = most;
        this.perSecond = perSecond;
        this.second = now;
    }

    boolean isFull(long source) {
        return open.getOrDefault(source, 0) >= most;
    }

    boolean isTooQuick(long source, long now) {
        if (now - second >= SECOND) {
            second = now;
            came.clear();
        }
        return came.getOrDefault(source, 0) >= perSecond;
    }

    /// A new one.
    void came(long source) {
        came.merge(source, 1, Integer::sum);
        enter(source);
    }

    /// It has a place.
    void enter(long source) {
        open.merge(source, 1, Integer::sum);
    }

    void left(long source) {
        open.computeIfPresent(source, (_, count) -> count == 1 ? null : count - 1);
    }

    /// A connection of it reached what it asked for.
    void served(long source) {
        served.remove(source);
        served.add(source);
        if (served.size() > MOST_SERVED) {
            served.removeFirst();
        }
    }

    boolean isServed(long source) {
        return served.contains(source);
    }
}
