package dev.hansa.peering.config;

import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.stream.PeerLimits;
import dev.hansa.peering.stream.StreamTimes;
import java.time.Duration;
import java.util.List;

/// The settings that bound what peers may cost, each with its range.
final class PeerLimitSettings {
    /// Below this a trust bundle or a list of addresses might not fit.
    private static final int LEAST_BYTES = 64 << 10;

    /// What Consul's servers take; a larger one is memory that a peer can ask for.
    private static final int MOST_BYTES = 50 << 20;

    /// Below this a few dozen services would be the end.
    private static final int LEAST_CATALOG = 1 << 20;

    /// More often is hammering, and Consul itself waits no longer than the other.
    private static final Duration LEAST_RETRY = Duration.ofSeconds(1);

    private static final Duration MOST_RETRY = Duration.ofSeconds(64);

    static final List<Settings.Key> KEYS =
            List.of(
                    key("max-peerings", "NUMBER", "peerings of this datacenter (default: 256)"),
                    key("max-services", "NUMBER", "services from one peer (default: 100000)"),
                    key("max-instances", "NUMBER", "instances of one service (default: 8192)"),
                    key(
                            "max-message",
                            "BYTES",
                            "largest message that is taken from a peer (default: 8388608)"),
                    key(
                            "max-message-to-consul",
                            "BYTES",
                            "largest message that is sent to a Consul peer; 4194304 if one is 1.14.0 or 1.14.1 (default: 8388608)"),
                    key(
                            "max-pending",
                            "BYTES",
                            "what may wait in memory for or from one peer (default: 1048576)"),
                    key(
                            "max-catalog",
                            "BYTES",
                            "all services from one peer, as they travel (default: 268435456)"),
                    key("max-connections", "NUMBER", "connections to peer.address (default: 1024)"),
                    key(
                            "retry-limit",
                            "DURATION",
                            "longest wait between two attempts to reach a peer (default: 8s)"));

    private PeerLimitSettings() {}

    private static Settings.Key key(String name, String value, String text) {
        return new Settings.Key("peer." + name, value, text);
    }

    static PeerLimits limits(Settings settings) {
        return new PeerLimits(
                settings.number("peer.max-peerings", PeerLimits.PEERINGS, 1, 4096),
                settings.number("peer.max-services", PeerLimits.SERVICES, 1, 1_000_000),
                settings.number("peer.max-instances", PeerLimits.INSTANCES, 1, 65_536),
                bytes(settings, "peer.max-message", PeerLimits.MESSAGE),
                bytes(settings, "peer.max-message-to-consul", PeerLimits.MESSAGE),
                bytes(settings, "peer.max-pending", PeerLimits.PENDING),
                settings.number(
                        "peer.max-catalog", PeerLimits.CATALOG, LEAST_CATALOG, Integer.MAX_VALUE),
                settings.number("peer.max-connections", PeerLimits.CONNECTIONS, 16, 65_536));
    }

    static Duration longestRetry(Settings settings) {
        var fallback = StreamTimes.DEFAULT.longestRetry();
        return settings.value(
                "peer.retry-limit",
                "a duration from 1s to 64s",
                fallback,
                text -> {
                    var wait = Settings.parseDuration(text);
                    if (wait.compareTo(LEAST_RETRY) < 0 || wait.compareTo(MOST_RETRY) > 0) {
                        throw new IllegalArgumentException(text);
                    }
                    return wait;
                });
    }

    private static int bytes(Settings settings, String key, int fallback) {
        return settings.number(key, fallback, LEAST_BYTES, MOST_BYTES);
    }
}
