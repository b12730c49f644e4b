package dev.hansa.peering.stream;

import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.random.RandomGenerator;

/// How long to wait after a failed stream.
final class Backoff {
    /// A follower says FAILED_PRECONDITION; the leader is one address on, so the first tries cost
    /// next to nothing.
    private static final Duration NEXT_SERVER = Duration.ofMillis(8);

    private static final int QUICK_TRIES = 5;

    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private int failures;

    Backoff(Duration first, Duration longest, RandomGenerator random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
    }

    /// A stream lived: its end is the first failure of a new row.
    void reset() {
        failures = 0;
    }

    Duration next(GrpcStatus status) {
        failures = Math.min(failures + 1, 30);
        if (status == GrpcStatus.FAILED_PRECONDITION) {
            return failures <= QUICK_TRIES
                    ? NEXT_SERVER
                    : shorter(NEXT_SERVER.multipliedBy(1L << (failures - QUICK_TRIES)));
        }
        if (status == GrpcStatus.RESOURCE_EXHAUSTED) {
            return jittered(longest);
        }
        return jittered(shorter(first.multipliedBy(1L << (failures - 1))));
    }

    private Duration shorter(Duration wait) {
        return wait.compareTo(longest) < 0 ? wait : longest;
    }

    /// Up to a quarter less, so that datacenters that lost one peer together do not return to it
    /// together.
    private Duration jittered(Duration wait) {
        return wait.minus(Duration.ofNanos(random.nextLong(wait.toNanos() / 4 + 1)));
    }
}
