package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.RaceAllowance;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Who starts when, and who wins; the ways answer when the test says so.
@Timeout(60)
class RaceTest extends RaceSetting {
    @Test
    void whoFailsIsFollowedAtOnce() {
        loop.stands = true;
        usually(a, 200);
        race(a, b);
        a.fails();
        b.answers();

        awaitLog("a starts", "a failed", "b starts", "b wins");
        assertThat(signs).containsExactly("a refused");
        assertThat(health.isSuspect(a.way())).isTrue();
    }

    @Test
    void whoIsSilentIsPassedAfterItsHeadStartAndClosedSoonAfterAnotherHasWon() {
        usually(a, 1);
        var began = System.nanoTime();
        race(a, b);
        await().until(() -> log.contains("b starts"));
        var waited = Duration.ofNanos(System.nanoTime() - began);
        System.out.println("second attempt after " + waited.toMillis() + " ms, head start 20 ms");
        assertThat(waited).isGreaterThanOrEqualTo(Duration.ofMillis(20));
        b.answers();

        awaitLog(
                "a starts",
                "race",
                "b starts",
                "a failed",
                "b wins past another",
                "a is called off");
        assertThat(health.view(a.way(), System.nanoTime()).suspicion().orElseThrow().sign())
                .isEqualTo(Sign.SILENT);
    }

    @Test
    void whoIsOvertakenAndAnswersAfterAllIsGoodAgain() throws Exception {
        usually(a, 1);
        race(a, b);
        await().until(() -> log.contains("b starts"));
        // both on the loop: it goes on for a quarter of a second
        var isSuspect =
                onLoop(() -> {
                    b.answersNow();
                    var found = health.isSuspect(a.way());
                    a.answersNow();
                    return found;
                });
        assertThat(isSuspect).isTrue();

        awaitLog(
                "a starts",
                "race",
                "b starts",
                "a failed",
                "b wins past another",
                "a is discarded");
        assertThat(health.isSuspect(a.way())).isFalse();
        assertThat(health.headStart(a.way(), System.nanoTime()))
                .as("twice what it has just needed, which was more than 20 ms, and fades")
                .isGreaterThan(Duration.ofMillis(25).toNanos());
    }

    @Test
    void oneOvertakenAttemptOfAWayGoesOnAtATime() throws Exception {
        usually(a, 1);
        var firstOfA = new Lane("a", 0);
        race(firstOfA, b);
        await().until(() -> log.contains("b starts"));
        race(a, c);
        await().until(() -> log.contains("c starts"));
        // on the loop, before the time is over for which the first goes on
        var mayProbe =
                onLoop(() -> {
                    b.answersNow();
                    c.answersNow();
                    return health.tryProbe(a.way(), System.nanoTime() + SECOND);
                });

        assertThat(mayProbe).isFalse();
        assertThat(log).contains("b wins past another", "c wins past another");
        // called off first, and then its turn is over
        await().until(() -> health.tryProbe(a.way(), System.nanoTime() + SECOND));
        assertThat(log.stream().filter("a is called off"::equals)).hasSize(2);
    }

    @Test
    void firstStillWinsWhenItAnswersAfterAll() {
        usually(a, 1);
        // a second, in which the next task on the loop comes: whoever is silent for longer has
        // failed
        usually(b, 250);
        b.whenStarted = a::answersNow;
        race(a, b);

        awaitLog("a starts", "race", "b starts", "b is called off", "a wins");
        assertThat(health.isSuspect(a.way())).isFalse();
        assertThat(health.isSuspect(b.way())).isFalse();
    }

    @Test
    void withoutAllowanceASilentWayIsWaitedForWhileItCountsAsGood() {
        allowance = new RaceAllowance(0, 0);
        usually(a, 1);
        race(a, b);
        await().during(Duration.ofMillis(150)).until(() -> !log.contains("b starts"));

        // another connection has shown it to be dead
        health.failed(a.way(), Sign.SILENT, System.nanoTime(), System.nanoTime());

        await().until(() -> log.contains("b starts"));
    }

    @Test
    void suspectIsNotPassedByASuspectWithoutAllowance() {
        allowance = new RaceAllowance(0, 0);
        health.failed(a.way(), Sign.SILENT, System.nanoTime(), System.nanoTime());
        health.failed(b.way(), Sign.SILENT, System.nanoTime(), System.nanoTime());
        race(a, b);
        await().during(Duration.ofMillis(400)).until(() -> !log.contains("b starts"));

        // another connection has shown it to be well
        health.answered(b.way(), 1, System.nanoTime());

        await().until(() -> log.contains("b starts"));
    }

    @Test
    void suspectIsTriedBesideAGoodOneAndMayWin() {
        // a second, in which the next task on the loop comes
        usually(b, 250);
        suspectSince(a, 10);
        a.whenStarted = a::answersNow;
        race(b, a);

        awaitLog("b starts", "a starts", "b is called off", "a wins");
        assertThat(health.isSuspect(a.way())).isFalse();
    }

    @Test
    void suspectOfALaterTargetIsTriedForItsHealthAlone() {
        loop.stands = true;
        usually(a, 200);
        suspectSince(c, 10);
        race(a, c);
        await().until(() -> log.contains("c starts"));
        c.answers();
        await().until(() -> log.contains("c is discarded"));
        assertThat(health.isSuspect(c.way())).isFalse();
        a.answers();

        awaitLog("a starts", "c starts", "c is discarded", "a wins");
    }

    @Test
    void probeGoesOnAfterTheRaceAndTellsOfItsHealth() {
        suspectSince(a, 10);
        race(b, a);
        await().until(() -> log.contains("a starts"));
        b.answers();
        await().until(() -> log.contains("b wins"));
        assertThat(health.isSuspect(a.way())).isTrue();
        a.answers();

        awaitLog("b starts", "a starts", "b wins", "a is discarded");
        assertThat(health.isSuspect(a.way())).isFalse();
        assertThat(signs).isEmpty();
        assertThat(a.limit.get()).isEqualTo(PassiveHealth.MAX_HEAD_START);
    }

    @Test
    void oneConnectionAtATimeProbes() {
        loop.stands = true;
        suspectSince(a, 10);
        race(b, a);
        await().until(() -> log.contains("a starts"));
        b.answers();
        await().until(() -> log.contains("b wins"));
        log.clear();

        race(b, a);
        await().until(() -> log.contains("b starts"));
        b.answers();

        awaitLog("b starts", "b wins");
    }

    @Test
    void whenOnlySuspectsAreLeftTheyAreTriedInOrder() {
        loop.stands = true;
        suspectSince(a, 10);
        suspectSince(b, 10);
        race(a, b);
        a.fails();
        b.fails();

        awaitLog("a starts", "a failed", "b starts", "b failed", "lost");
    }

    @Test
    void callerThatHasGoneLeavesNothingOpen() {
        usually(a, 1);
        var race = race(a, b);
        await().until(() -> log.contains("b starts"));
        loop.execute(race::abandon);

        awaitLog("a starts", "race", "b starts", "a is called off", "b is called off");
        assertThat(health.isSuspect(a.way())).isFalse();
    }

    @Test
    void whoMayTryAgainDoesSoOnceBeforeTheNext() {
        loop.stands = true;
        a.secondChances.set(1);
        usually(a, 200);
        race(a, b);
        a.fails();
        await().until(() -> log.size() == 3);
        a.fails();
        b.answers();

        awaitLog("a starts", "a failed", "a starts", "a failed", "b starts", "b wins");
    }

    @Test
    void whoTriesAgainWithNobodyElseLeftMayWin() {
        loop.stands = true;
        a.secondChances.set(1);
        usually(a, 200);
        race(a);
        a.fails();
        await().until(() -> log.size() == 3);
        a.answers();

        awaitLog("a starts", "a failed", "a starts", "a wins");
        assertThat(health.isSuspect(a.way())).isFalse();
    }

    @Test
    void noAttemptStartsAfterTheTime() {
        race(Duration.ZERO, a, b);
        a.fails();

        awaitLog("a starts", "a failed", "lost");
    }

    @Test
    void whoIsNamedLaterStartsAtOnceBesideOneThatHasHadItsHeadStart() {
        usually(a, 1);
        var race = race(a);
        await().during(Duration.ofMillis(150)).until(() -> log.size() == 1);
        replan(race, b, a);
        await().until(() -> log.contains("b starts"));
        b.answers();

        awaitLog(
                "a starts",
                "race",
                "b starts",
                "a failed",
                "b wins past another",
                "a is called off");
    }

    @Test
    void whoIsNamedLaterLeavesTheHeadStartToOneThatRuns() {
        loop.stands = true;
        usually(a, 200);
        var race = race(a);
        replan(race, b, a);
        a.answers();

        awaitLog("a starts", "a wins");
    }

    @Test
    void whoIsNamedNoMoreDoesNotStart() {
        loop.stands = true;
        usually(a, 200);
        var race = race(a, b);
        replan(race, a, c);
        a.fails();
        c.answers();

        awaitLog("a starts", "a failed", "c starts", "c wins");
    }

    @Test
    void whoHasFailedDoesNotComeAgainWhileItIsSuspect() {
        loop.stands = true;
        usually(a, 200);
        usually(b, 200);
        var race = race(a, b);
        a.fails();
        await().until(() -> log.contains("b starts"));
        replan(race, b, a);
        b.fails();

        awaitLog("a starts", "a failed", "b starts", "b failed", "lost");
    }

    @Test
    void whoHasFailedComesAgainWhenItIsNotSuspectAnyMore() {
        loop.stands = true;
        usually(a, 200);
        usually(b, 200);
        var race = race(a, b);
        a.fails();
        await().until(() -> log.contains("b starts"));
        // the server has said something new of it, or another connection has reached it
        usually(a, 200);
        replan(race, b, a);
        b.fails();
        await().until(() -> log.size() == 5);
        a.answers();

        awaitLog("a starts", "a failed", "b starts", "b failed", "a starts", "a wins");
    }

    @Test
    void plansWithoutEndMakeAttemptsWithAnEnd() {
        loop.stands = true;
        usually(a, 200);
        usually(b, 200);
        var race = race(a);
        var running = a;
        for (var starts = 1; starts < Race.MOST_STARTS; starts++) {
            var next = running == a ? b : a;
            replan(race, next);
            running.fails();
            var so = 2 * starts + 1;
            await().until(() -> log.size() == so);
            usually(running, 200);
            running = next;
        }
        replan(race, running == a ? b : a);
        running.fails();

        await().until(() -> log.contains("lost"));
        assertThat(log.stream().filter(line -> line.endsWith("starts"))).hasSize(Race.MOST_STARTS);
    }
}
