package dev.hansa.benchmarks.failover;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static List<Integer> followed(int runs, int envoyRuns) {
        var planned =
                new Plan.Planned(
                        FailoverCase.DROP, true, List.of(ClientKind.HTTP_NEW), runs, envoyRuns);
        return IntStream.rangeClosed(1, runs).filter(planned::isFollowedByEnvoy).boxed().toList();
    }

    @Test
    void runsAgainstEnvoyAreSpreadOverAllRuns() {
        assertThat(followed(30, 5)).containsExactly(6, 12, 18, 24, 30);
        assertThat(followed(3, 3)).containsExactly(1, 2, 3);
        assertThat(followed(5, 0)).isEmpty();
    }

    @Test
    void threeInstancesComeLastBecauseTheyStayInTheTables() {
        assertThat(Plan.of(Plan.words(), false, 0).cases())
                .last()
                .extracting(Plan.Planned::name)
                .isEqualTo("local-3-no-control-plane");
    }

    @Test
    void everyCaseIsPlannedWithAndWithoutControlPlanes() {
        assertThat(Plan.of(Plan.words(), false, 0).cases())
                .extracting(Plan.Planned::name)
                .containsAll(FailoverCase.words())
                .containsAll(
                        FailoverCase.words().stream()
                                .map(word -> word + Plan.WITHOUT_CONTROL_PLANE)
                                .toList());
    }
}
