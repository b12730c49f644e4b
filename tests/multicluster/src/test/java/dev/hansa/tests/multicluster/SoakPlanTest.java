package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SoakPlanTest {
    private static List<SoakPlan.Fault> faults(long seed, boolean canLose) {
        return Stream.generate(new SoakPlan(seed, 3, canLose)::next).limit(300).toList();
    }

    @Test
    void seedRepeatsItsFaultsAndAnotherHasOthers() {
        assertThat(faults(7, true)).isEqualTo(faults(7, true)).isNotEqualTo(faults(8, true));
    }

    @Test
    void everyKindComesOfAnySeed() {
        for (var seed = 0; seed < 20; seed++) {
            assertThat(faults(seed, true))
                    .extracting(SoakPlan.Fault::kind)
                    .contains(SoakPlan.Kind.values());
        }
    }

    @Test
    void machineThatCannotLosePacketsIsAskedForNone() {
        assertThat(faults(7, false))
                .extracting(fault -> fault.kind().name())
                .noneMatch(kind -> kind.endsWith("LOSES_PACKETS"));
    }

    @Test
    void faultsAreDueEveryFewSecondsAndTheLeaderIsHitMoreOftenThanOthers() {
        assertThat(faults(7, true))
                .allSatisfy(fault -> {
                    assertThat(fault.pauseMillis()).isBetween(4_500, 9_000);
                    assertThat(fault.holdMillis()).isBetween(500, 5_000);
                });
        assertThat(faults(7, true).stream().filter(fault -> fault.victim() >= 3))
                .hasSizeBetween(100, 200);
    }
}
