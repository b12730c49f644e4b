package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final Duration FIRST = Duration.ofMillis(250);
    private static final Duration LONGEST = Duration.ofSeconds(8);

    private final Backoff backoff = new Backoff(FIRST, LONGEST, new Random(7));

    @Test
    void waitsDoubleUpToTheLongestLessAQuarterAtMost() {
        for (var expected = FIRST; ; expected = expected.multipliedBy(2)) {
            var cut = expected.compareTo(LONGEST) < 0 ? expected : LONGEST;
            assertThat(backoff.next(GrpcStatus.UNAVAILABLE, 1))
                    .isBetween(cut.multipliedBy(3).dividedBy(4), cut);
            if (expected.compareTo(LONGEST.multipliedBy(1000)) > 0) {
                return;
            }
        }
    }

    @Test
    void followerSendsUsOnAtOnce() {
        assertThat(backoff.next(GrpcStatus.FAILED_PRECONDITION, 1)).isEqualTo(Duration.ofMillis(8));
    }

    @Test
    void fullPeerIsLeftAlone() {
        assertThat(backoff.next(GrpcStatus.RESOURCE_EXHAUSTED, 1))
                .isGreaterThanOrEqualTo(Duration.ofSeconds(6));
    }

    @Test
    void streamThatLivedBeginsANewRow() {
        backoff.next(GrpcStatus.UNAVAILABLE, 1);
        backoff.next(GrpcStatus.UNAVAILABLE, 1);
        backoff.reset();

        assertThat(backoff.next(GrpcStatus.UNAVAILABLE, 1)).isLessThanOrEqualTo(FIRST);
    }

    @Test
    void waitDoublesOnlyWhenEachAddressHasFailed() {
        for (var round = 1; round <= 8; round *= 2) {
            for (var address = 0; address < 3; address++) {
                assertThat(backoff.next(GrpcStatus.UNAVAILABLE, 3))
                        .isLessThanOrEqualTo(FIRST.multipliedBy(round));
            }
        }
    }

    /// The leader of three has died: one address refuses, two redirect. An election takes about two
    /// seconds.
    @Test
    void deadLeaderIsNotWaitedAtWhileTheOthersElect() {
        var passed = Duration.ZERO;
        while (passed.compareTo(Duration.ofSeconds(2)) < 0) {
            for (var status :
                    List.of(
                            GrpcStatus.UNAVAILABLE,
                            GrpcStatus.FAILED_PRECONDITION,
                            GrpcStatus.FAILED_PRECONDITION)) {
                var wait = backoff.next(status, 3);
                assertThat(wait).isLessThanOrEqualTo(Duration.ofMillis(512));
                passed = passed.plus(wait);
            }
        }
    }

    @Test
    void electionIsNotWaitedForLongerThanItTakes() {
        for (var attempt = 0; attempt < 100; attempt++) {
            assertThat(backoff.next(GrpcStatus.FAILED_PRECONDITION, 3))
                    .isLessThanOrEqualTo(Duration.ofMillis(512));
        }
    }
}
