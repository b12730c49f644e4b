package dev.hansa.peering.topology;

import dev.hansa.failover.Callers.Count;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// What other rules for one service would do to the connections that stand.
///
/// @param cut those that would end, the most connections first, at most [Flows#MOST_EDGES]
/// @param connections of all callers that whoever asks may see and that would be cut; empty: not
///   all sidecars have told, and there may be more than are listed
/// @param filtered whether callers that he may not see have connections: those may be cut too
/// @param beyond connections of callers that are not told apart: what becomes of them is not known;
///   empty: nobody has told of connections
public record Preview(
        Topology.Sidecars sidecars,
        List<Cut> cut,
        OptionalLong connections,
        boolean filtered,
        Optional<Count> beyond) {
    public Preview {
        cut = List.copyOf(cut);
    }

    /// @param rule the label of the rule that would deny it; `default` when none would
    public record Cut(End caller, long open, String rule) {}
}
