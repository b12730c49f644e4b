package dev.hansa.benchmarks.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class RatiosTest {
    @Test
    void roundsAreComparedWithTheirOwnRoundOnly() {
        // a machine that is ten times slower in its last round is so for both
        var ratios = Ratios.of(List.of(1.0, 1.0, 10.0), List.of(2.0, 2.0, 20.0));

        assertThat(ratios).isEqualTo(new Ratios(0.5, 0.5, 0.5));
    }

    @Test
    void oneRoundThatWentWrongDoesNotMoveTheRatio() {
        var ours = List.of(1.0, 1.0, 1.0, 1.0, 9.0);
        var theirs = List.of(2.0, 2.0, 2.0, 2.0, 2.0);

        assertThat(Ratios.of(ours, theirs).ratio()).isEqualTo(0.5);
        assertThat(Ratios.of(ours, theirs).hi()).isGreaterThanOrEqualTo(0.5);
    }

    @Test
    void intervalHoldsTheRatioAndNarrowsWithMoreRounds() {
        var few = noisy(11);
        var many = noisy(400);

        assertThat(few.lo()).isLessThan(few.ratio());
        assertThat(few.hi()).isGreaterThan(few.ratio());
        assertThat(many.hi() - many.lo()).isLessThan((few.hi() - few.lo()) / 2);
        assertThat(many.ratio()).isCloseTo(0.5, within(0.02));
    }

    private static Ratios noisy(int rounds) {
        var random = new Random(5);
        var theirs = DoubleStream.generate(() -> 2.0).limit(rounds).boxed().toList();
        var ours =
                DoubleStream.generate(() -> 1 + random.nextGaussian() / 10)
                        .limit(rounds)
                        .boxed()
                        .toList();
        return Ratios.of(ours, theirs);
    }

    @Test
    void theSameFiguresGiveTheSameInterval() {
        assertThat(noisy(11)).isEqualTo(noisy(11));
    }

    @Test
    void unequalRoundsAreRefusedWithBothNumbers() {
        assertThatThrownBy(() -> Ratios.of(List.of(1.0), List.of(1.0, 2.0)))
                .hasMessage("expected as many rounds of both; found 1 and 2");
    }

    @Test
    void medianOfAnEvenNumberIsBetweenTheMiddleTwo() {
        assertThat(Ratios.median(List.of(4.0, 1.0, 2.0, 3.0))).isEqualTo(2.5);
    }
}
