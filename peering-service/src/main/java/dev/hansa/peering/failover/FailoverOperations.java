package dev.hansa.peering.failover;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.discovery.RoutePublisher;
import dev.hansa.peering.topology.Flows;
import java.util.List;
import java.util.Optional;

/// What the API asks about failover, and of it.
public interface FailoverOperations {
    /// @param caller whose call it is; empty: anybody's, as far as there is no difference
    Explainer.Answer explain(UpstreamName upstream, Optional<ServiceName> caller);

    /// Opens real connections on each way of a call, from the caller's sidecar and from the mesh
    /// gateways here; takes up to a minute when nothing answers.
    ///
    /// @throws InterruptedException when this server stops
    CallTrace.Answer trace(UpstreamName upstream, ServiceName caller) throws InterruptedException;

    List<Readiness> readiness();

    /// Who may talk to whom now, and who does as the connected sidecars tell.
    Flows flows();

    /// The connected proxies with their certificates.
    List<RoutePublisher.Certified> proxies();

    /// Those that are in force, the newest first.
    List<Control> controls();

    ControlAnswer order(ControlWish wish);

    /// Ends a control.
    ///
    /// @param by who asks, as they call themselves
    /// @return false when there is none of this id
    boolean clear(long id, String by);

    /// What became of a wish.
    sealed interface ControlAnswer {
        record Ordered(Control control) implements ControlAnswer {}

        record Refused(String sentence) implements ControlAnswer {}
    }

    /// Empty when there was no such drill, or another server led then.
    Optional<DrillReport> drill(long id);

    /// The last failovers and failbacks, oldest first.
    ///
    /// @param index those up to it are left out
    List<FailoverEvent> failovers(long index);

    /// How many there have been; grows with each.
    Latest<Long> failoverCount();
}
