package dev.hansa.gateway.sidecar;

import dev.hansa.failover.Observation;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// What has become of the connections to one upstream since the start. Safe for all event loops.
final class Tally {
    private final LongAdder refused = new LongAdder();
    private final AtomicLongArray took = new AtomicLongArray(Observation.TIMES);
    private final Map<String, Counts> targets = new ConcurrentHashMap<>();

    /// @param open of those carried, the ones that stand
    record Counts(LongAdder carried, LongAdder open, LongAdder failed) {
        Counts() {
            this(new LongAdder(), new LongAdder(), new LongAdder());
        }

        /// A connection that it was given has ended.
        void ended() {
            open.decrement();
        }
    }

    /// A connection was given a target.
    ///
    /// @param nanos since the application had opened it
    /// @return to be told of its end
    Counts carried(String target, long nanos) {
        took.incrementAndGet(Observation.time(nanos));
        var counts = of(target);
        counts.carried().increment();
        counts.open().increment();
        return counts;
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

    /// Forgets targets that are in no route any more and have no connection, once there are many.
    void routeHas(Set<String> labels) {
        if (targets.size() > Observation.MOST_TARGETS) {
            targets.entrySet()
                    .removeIf(one ->
                            !labels.contains(one.getKey()) && one.getValue().open().sum() == 0);
        }
    }

    /// Those to which connections stand, in no order.
    Stream<String> standing() {
        return targets.entrySet().stream()
                .filter(one -> one.getValue().open().sum() > 0)
                .map(Map.Entry::getKey);
    }

    long openTo(String target) {
        var counts = targets.get(target);
        // adders are not read at one moment
        return counts == null ? 0 : Math.max(0, counts.open().sum());
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
