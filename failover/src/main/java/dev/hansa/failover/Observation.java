package dev.hansa.failover;

import dev.hansa.exportedservices.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/// What one sidecar has seen of one upstream since it started: counts only grow.
///
/// @param refused connections that no target was found for
/// @param took how many of the others had a target within 1, 2, 4, … ms; the last one: later
public record Observation(
        UpstreamName upstream, long refused, List<Long> took, List<OfTarget> targets) {
    /// Classes of time: the last one is longer than the sidecar tries.
    public static final int TIMES = 16;

    /// Suspects of one target that are told: more say nothing new.
    public static final int MOST_SUSPECTS = 16;

    /// A route has no more targets.
    public static final int MOST_TARGETS = 64;

    public Observation {
        took = List.copyOf(took);
        targets = List.copyOf(targets);
    }

    /// @param label the target's
    /// @param carried connections that it was given
    /// @param open of those, the ones that stand; empty: the sidecar does not count them
    /// @param failed attempts
    public record OfTarget(
            String label, long carried, OptionalLong open, long failed, List<Suspect> suspects) {
        public OfTarget {
            suspects = List.copyOf(suspects);
        }

        private OfTarget plus(OfTarget other) {
            return new OfTarget(
                    label,
                    carried + other.carried,
                    open.isPresent() && other.open.isPresent()
                            ? OptionalLong.of(open.getAsLong() + other.open.getAsLong())
                            : OptionalLong.empty(),
                    failed + other.failed,
                    Stream.concat(suspects.stream(), other.suspects.stream())
                            .limit(MOST_SUSPECTS)
                            .toList());
        }
    }

    /// An endpoint that has failed and has not answered since.
    ///
    /// @param failures one after another
    public record Suspect(Endpoint address, String sign, int failures, Duration lasting) {}

    /// Of two listeners for the same upstream in one sidecar.
    public Observation plus(Observation other) {
        var times = new ArrayList<Long>();
        for (var i = 0; i < TIMES; i++) {
            times.add(at(took, i) + at(other.took, i));
        }
        var all = new LinkedHashMap<String, OfTarget>();
        Stream.concat(targets.stream(), other.targets.stream())
                .forEach(target -> all.merge(target.label(), target, OfTarget::plus));
        return new Observation(upstream, refused + other.refused, times, List.copyOf(all.values()));
    }

    private static long at(List<Long> counts, int index) {
        return index < counts.size() ? counts.get(index) : 0;
    }

    /// The class of a time.
    ///
    /// @param nanos 0 or more
    public static int time(long nanos) {
        return Math.min(TIMES - 1, Long.SIZE - Long.numberOfLeadingZeros(nanos / 1_000_000));
    }
}
