package dev.hansa.gateway.sidecar;

import dev.hansa.failover.Observation;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;

/// What has become of the connections to one upstream since the start. Safe for all event loops.
final class Tally {
    private final LongAdder refused = new LongAdder();
    private final AtomicLongArray took = new AtomicLongArray(Observation.TIMES);
    private final Map<String, Counts> targets = new ConcurrentHashMap<>();

    private record Counts(LongAdder carried, LongAdder failed) {
        Counts() {
            this(new LongAdder(), new LongAdder());
        }
    }

    /// A connection was given a target.
    ///
    /// @param nanos since the application had opened it
    void carried(String target, long nanos) {
        took.incrementAndGet(Observation.time(nanos));
        of(target).carried().increment();
    }

    void attemptFailed(String target) {
        of(target).failed().increment();
    }

    void refused() {
        refused.increment();
    }

    private Counts of(String target) {
        return targets.computeIfAbsent(target, _ -> new Counts());
    }

    /// Forgets targets that are in no route any more, once there are many.
    void routeHas(Set<String> labels) {
        if (targets.size() > Observation.MOST_TARGETS) {
            targets.keySet().retainAll(labels);
        }
    }

    long refusals() {
        return refused.sum();
    }

    List<Long> times() {
        return LongStream.range(0, took.length()).map(i -> took.get((int) i)).boxed().toList();
    }

    long carriedBy(String target) {
        var counts = targets.get(target);
        return counts == null ? 0 : counts.carried().sum();
    }

    long failedAt(String target) {
        var counts = targets.get(target);
        return counts == null ? 0 : counts.failed().sum();
    }
}
