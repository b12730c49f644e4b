package dev.hansa.failover;

import java.time.Duration;
import java.util.List;

/// How to reach one upstream: its targets in the order in which they are to be tried, unhealthy
/// ones included so that a refusal can say why.
///
/// @param connectTimeout for one attempt at one endpoint, TLS included
public record Route(UpstreamName upstream, Duration connectTimeout, List<Target> targets) {
    /// Consul's default.
    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(5);

    public Route {
        targets = List.copyOf(targets);
    }

    /// The same way with these targets.
    public Route withTargets(List<Target> changed) {
        return new Route(upstream, connectTimeout, changed);
    }
}
