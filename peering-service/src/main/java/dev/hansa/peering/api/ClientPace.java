package dev.hansa.peering.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// How often each client may do something: a bucket for each, which is filled steadily.
final class ClientPace {
    /// A quarter of a KiB each. Who comes from more addresses than that is not stopped by counting
    /// them, but by `http.max-connections`.
    private static final int MAX_CLIENTS = 16_384;

    private final int burst;
    private final int perSecond;
    private final TimeMeter time;
    private final Cache<ClientNetwork, Bucket> clients;

    /// @param burst how often at once, after a rest
    /// @param perSecond how often from then on
    /// @param nanoTime as [System#nanoTime]
    ClientPace(int burst, int perSecond, LongSupplier nanoTime) {
        this.burst = burst;
        this.perSecond = perSecond;
        this.time = new Nanos(nanoTime);
        this.clients =
                Caffeine.newBuilder()
                        .maximumSize(MAX_CLIENTS)
                        // whoever was silent for so long has a full bucket: nothing is forgiven
                        .expireAfterAccess(Duration.ofSeconds(1 + burst / perSecond))
                        .ticker(nanoTime::getAsLong)
                        .executor(Runnable::run)
                        .build();
    }

    /// Counts once more.
    ///
    /// @return zero when it may be done, else whole seconds until it may be
    Duration takes(InetAddress client) {
        var bucket = clients.get(ClientNetwork.of(client), _ -> full());
        var probe = bucket.tryConsumeAndReturnRemaining(1);
        return probe.isConsumed()
                ? Duration.ZERO
                : Duration.ofSeconds(
                        1 + TimeUnit.NANOSECONDS.toSeconds(probe.getNanosToWaitForRefill()));
    }

    private Bucket full() {
        return Bucket.builder()
                .addLimit(limit ->
                        limit.capacity(burst).refillGreedy(perSecond, Duration.ofSeconds(1)))
                .withCustomTimePrecision(time)
                .build();
    }

    private record Nanos(LongSupplier now) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            return now.getAsLong();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
