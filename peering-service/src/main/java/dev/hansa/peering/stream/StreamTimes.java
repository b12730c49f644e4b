package dev.hansa.peering.stream;

import java.time.Duration;

/// Every wait of the peer stream.
///
/// @param heartbeatEvery how often we say that we are there
/// @param silenceLimit how long a peer may not say so; only heartbeats count
/// @param openLimit how long a caller may take to say who it is: it holds a conversation of ours
///   meanwhile
/// @param goodbyeLimit how long we wait for the peer to read our last word and close
/// @param connectLimit how long one address may take to answer
/// @param firstRetry the wait after the first failure; doubles with each further one
/// @param longestRetry Consul waits up to 64 s; a failover must not wait that long for its catalog,
///   and one attempt in 8 s costs nobody anything. A setting
public record StreamTimes(
        Duration heartbeatEvery,
        Duration silenceLimit,
        Duration openLimit,
        Duration goodbyeLimit,
        Duration connectLimit,
        Duration firstRetry,
        Duration longestRetry) {
    /// Heartbeat and silence are Consul's; a peer may rely on them.
    public static final StreamTimes DEFAULT =
            new StreamTimes(
                    Duration.ofSeconds(15),
                    Duration.ofMinutes(2),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(2),
                    Duration.ofMillis(250),
                    Duration.ofSeconds(8));

    public StreamTimes withLongestRetry(Duration wait) {
        return new StreamTimes(
                heartbeatEvery,
                silenceLimit,
                openLimit,
                goodbyeLimit,
                connectLimit,
                firstRetry,
                wait);
    }
}
