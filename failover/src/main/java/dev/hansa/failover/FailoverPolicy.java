package dev.hansa.failover;

import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.exportedservices.filter.Filter;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What is said of one service as far as L4 routing goes: its `service-resolver`, with sameness
/// groups already replaced by their members.
///
/// @param redirect where the service really is, instead of here; the members of a sameness group in
///   their order, else at most one
/// @param failovers where to go when there is no healthy instance, in order, by subset; `*` for
///   those that are not named
/// @param defaultSubset of which callers get instances who ask for none; empty: of all
/// @param preference which of the healthy targets a connection should go to
public record FailoverPolicy(
        ServiceName service,
        Duration connectTimeout,
        List<Destination> redirect,
        Map<String, List<Destination>> failovers,
        String defaultSubset,
        Map<String, Subset> subsets,
        Preference preference) {
    /// In a row. Nobody means more, and each is a frame on the stack of those who make routes.
    public static final int MOST_REDIRECTS = 32;

    /// Every subset that has no failover of its own.
    public static final String ANY_SUBSET = "*";

    public FailoverPolicy {
        redirect = List.copyOf(redirect);
        failovers = Map.copyOf(failovers);
        subsets = Map.copyOf(subsets);
    }

    /// One without subsets.
    public FailoverPolicy(
            ServiceName service,
            Duration connectTimeout,
            Optional<Destination> redirect,
            List<Destination> failover) {
        this(
                service,
                connectTimeout,
                redirect.stream().toList(),
                failover.isEmpty() ? Map.of() : Map.of(ANY_SUBSET, List.copyOf(failover)),
                "",
                Map.of(),
                Preference.NONE);
    }

    /// A service here, or at a peer.
    ///
    /// @param subset empty: what the service's own resolver says
    public record Destination(ServiceName service, String subset, Optional<PeerName> peer) {
        public Destination(ServiceName service, Optional<PeerName> peer) {
            this(service, "", peer);
        }
    }

    /// Some of a service's instances.
    ///
    /// @param filter empty: all
    /// @param onlyPassing whether a warning keeps an instance from being used
    public record Subset(Optional<Filter<ServiceInstance>> filter, boolean onlyPassing) {
        public static final Subset ALL = new Subset(Optional.empty(), false);

        /// Whether an instance belongs to it, healthy or not.
        public boolean has(ServiceInstance instance) {
            return filter.map(asked -> asked.matches(instance)).orElse(true);
        }
    }

    /// Where callers of a subset go when it has no healthy instance.
    public List<Destination> failover(String subset) {
        var own = failovers.get(subset);
        return own == null ? failovers.getOrDefault(ANY_SUBSET, List.of()) : own;
    }

    /// What holds for a service without an entry.
    public static FailoverPolicy none(ServiceName service) {
        return new FailoverPolicy(
                service, Route.DEFAULT_CONNECT_TIMEOUT, Optional.empty(), List.of());
    }
}
