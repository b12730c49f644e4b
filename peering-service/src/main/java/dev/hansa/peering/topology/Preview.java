package dev.hansa.peering.topology;

import dev.hansa.failover.Callers.Count;
import java.util.List;
import java.util.Optional;

/// What other rules for one service would do to the connections that stand.
///
/// @param cut those that would end, the most connections first, at most [Flows#MOST_EDGES]
/// @param connections of all that would be cut, also of callers that are not listed
/// @param beyond connections of callers that are not told apart: what becomes of them is not known;
///   empty: nobody has told of connections
public record Preview(
        Topology.Sidecars sidecars, List<Cut> cut, long connections, Optional<Count> beyond) {
    public Preview {
        cut = List.copyOf(cut);
    }

    /// @param rule the label of the rule that would deny it; `default` when none would
    public record Cut(End caller, long open, String rule) {}
}
