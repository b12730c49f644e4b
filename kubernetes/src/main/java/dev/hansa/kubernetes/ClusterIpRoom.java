package dev.hansa.kubernetes;

import dev.hansa.failover.ClusterIpBounds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Which Services have their place in the entry where there are more than it holds: those of all
/// namespaces in turn, so that none has fewer than another for its name.
///
/// With the longest names that Kubernetes has, as many as fit here are less than a server takes as
/// one body.
final class ClusterIpRoom {
    private ClusterIpRoom() {}

    /// @param turn of its namespace in which it is reached
    private record Turn(int turn, ClusterIpRow row) {}

    /// The first that does not fit ends it. Thereby what was chosen once comes first the next time,
    /// and is chosen again.
    ///
    /// @param before whose the rows are that the entry has: they come before others of their
    ///   namespace, and of other namespaces in the same turn
    /// @param words told of what does not fit
    static List<ClusterIpRow> fitting(
            List<ClusterIpRow> rows, Set<String> before, Collection<String> words) {
        var chosen = new ArrayList<ClusterIpRow>();
        var places = 0;
        for (var one : inTurn(rows, before)) {
            places += one.row().size();
            if (chosen.size() == ClusterIpBounds.MOST_SERVICES
                    || places > ClusterIpBounds.MOST_PLACES) {
                break;
            }
            chosen.add(one.row());
        }
        chosen.sort(Comparator.comparing(ClusterIpRow::owner));
        if (chosen.size() < rows.size()) {
            words.add(full(rows, chosen));
        }
        return chosen;
    }

    private static List<Turn> inTurn(List<ClusterIpRow> rows, Set<String> before) {
        var turns = new HashMap<String, Integer>();
        var all = new ArrayList<Turn>();
        rows.stream()
                .sorted(
                        Comparator.comparing((ClusterIpRow row) -> !before.contains(row.owner()))
                                .thenComparing(ClusterIpRow::owner))
                .forEach(row ->
                        all.add(new Turn(turns.merge(row.namespace(), 1, Integer::sum), row)));
        // those of one turn stay in that order
        all.sort(Comparator.comparingInt(Turn::turn));
        return all;
    }

    private static String full(List<ClusterIpRow> rows, Collection<ClusterIpRow> chosen) {
        var in = Set.copyOf(chosen);
        var out =
                rows.stream()
                        .filter(row -> !in.contains(row))
                        .collect(
                                Collectors.groupingBy(
                                        ClusterIpRow::namespace,
                                        TreeMap::new,
                                        Collectors.counting()));
        return "addresses of Services: expected at most "
                + ClusterIpBounds.MOST_SERVICES
                + " Services in the mesh, with "
                + ClusterIpBounds.MOST_PLACES
                + " addresses and ports in all; found "
                + rows.size()
                + " with "
                + rows.stream().mapToInt(ClusterIpRow::size).sum()
                + ", and left out, by namespace, "
                + out;
    }
}
