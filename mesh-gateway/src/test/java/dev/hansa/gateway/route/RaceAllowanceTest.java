package dev.hansa.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RaceAllowanceTest {
    private final RaceAllowance allowance = new RaceAllowance(3, 0.25);

    @Test
    void stockIsForAllThatAreUnderWayAtOnce() {
        assertThat(taken(10)).isEqualTo(3);
    }

    @Test
    void afterThatEachConnectionEarnsItsShare() {
        taken(3);
        var taken = 0;
        for (var i = 0; i < 400; i++) {
            allowance.begun();
            taken += taken(1);
        }

        assertThat(taken).isEqualTo(100);
    }

    @Test
    void quietTimesEarnNoMoreThanTheStock() {
        for (var i = 0; i < 1000; i++) {
            allowance.begun();
        }

        assertThat(taken(10)).isEqualTo(3);
    }

    private int taken(int times) {
        var taken = 0;
        for (var i = 0; i < times; i++) {
            taken += allowance.tryTake() ? 1 : 0;
        }
        return taken;
    }
}
