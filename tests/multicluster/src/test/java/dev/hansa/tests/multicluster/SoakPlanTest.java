package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SoakPlanTest {
    private static List<SoakPlan.Fault> faults(long seed, Set<SoakPlan.Kind> impossible) {
        return Stream.generate(new SoakPlan(seed, 3, impossible)::next).limit(300).toList();
    }

    @Test
    void seedRepeatsItsFaultsAndAnotherHasOthers() {
        assertThat(faults(7, Set.of()))
                .isEqualTo(faults(7, Set.of()))
                .isNotEqualTo(faults(8, Set.of()));
    }

    @Test
    void everyKindComesOfAnySeed() {
        for (var seed = 0; seed < 20; seed++) {
            assertThat(faults(seed, Set.of()))
                    .extracting(SoakPlan.Fault::kind)
                    .contains(SoakPlan.Kind.values());
        }
    }

    @Test
    void machineIsAskedForNothingThatItCannotDo() {
        var possible = EnumSet.allOf(SoakPlan.Kind.class);
        possible.remove(SoakPlan.Kind.LINK_LOSES_PACKETS);
        possible.remove(SoakPlan.Kind.SERVER_CLOCK_OFF);
        assertThat(faults(7, EnumSet.complementOf(possible)))
                .extracting(SoakPlan.Fault::kind)
                .isSubsetOf(possible);
    }

    @Test
    void clocksAreSetAheadAsWellAsBehind() {
        assertThat(faults(7, Set.of())).extracting(SoakPlan.Fault::hoursOff).containsOnly(1, -1);
    }

    @Test
    void faultsAreDueEveryFewSecondsAndTheLeaderIsHitMoreOftenThanOthers() {
        assertThat(faults(7, Set.of()))
                .allSatisfy(fault -> {
                    assertThat(fault.pauseMillis()).isBetween(4_500, 9_000);
                    assertThat(fault.holdMillis()).isBetween(500, 5_000);
                });
        assertThat(faults(7, Set.of()).stream().filter(fault -> fault.victim() >= 3))
                .hasSizeBetween(100, 200);
    }
}
