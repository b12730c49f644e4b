package dev.hansa.peering.topology;

import dev.hansa.failover.Callers.Count;
import dev.hansa.failover.UpstreamName;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import java.util.List;
import java.util.Optional;

/// One service with those who may call it or do, and those whom it may call or does.
///
/// @param sidecars of the service
/// @param callerPeers every peer that a rule for all callers has to name, however few edges are
///   shown: a rule for `*` is about the callers of one place. Empty: whoever asks may not see
///   peers, and there are some
public record Topology(
        UpstreamName service,
        Datacenter datacenter,
        boolean defaultAllow,
        Sidecars sidecars,
        Side callers,
        Side callees,
        Optional<List<PeerName>> callerPeers) {
    public Topology {
        callerPeers = callerPeers.map(List::copyOf);
    }

    /// How many there are, and how many of them have told of their callers: what the others carry
    /// is not known.
    public record Sidecars(int connected, int told) {
        /// Whether there is one, and none is silent.
        boolean haveAllTold() {
            return connected > 0 && told == connected;
        }
    }

    /// One direction.
    ///
    /// @param edges the most telling first, at most [Flows#MOST_EDGES]
    /// @param all how many there are
    /// @param byRule how many of all a rule allows; `byDefault`: only the default does
    /// @param elsewhere how many a peer decides on
    /// @param beyond connections of callers that are not told apart; empty: not known
    public record Side(
            List<Edge> edges,
            int all,
            int byRule,
            int byDefault,
            int denied,
            int elsewhere,
            Optional<Count> beyond) {
        static final Side NOBODY = new Side(List.of(), 0, 0, 0, 0, 0, Optional.empty());

        public Side {
            edges = List.copyOf(edges);
        }
    }

    /// @param group the sameness group that the deciding rule names; empty: it names its source
    ///   itself
    /// @param asks whether a connected sidecar of the caller has the other as an upstream
    /// @param flow connections since the sidecars have started; empty: not known
    public record Edge(End end, May may, String group, boolean asks, Optional<Count> flow) {
        boolean stands() {
            return flow.filter(count -> count.open() > 0).isPresent();
        }

        boolean hasCarried() {
            return flow.filter(count -> count.carried() > 0).isPresent();
        }
    }
}
