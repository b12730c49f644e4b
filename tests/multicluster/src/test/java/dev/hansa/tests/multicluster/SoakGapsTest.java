package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class SoakGapsTest {
    private final SoakGaps gaps = new SoakGaps();

    private void success(long... millis) {
        for (var at : millis) {
            gaps.success(at * 1_000_000);
        }
    }

    private void exclude(long from, long to) {
        gaps.exclude(from * 1_000_000, to * 1_000_000);
    }

    private SoakGaps.Gap longest(long end) {
        return gaps.longest(end * 1_000_000, 1).getFirst();
    }

    @Test
    void longestOfAllIsFoundWhateverTheOrderOfAnswers() {
        success(0, 400, 100, 350);
        assertThat(longest(450)).isEqualTo(new SoakGaps.Gap(250, 350_000_000));
    }

    @Test
    void lastOneGoesToTheEnd() {
        success(0, 100);
        assertThat(longest(1_100)).isEqualTo(new SoakGaps.Gap(1_000, 1_100_000_000));
    }

    @Test
    void hopelessTimeIsNotCountedAndWhatIsBeforeAndAfterItIs() {
        success(0, 1_000);
        exclude(200, 700);
        assertThat(longest(1_000).millis()).isEqualTo(500);
    }

    @Test
    void hopelessTimeThatBeganOrEndsElsewhereIsTakenOffInPart() {
        success(1_000, 2_000);
        exclude(0, 1_100);
        exclude(1_800, 5_000);
        assertThat(longest(2_000).millis()).isEqualTo(700);
    }

    @Test
    void hopelessTimesThatOverlapAreTakenOffOnce() {
        success(0, 1_000);
        exclude(200, 600);
        exclude(100, 400);
        exclude(300, 500);
        assertThat(longest(1_000).millis()).isEqualTo(500);
    }

    @Test
    void whatIsHopelessElsewhereIsNoExcuse() {
        success(0, 1_000, 3_000);
        exclude(0, 1_000);
        exclude(3_000, 9_000);
        assertThat(longest(3_000).millis()).isEqualTo(2_000);
    }

    @Test
    void firstSinceAMomentIsTheEarliestFromItOnWhateverTheOrder() {
        success(0, 900, 500);
        assertThat(gaps.firstSince(400_000_000)).hasValue(500_000_000);
        assertThat(gaps.firstSince(500_000_000)).hasValue(500_000_000);
        assertThat(gaps.firstSince(901_000_000)).isEmpty();
    }

    @Test
    void whoeverHasNoBeginningIsToldSoAndNotThatThereIsNoGap() {
        assertThatIllegalStateException().isThrownBy(() -> longest(1_000));
    }
}
