package dev.hansa.failover;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/// How connections are divided among a route's healthy targets. The sidecar decides for each
/// connection, since only it knows what it measures; whatever is chosen first, the others follow in
/// the order of the route.
public sealed interface Spread {
    /// By latency one connection in so many goes to another healthy target, so that what was
    /// measured once does not stand for ever.
    int EXPLORE = 32;

    /// The order in which one connection tries the targets.
    ///
    /// @param measured how long a target takes to answer, in nanoseconds, as far as that is known
    default List<Target> order(
            List<Target> targets, RandomGenerator random, Function<Target, OptionalLong> measured) {
        var healthy = targets.stream().filter(target -> target.health().healthy()).toList();
        if (healthy.size() < 2) {
            return targets;
        }
        return switch (this) {
            case Sequential _ -> targets;
            case ByLatency _ -> first(soonest(healthy, random, measured), targets);
            case Weighted(var weights) -> first(byChance(healthy, weights, random), targets);
        };
    }

    /// The chosen one, then the others in their order.
    static List<Target> first(Target chosen, List<Target> targets) {
        var order = new ArrayList<Target>(targets.size());
        order.add(chosen);
        targets.stream().filter(target -> target != chosen).forEach(order::add);
        return List.copyOf(order);
    }

    /// Of those that are not measured the first, since the order is all that is known of them.
    private static Target soonest(
            List<Target> healthy, RandomGenerator random, Function<Target, OptionalLong> measured) {
        if (random.nextInt(EXPLORE) == 0) {
            return healthy.get(random.nextInt(healthy.size()));
        }
        var soonest = healthy.getFirst();
        for (var target : healthy) {
            var time = measured.apply(target);
            var best = measured.apply(soonest);
            if (time.isPresent() && best.isPresent() && time.getAsLong() < best.getAsLong()) {
                soonest = target;
            }
        }
        return soonest;
    }

    private static Target byChance(
            List<Target> healthy, Map<String, Integer> weights, RandomGenerator random) {
        var sum = healthy.stream().mapToInt(target -> weight(target, weights)).sum();
        if (sum == 0) {
            return healthy.getFirst();
        }
        var ticket = random.nextInt(sum);
        for (var target : healthy) {
            ticket -= weight(target, weights);
            if (ticket < 0) {
                return target;
            }
        }
        throw new IllegalStateException("a ticket above the sum of all weights");
    }

    private static int weight(Target target, Map<String, Integer> weights) {
        // a peer that is called as we call ourselves is not meant
        var isMeant = target instanceof Target.LocalTarget || !target.place().equals(Target.LOCAL);
        return isMeant ? weights.getOrDefault(target.place(), 0) : 0;
    }

    /// The first healthy one takes all.
    ///
    /// @param failback over how long a sidecar moves its connections back to a target that is
    ///   healthy again; 0: at once
    record Sequential(Duration failback) implements Spread {
        /// Longer than that nothing takes to get warm.
        public static final Duration LONGEST_FAILBACK = Duration.ofHours(1);

        public Sequential {
            if (failback.isNegative() || failback.compareTo(LONGEST_FAILBACK) > 0) {
                throw new IllegalArgumentException(
                        "failback: expected 0 to " + LONGEST_FAILBACK + "; found " + failback);
            }
        }

        /// Back at once.
        public Sequential() {
            this(Duration.ZERO);
        }
    }

    /// The one that the sidecar has found to answer soonest.
    record ByLatency() implements Spread {}

    /// By chance, in these parts; a target without one takes connections only when no other is
    /// healthy.
    ///
    /// @param weights by the target's place (`local`, or a peer's name), each from 1 to 1000
    record Weighted(Map<String, Integer> weights) implements Spread {
        /// Finer parts than thousandths are not seen.
        public static final int MOST = 1000;

        public Weighted {
            weights = Map.copyOf(weights);
            for (var weight : weights.entrySet()) {
                if (weight.getValue() < 1 || weight.getValue() > MOST) {
                    throw new IllegalArgumentException(
                            "weight of '"
                                    + weight.getKey()
                                    + "': expected 1 to "
                                    + MOST
                                    + "; found "
                                    + weight.getValue());
                }
            }
        }
    }
}
