package dev.hansa.peering.failover;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import java.util.List;
import java.util.Optional;

/// What the API asks about failover, and of it.
public interface FailoverOperations {
    /// @param caller whose call it is; empty: anybody's, as far as there is no difference
    Explainer.Answer explain(UpstreamName upstream, Optional<ServiceName> caller);

    List<Readiness> readiness();

    /// The last failovers and failbacks, oldest first.
    ///
    /// @param index those up to it are left out
    List<FailoverEvent> failovers(long index);

    /// How many there have been; grows with each.
    Latest<Long> failoverCount();
}
