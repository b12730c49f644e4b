package dev.hansa.gateway.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final Duration FIRST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofSeconds(5);

    private final Backoff backoff = new Backoff();

    @Test
    void serverThatReturnsAfterHoursIsAskedWithinFiveSeconds() {
        for (var failure = 0; failure < 10_000; failure++) {
            assertThat(backoff.next(1)).isLessThanOrEqualTo(LONGEST);
        }
        assertThat(backoff.next(1)).isGreaterThanOrEqualTo(LONGEST.dividedBy(2));
    }

    @Test
    void waitDoublesWhenEachServerHasFailedOnceMore() {
        for (var longest = FIRST;
                longest.compareTo(LONGEST) < 0;
                longest = longest.multipliedBy(2)) {
            for (var server = 0; server < 3; server++) {
                assertThat(backoff.next(3)).isBetween(longest.dividedBy(2), longest);
            }
        }
    }

    @Test
    void serverThatHasSentRoutesIsAskedAtOnceAgain() {
        for (var failure = 0; failure < 10; failure++) {
            backoff.next(1);
        }
        backoff.reset();

        assertThat(backoff.next(1)).isLessThanOrEqualTo(FIRST);
    }
}
