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

    /// Where there is a follower there will soon be a leader: an election takes about two seconds,
    /// and two attempts in one cost nobody anything.
    private static final Duration ELECTING = Duration.ofMillis(512);

    /// Beyond that a wait is at its longest, whatever it began with.
    private static final int MOST_DOUBLED = 20;

    private static final int MOST_FAILURES = 10_000;

    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private int failures;

    /// Apart from failures: three servers of which the leader has died are two that redirect and
    /// one that does not answer. Were the former counted with the latter, its address would be
    /// waited at for two seconds when the next leader is there.
    private int redirects;

    Backoff(Duration first, Duration longest, RandomGenerator random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
    }

    /// A stream lived: its end is the first failure of a new row.
    void reset() {
        failures = 0;
        redirects = 0;
    }

    /// @param addresses of the peer: the wait doubles when all have been tried
    Duration next(GrpcStatus status, int addresses) {
        if (status == GrpcStatus.FAILED_PRECONDITION) {
            redirects = Math.min(redirects + 1, MOST_FAILURES);
            var doubled = Math.clamp(redirects - QUICK_TRIES, 0, MOST_DOUBLED);
            var wait = NEXT_SERVER.multipliedBy(1L << doubled);
            return wait.compareTo(ELECTING) < 0 ? wait : ELECTING;
        }
        failures = Math.min(failures + 1, MOST_FAILURES);
        if (status == GrpcStatus.RESOURCE_EXHAUSTED) {
            return jittered(longest);
        }
        var rounds = Math.min((failures - 1) / addresses, MOST_DOUBLED);
        return jittered(shorter(first.multipliedBy(1L << rounds)));
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
