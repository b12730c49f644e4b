package dev.hansa.peering.topology;

import dev.hansa.peering.topology.Topology.Edge;
import dev.hansa.trustbundle.Intention;
import java.util.Comparator;

/// Which edges somebody is shown first, where not all can be shown.
final class MostTelling {
    static final Comparator<Edge> FIRST =
            Comparator.comparingInt(MostTelling::rank).thenComparing(Edge::end, End.BY_NAME);

    private MostTelling() {}

    /// What stands, then what has been, what could be, what somebody has thought of, and the rest.
    private static int rank(Edge edge) {
        if (edge.stands()) {
            return 0;
        }
        if (edge.hasCarried()) {
            return 1;
        }
        if (edge.asks()) {
            return 2;
        }
        if (edge.end().service().equals(Intention.ANY)) {
            return 3;
        }
        return switch (edge.may()) {
            case May.Allowed(var by) -> by.isPresent() ? 4 : 6;
            case May.NotExported _ -> 5;
            case May.Denied(var by) -> by.isPresent() ? 5 : 8;
            case May.DecidedAt _, May.Hidden _ -> 7;
        };
    }
}
