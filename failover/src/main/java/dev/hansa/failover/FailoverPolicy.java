package dev.hansa.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What a `service-resolver` entry says about one service, as far as L4 routing goes.
///
/// @param redirect where the service really is, instead of here
/// @param failover where to go when there is no healthy instance, in order
public record FailoverPolicy(
        ServiceName service,
        Duration connectTimeout,
        Optional<Destination> redirect,
        List<Destination> failover) {
    public FailoverPolicy {
        failover = List.copyOf(failover);
    }

    /// A service here, or at a peer.
    public record Destination(ServiceName service, Optional<PeerName> peer) {}

    /// What holds for a service without an entry.
    public static FailoverPolicy none(ServiceName service) {
        return new FailoverPolicy(
                service, Route.DEFAULT_CONNECT_TIMEOUT, Optional.empty(), List.of());
    }
}
