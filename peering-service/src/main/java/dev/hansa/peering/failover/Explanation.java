package dev.hansa.peering.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.Target;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.discovery.RoutePublisher.Seen;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What becomes of a call, with the reasons.
///
/// @param resolver the `service-resolver` in force; empty: none, and calls go to the instances here
/// @param connectTimeout for one attempt at one endpoint
/// @param seen what the callers' sidecars have seen themselves since they started
/// @param controls the operator's, those that change this route
/// @param brokenLink one sentence; empty when the call would go through, as far as is known here
public record Explanation(
        UpstreamName upstream,
        Optional<ServiceName> caller,
        Datacenter datacenter,
        TrustDomain trustDomain,
        Optional<ConfigRecord> resolver,
        Duration connectTimeout,
        List<Step> steps,
        List<Seen> seen,
        List<Control> controls,
        Optional<String> brokenLink) {
    public Explanation {
        steps = List.copyOf(steps);
        seen = List.copyOf(seen);
        controls = List.copyOf(controls);
    }

    /// One target, in the order in which they are tried.
    ///
    /// @param intention empty when nobody was named who calls
    public record Step(
            Target target,
            Standing standing,
            Source source,
            Optional<Verdict> intention,
            List<Hop> hops) {
        public Step {
            hops = List.copyOf(hops);
        }
    }

    /// What a target is at the moment.
    public enum Standing {
        LIVE,
        /// It would take over from the live one.
        NEXT,
        /// Healthy, behind the next one.
        SPARE,
        DOWN
    }

    /// Where the evidence for a target's health comes from.
    ///
    /// @param age how long ago that was heard last; empty: it is told when it changes, by sidecars
    ///   that are connected
    public record Source(String name, boolean connected, Optional<Duration> age) {}

    /// May the caller call?
    public sealed interface Verdict {
        /// @param rule a label, or `default` when no rule decided
        record Decided(Datacenter by, boolean allowed, String rule) implements Verdict {}

        /// By rules of the peer, which are not known here.
        record DecidedAt(PeerName peer) implements Verdict {}
    }

    /// One place on the way.
    ///
    /// @param address empty: not known here
    /// @param sni the name in the ClientHello that arrives there
    /// @param identities one of which is expected there; none where TLS passes through
    public record Hop(
            Place place,
            String where,
            String address,
            HealthView health,
            String sni,
            List<String> identities) {
        public Hop {
            identities = List.copyOf(identities);
        }
    }

    public enum Place {
        SIDECAR,
        MESH_GATEWAY
    }
}
