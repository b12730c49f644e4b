package dev.hansa.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PassiveHealthTest {
    private static final Way WAY = new Way("billing", new Endpoint("10.0.0.1", 20000));
    private static final Way OTHER = new Way("billing.peer.east", WAY.address());
    private static final long MS = 1_000_000;

    private final List<String> told = new ArrayList<>();
    private final PassiveHealth health =
            new PassiveHealth((way, sign, suspects) ->
                    told.add(way + " " + sign.map(Sign::word).orElse("good") + " " + suspects));

    @ParameterizedTest
    @CsvSource({
        // usual ms, head start ms
        "0, 20",
        "1, 20",
        "5, 20",
        "6, 24",
        "40, 160",
        "249, 996",
        "250, 1000",
        "3000, 1000"
    })
    void headStartIsFourTimesTheUsualWithinLimits(long usual, long expected) {
        answered(usual);

        assertThat(health.headStart(WAY, 0)).isEqualTo(expected * MS);
    }

    @Test
    void headStartOfTheUnknownIsTheStatedOne() {
        assertThat(health.headStart(WAY, 0)).isEqualTo(PassiveHealth.UNKNOWN_HEAD_START.toNanos());
    }

    @Test
    void oneSlowAnswerIsNotUsualAndFourAre() {
        for (var i = 0; i < 100; i++) {
            answered(10);
        }
        answered(500);
        assertThat(health.view(WAY, 0).usual()).contains(Duration.ofMillis(10));

        for (var i = 0; i < 4; i++) {
            answered(200);
        }
        assertThat(health.view(WAY, 0).usual()).contains(Duration.ofMillis(200));
        assertThat(health.headStart(WAY, 0)).isEqualTo(800 * MS);
    }

    @ParameterizedTest
    @CsvSource({
        // one answer of so many ms among those of 2, seconds ago, head start ms
        "60, 0, 120",
        "60, 20, 60",
        "60, 40, 30",
        "60, 60, 20",
        "100, 0, 200",
        "3000, 0, 200",
        "3000, 40, 50",
        "9, 0, 20"
    })
    void lateAnswerGivesMoreTimeForAWhile(long late, long ago, long expected) {
        answered(2);
        answered(late);
        answered(2);
        answered(2);
        // what is shorter than what is left of it does not make it shorter
        health.answered(WAY, 2 * MS, 1);

        assertThat(health.headStart(WAY, ago * 1000 * MS)).isEqualTo(expected * MS);
    }

    @Test
    void wayThatWasOnlyLateIsGoodAsSoonAsItAnswersAndIsGivenMoreTime() {
        answered(2);
        health.failed(WAY, Sign.SILENT, 0, 20 * MS);
        assertThat(health.isSuspect(WAY)).isTrue();

        answered(150);

        assertThat(health.isSuspect(WAY)).isFalse();
        assertThat(health.headStart(WAY, 0)).isGreaterThanOrEqualTo(200 * MS);
    }

    @Test
    void oneOvertakenAttemptGoesOnAndOnlyWhileItsWayIsSuspect() {
        answered(2);
        assertThat(health.tryLinger(WAY)).isFalse();
        health.failed(WAY, Sign.SILENT, 0, 20 * MS);

        assertThat(health.tryLinger(WAY)).isTrue();
        assertThat(health.tryLinger(WAY)).isFalse();
        assertThat(health.tryProbe(WAY, 10_000 * MS)).isFalse();
        health.probed(WAY);
        assertThat(health.tryProbe(WAY, 10_000 * MS)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void eachSignMakesSuspectUntilAnAnswer(Sign sign) {
        health.failed(WAY, sign, 0, 1);

        assertThat(health.isSuspect(WAY)).isTrue();
        assertThat(health.isSuspect(OTHER)).isFalse();
        assertThat(health.view(WAY, MS).suspicion().orElseThrow().sign()).isEqualTo(sign);

        answered(3);

        assertThat(health.isSuspect(WAY)).isFalse();
        assertThat(told)
                .containsExactly(
                        "billing at 10.0.0.1:20000 " + sign.word() + " 1",
                        "billing at 10.0.0.1:20000 good 0");
    }

    @ParameterizedTest
    @CsvSource({
        // failures in turn, ms until the next probe
        "1, 250",
        "2, 500",
        "3, 1000",
        "4, 2000",
        "5, 4000",
        "6, 8000",
        "7, 10000",
        "100, 10000"
    })
    void backOffGrowsUpToALimit(int failures, long expected) {
        var now = 0L;
        for (var i = 0; i < failures; i++) {
            now += 20_000 * MS;
            health.failed(WAY, Sign.REFUSED, now, now);
        }

        assertThat(health.view(WAY, now).suspicion().orElseThrow().nextProbe())
                .isEqualTo(Duration.ofMillis(expected));
        assertThat(health.tryProbe(WAY, now + expected * MS - 1)).isFalse();
        assertThat(health.tryProbe(WAY, now + expected * MS)).isTrue();
    }

    @Test
    void oneProbeAtATime() {
        health.failed(WAY, Sign.SILENT, 0, 1);
        var later = 1000 * MS;

        assertThat(health.tryProbe(WAY, later)).isTrue();
        assertThat(health.tryProbe(WAY, later)).isFalse();
        health.failed(WAY, Sign.SILENT, later, later);
        assertThat(health.tryProbe(WAY, later + 10_000 * MS)).isFalse();

        health.probed(WAY);
        assertThat(health.tryProbe(WAY, later + 10_000 * MS)).isTrue();
    }

    @Test
    void goodWayNeedsNoProbe() {
        answered(1);

        assertThat(health.tryProbe(WAY, Long.MAX_VALUE)).isFalse();
        assertThat(health.tryProbe(OTHER, Long.MAX_VALUE)).isFalse();
    }

    @Test
    void attemptsThatWereUnderWayTogetherFailAsOne() {
        for (var began = 0; began < 50; began++) {
            health.failed(WAY, Sign.REFUSED, began * MS, 60 * MS);
        }

        assertThat(health.view(WAY, 60 * MS).suspicion().orElseThrow().failures()).isEqualTo(1);
    }

    @Test
    void suspectThatAnswersTooLateStaysSuspectUntilItsUsualTimeIsThat() {
        for (var i = 0; i < 8; i++) {
            answered(2);
        }
        health.failed(WAY, Sign.SILENT, 0, 1);

        for (var i = 0; i < 3; i++) {
            answered(300);
            assertThat(health.isSuspect(WAY)).isTrue();
        }
        answered(300);

        assertThat(health.isSuspect(WAY)).isFalse();
        assertThat(health.headStart(WAY, 0)).isEqualTo(1000 * MS);
    }

    @Test
    void whatASnapshotSaysAnewCountsForMore() {
        record Case(Boolean before, Boolean after, boolean suspect) {}

        for (var each :
                List.of(
                        new Case(true, true, true),
                        new Case(false, false, true),
                        new Case(true, false, false),
                        new Case(false, true, false))) {
            health.taken(Map.of(WAY, each.before()));
            health.failed(WAY, Sign.REFUSED, 0, 1);

            health.taken(Map.of(WAY, each.after(), OTHER, true));

            assertThat(health.isSuspect(WAY)).as("%s", each).isEqualTo(each.suspect());
            health.taken(Map.of());
            assertThat(health.isSuspect(WAY)).isFalse();
        }
    }

    @Test
    void addressThatIsGoneIsForgotten() {
        answered(50);
        health.taken(Map.of(OTHER, true));

        assertThat(health.view(WAY, 0).usual()).isEmpty();
    }

    @Test
    void moreWaysThanTheLimitAreNotKept() {
        for (var i = 0; i < PassiveHealth.MAX_WAYS + 10; i++) {
            health.failed(
                    new Way("", new Endpoint("10.1." + i / 256 + "." + i % 256, 1)),
                    Sign.REFUSED,
                    0,
                    1);
        }

        assertThat(told).hasSize(PassiveHealth.MAX_WAYS);
        health.taken(Map.of());
        assertThat(told.getLast()).endsWith("good 0");
    }

    @ParameterizedTest
    @CsvSource({
        // sign, answered here s ago, answered by another address s ago, in a row here: suspect
        "REFUSED, 1, 1, 1, true",
        "UNREACHED, 1, 1, 1, true",
        "CLOSED, , , 1, true",
        "CLOSED, 60, 60, 1, true",
        "CLOSED, 1, , 1, false",
        "CLOSED, 1, , 9, false",
        "REJECTED, 1, , 9, false",
        "SILENT, 1, , 9, false",
        "CLOSED, , 1, 1, false",
        "CLOSED, 60, 1, 1, false",
        "CLOSED, , 1, 2, true",
        "REJECTED, , 1, 1, false",
        "REJECTED, , 1, 2, true",
        "SILENT, , 1, 1, false",
        "SILENT, , 1, 2, true"
    })
    void failureBehindAGatewayCountsOnlyWhenNobodyGotAnAnswerMeanwhile(
            Sign sign, Long here, Long elsewhere, int inARow, boolean suspect) {
        var second = new Way(WAY.target(), new Endpoint("10.0.0.2", 20000));
        // each attempt takes two seconds; nobody else's target is evidence
        var now = 1_000_000 * MS;
        health.answered(OTHER, 2 * MS, now);
        for (var i = 0; i < inARow; i++) {
            now += 10_000 * MS;
            if (here != null) {
                health.answered(WAY, 2 * MS, now - here * 1000 * MS);
            }
            if (elsewhere != null) {
                health.answered(second, 2 * MS, now - elsewhere * 1000 * MS);
            }
            health.failedBehind(WAY, sign, now - 2000 * MS, now);
        }

        assertThat(health.isSuspect(WAY)).isEqualTo(suspect);
        assertThat(health.isSuspect(second)).isFalse();
    }

    @Test
    void thoseThatFailTogetherBehindAGatewayAreOneInARow() {
        var second = new Way(WAY.target(), new Endpoint("10.0.0.2", 20000));
        for (var began = 0; began < 50; began++) {
            health.answered(second, 2 * MS, (51 + began) * MS);
            health.failedBehind(WAY, Sign.SILENT, began * MS, (60 + began) * MS);
        }

        assertThat(health.isSuspect(WAY)).isFalse();
    }

    @Test
    void answerThatComesTooLateIsNoEvidenceThatOthersBehindTheGatewayAreWell() {
        for (var i = 0; i < 8; i++) {
            answered(2);
        }
        health.answered(WAY, 900 * MS, 1500 * MS);

        health.failedBehind(WAY, Sign.SILENT, 1000 * MS, 2000 * MS);

        assertThat(health.isSuspect(WAY)).isTrue();
    }

    @Test
    void eachAnswerInTimeVouchesForOneThatHasWaitedSinceBefore() {
        health.answered(WAY, 2 * MS, 1000 * MS);
        health.answered(WAY, 2 * MS, 1001 * MS);

        assertThat(health.tryVouched(WAY, 1001 * MS)).as("began later").isFalse();
        assertThat(health.tryVouched(OTHER, 0)).as("another way").isFalse();
        assertThat(health.tryVouched(WAY, 0)).isTrue();
        assertThat(health.tryVouched(WAY, 0)).isTrue();
        assertThat(health.tryVouched(WAY, 0)).as("a third").isFalse();

        health.answered(WAY, 900 * MS, 1002 * MS);
        assertThat(health.tryVouched(WAY, 0)).as("one that came too late").isFalse();
    }

    @Test
    void suspectVouchesForNobody() {
        answered(2);
        health.failed(WAY, Sign.REFUSED, 1, 2);

        assertThat(health.tryVouched(WAY, -1)).isFalse();
    }

    private void answered(long ms) {
        health.answered(WAY, ms * MS, 0);
    }
}
