package dev.hansa.failover;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/// Connections to one upstream during a time, over all sidecars that call it.
///
/// @param carried by target
/// @param failed attempts, by target: the connection then went to another, or was refused
/// @param took how many had a target within 1, 2, 4, … ms; the last one: later
public record Traffic(
        Map<String, Long> carried, Map<String, Long> failed, long refused, List<Long> took) {
    public Traffic {
        carried = Collections.unmodifiableMap(new TreeMap<>(carried));
        failed = Collections.unmodifiableMap(new TreeMap<>(failed));
        took = List.copyOf(took);
    }

    /// What came between two looks at the same sidecars.
    ///
    /// @param before by sidecar; one that is not there began from nothing, and one that counts less
    ///   now has started again
    public static Traffic between(Map<String, Observation> before, Map<String, Observation> after) {
        var carried = new TreeMap<String, Long>();
        var failed = new TreeMap<String, Long>();
        var refused = 0L;
        var took = new ArrayList<>(Collections.nCopies(Observation.TIMES, 0L));
        for (var sidecar : after.entrySet()) {
            var now = sidecar.getValue();
            var old = before.get(sidecar.getKey());
            var then = old == null || total(old) > total(now) ? nothing(now) : old;
            refused += Math.max(0, now.refused() - then.refused());
            for (var i = 0; i < now.took().size() && i < took.size(); i++) {
                var earlier = i < then.took().size() ? then.took().get(i) : 0L;
                took.set(i, took.get(i) + Math.max(0, now.took().get(i) - earlier));
            }
            for (var target : now.targets()) {
                var was =
                        then.targets().stream()
                                .filter(one -> one.label().equals(target.label()))
                                .findFirst();
                add(
                        carried,
                        target.label(),
                        target.carried() - was.map(Observation.OfTarget::carried).orElse(0L));
                add(
                        failed,
                        target.label(),
                        target.failed() - was.map(Observation.OfTarget::failed).orElse(0L));
            }
        }
        return new Traffic(carried, failed, refused, took);
    }

    private static void add(Map<String, Long> counts, String label, long more) {
        if (more > 0) {
            counts.merge(label, more, Long::sum);
        }
    }

    private static long total(Observation observation) {
        return sum(observation.took()) + observation.refused();
    }

    private static long sum(Collection<Long> counts) {
        return counts.stream().mapToLong(Long::longValue).sum();
    }

    private static Observation nothing(Observation of) {
        return new Observation(of.upstream(), 0, List.of(), List.of());
    }

    /// All that were given a target.
    public long served() {
        return sum(took);
    }

    /// Within how many milliseconds so many of a hundred had a target; a power of two. Empty when
    /// nobody had one, and when it was longer than the last class but one tells.
    ///
    /// @param percent from 1 to 100
    public OptionalLong withinMillis(int percent) {
        var wanted = Math.ceilDiv(served() * percent, 100);
        var count = 0L;
        for (var i = 0; i < took.size() - 1; i++) {
            count += took.get(i);
            if (wanted > 0 && count >= wanted) {
                return OptionalLong.of(1L << i);
            }
        }
        return OptionalLong.empty();
    }
}
