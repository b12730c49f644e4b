package dev.hansa.peering.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.discovery.RoutePublisher.Trace;
import java.util.List;

/// What came of real connections on the ways of a call.
///
/// @param sidecar what the caller's sidecar has found, to the end of each handshake
/// @param gateways what each mesh gateway here has found on its part of the way to a peer
public record CallTrace(
        UpstreamName upstream, ServiceName caller, Trace sidecar, List<Leg> gateways) {
    public CallTrace {
        gateways = List.copyOf(gateways);
    }

    /// From a gateway of ours to those of a peer.
    ///
    /// @param target whose name it is
    public record Leg(String target, String sni, Trace trace) {}

    public sealed interface Answer {
        record Traced(CallTrace trace) implements Answer {}

        /// Nobody could be asked.
        ///
        /// @param known whether upstream and caller are
        record Refused(boolean known, String sentence) implements Answer {}
    }
}
