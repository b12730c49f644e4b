package dev.hansa.failover;

import java.time.Duration;
import java.util.List;

/// How to reach one upstream: its targets in the order in which they are to be tried, unhealthy
/// ones included so that a refusal can say why.
///
/// @param connectTimeout for one attempt at one endpoint, TLS included
/// @param spread how connections are divided among those that are healthy
/// @param maxConnections that one sidecar may have open to it at a time; 0: no limit of its own
public record Route(
        UpstreamName upstream,
        Duration connectTimeout,
        List<Target> targets,
        Spread spread,
        int maxConnections) {
    /// Consul's default.
    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(5);

    public Route {
        targets = List.copyOf(targets);
    }

    /// One that is tried in order and has no limit of its own.
    public Route(UpstreamName upstream, Duration connectTimeout, List<Target> targets) {
        this(upstream, connectTimeout, targets, new Spread.Sequential(), 0);
    }

    /// How many connections a sidecar may have open that allows `own` itself.
    public int most(int own) {
        return maxConnections <= 0 ? own : Math.min(maxConnections, own);
    }

    /// The same, and the first healthy target takes all.
    public Route inOrder() {
        return new Route(
                upstream, connectTimeout, targets, new Spread.Sequential(), maxConnections);
    }

    /// The same with other targets, as after an operator's word.
    public Route withTargets(List<Target> others) {
        return new Route(upstream, connectTimeout, others, spread, maxConnections);
    }
}
