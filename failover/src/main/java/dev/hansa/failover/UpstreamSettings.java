package dev.hansa.failover;

import java.time.Duration;
import java.util.Optional;

/// What a caller's `service-defaults` says of its connections to one upstream.
///
/// @param connectTimeout goes before that of the upstream's resolver
/// @param maxConnections 0: no limit
public record UpstreamSettings(Optional<Duration> connectTimeout, int maxConnections) {
    public static final UpstreamSettings NONE = new UpstreamSettings(Optional.empty(), 0);

    /// The same way, under these settings.
    public Route on(Route route) {
        return new Route(
                route.upstream(),
                connectTimeout.orElse(route.connectTimeout()),
                route.targets(),
                route.spread(),
                maxConnections);
    }
}
