package dev.hansa.peering.checks;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/// A fixed number of places, of which an owner has at most [#SHARE] times as many as are free. Who
/// is alone has three quarters of all, two have three sevenths each, and so on: equal parts, and
/// there is room for whoever comes, however long the others keep theirs. Not for several threads.
final class FairShare {
    /// More would leave less room for whoever comes, fewer would leave more places without use.
    private static final int SHARE = 3;

    private final int places;
    private int taken;

    /// None with zero, so that there are no more than places.
    private final Map<String, Integer> takenBy = new HashMap<>();

    /// Those who were not given all that they waited for last time, and how many the one of them
    /// has who has fewest.
    private final Set<String> left = new HashSet<>();

    private int fewest;

    FairShare(int places) {
        this.places = places;
    }

    /// What waits of one owner.
    ///
    /// @param waiting each as its number among all that wait
    private record Line(String owner, ArrayDeque<Integer> waiting) {
        int first() {
            return waiting.getFirst();
        }
    }

    /// Hands out places. Whoever has the fewest comes first; of those, whose first stands before
    /// that of others in the list.
    ///
    /// @param takes is told of each that has a place from now on
    /// @return whether all have one
    <T> boolean handOut(List<T> waiting, Function<T, String> owner, Consumer<T> takes) {
        var byOwner = new HashMap<String, Line>();
        for (var i = 0; i < waiting.size(); i++) {
            byOwner.computeIfAbsent(
                            owner.apply(waiting.get(i)), name -> new Line(name, new ArrayDeque<>()))
                    .waiting()
                    .add(i);
        }
        var lines =
                new PriorityQueue<Line>(
                        Comparator.comparingInt((Line line) -> takenBy(line.owner()))
                                .thenComparingInt(Line::first));
        lines.addAll(byOwner.values());
        left.clear();
        while (!lines.isEmpty()) {
            var line = lines.remove();
            if (!mayTake(takenBy(line.owner()))) {
                // and nobody else has fewer
                fewest = takenBy(line.owner());
                left.add(line.owner());
                lines.forEach(each -> left.add(each.owner()));
                return false;
            }
            taken++;
            takenBy.merge(line.owner(), 1, Integer::sum);
            takes.accept(waiting.get(line.waiting().removeFirst()));
            if (!line.waiting().isEmpty()) {
                lines.add(line);
            }
        }
        return true;
    }

    /// One of an owner's places is free again.
    ///
    /// @return whether one who was left waiting may have a place now
    boolean free(String owner) {
        taken--;
        takenBy.computeIfPresent(owner, (_, count) -> count == 1 ? null : count - 1);
        if (left.contains(owner)) {
            fewest = Math.min(fewest, takenBy(owner));
        }
        return !left.isEmpty() && mayTake(fewest);
    }

    private boolean mayTake(int has) {
        return has < SHARE * (places - taken);
    }

    private int takenBy(String owner) {
        return takenBy.getOrDefault(owner, 0);
    }
}
