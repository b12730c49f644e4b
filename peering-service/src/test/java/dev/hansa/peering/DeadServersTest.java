package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.store.MemberState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeadServersTest {
    private static final Duration LIMIT = Duration.ofDays(3);

    /// @param hours of silence of each, by its number
    private static List<MemberState> servers(int... hours) {
        var all = new ArrayList<MemberState>();
        for (var number = 0; number < hours.length; number++) {
            all.add(
                    new MemberState(
                            "s" + number,
                            "192.0.2." + number + ":8300",
                            number == 0,
                            number == 0,
                            Optional.of(Duration.ofHours(hours[number]))));
        }
        return all;
    }

    private static Optional<String> next(int... hours) {
        return DeadServers.next(servers(hours), LIMIT).map(MemberState::name);
    }

    @Test
    void twoDeadOfFiveAreRemovedOneAfterTheOtherTheLongestSilentFirst() {
        assertThat(next(0, 0, 80, 0, 90)).contains("s4");
        assertThat(next(0, 0, 80, 0)).contains("s2");
        assertThat(next(0, 0, 0)).isEmpty();
    }

    @Test
    void whoIsSilentForAShortTimeCountsAsOneThatDoesNotAnswer() {
        assertThat(next(0, 0, 1, 0, 90)).contains("s4");
        assertThat(next(0, 0, 1, 90)).isEmpty();
        assertThat(next(0, 0, 1)).isEmpty();
    }

    @Test
    void nobodyIsRemovedByLessThanAMajority() {
        assertThat(next(0, 90)).isEmpty();
        assertThat(next(0, 90, 90)).isEmpty();
        assertThat(next(0, 0, 90, 90)).isEmpty();
        assertThat(next(0, 0, 90, 90, 90)).isEmpty();
        assertThat(next(0, 0, 90)).contains("s2");
    }
}
