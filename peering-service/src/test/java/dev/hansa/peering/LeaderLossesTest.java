package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.store.Leadership;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LeaderLossesTest {
    private static final Leadership FIRST = new Leadership(3, false, Optional.of("a"));
    private static final Leadership SECOND = new Leadership(4, false, Optional.of("b"));

    /// As if the process ran for three centuries.
    private long now = Long.MAX_VALUE - 5;

    private final LeaderLosses losses = new LeaderLosses(() -> now);

    private int told(Leadership led, int tenthsOfSeconds) {
        var told = 0;
        for (var i = 0; i < tenthsOfSeconds; i++) {
            told += losses.isTold(led) ? 1 : 0;
            now += Duration.ofMillis(100).toNanos();
        }
        return told;
    }

    @Test
    void leaderThatIsGoneIsToldOnceUntilAnotherIsElected() {
        assertThat(told(FIRST, 30)).isEqualTo(1);
        assertThat(told(SECOND, 30)).isEqualTo(1);
        assertThat(told(FIRST, 1)).isEqualTo(1);
    }

    @Test
    void oneThatIsGoneForLongIsToldOnceAMinute() {
        assertThat(told(FIRST, 1_500)).isEqualTo(3);
    }
}
