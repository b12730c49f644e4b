package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import dev.hansa.gateway.route.RaceAllowance;
import io.netty.channel.DefaultEventLoop;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Who starts when, and who wins; the ways answer when the test says so.
@Timeout(60)
class RaceTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final long SECOND = 1_000_000_000;

    private final DefaultEventLoop loop = new DefaultEventLoop();
    private final PassiveHealth health = new PassiveHealth((_, _, _) -> {});
    private RaceAllowance allowance = new RaceAllowance();

    /// What happened, in order: `a starts`, `a is called off`, `a wins`, `lost`, …
    private final Queue<String> log = new ConcurrentLinkedQueue<>();

    private final Queue<String> signs = new ConcurrentLinkedQueue<>();

    private final Lane a = new Lane("a", 0);
    private final Lane b = new Lane("b", 0);
    private final Lane c = new Lane("c", 1);

    @AfterEach
    void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void whoFailsIsFollowedAtOnce() {
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
    void whoIsOvertakenAndAnswersAfterAllIsGoodAgain() {
        usually(a, 1);
        race(a, b);
        await().until(() -> log.contains("b starts"));
        b.answers();
        await().until(() -> log.contains("b wins past another"));
        assertThat(health.isSuspect(a.way())).isTrue();
        a.answers();

        awaitLog(
                "a starts",
                "race",
                "b starts",
                "a failed",
                "b wins past another",
                "a is discarded");
        assertThat(health.isSuspect(a.way())).isFalse();
        assertThat(health.headStart(a.way(), System.nanoTime()))
                .as("twice what it has just needed, which was more than 20 ms")
                .isGreaterThan(Duration.ofMillis(35).toNanos());
    }

    @Test
    void oneOvertakenAttemptOfAWayGoesOnAtATime() {
        usually(a, 1);
        var firstOfA = new Lane("a", 0);
        race(firstOfA, b);
        await().until(() -> log.contains("b starts"));
        race(a, c);
        await().until(() -> log.contains("c starts"));
        b.answers();
        c.answers();
        await().until(() ->
                log.contains("b wins past another") && log.contains("c wins past another"));

        assertThat(health.tryProbe(a.way(), System.nanoTime() + SECOND)).isFalse();
        await().untilAsserted(() ->
                assertThat(log.stream().filter("a is called off"::equals)).hasSize(2));
        assertThat(health.tryProbe(a.way(), System.nanoTime() + SECOND)).isTrue();
    }

    @Test
    void firstStillWinsWhenItAnswersAfterAll() {
        usually(a, 1);
        race(a, b);
        await().until(() -> log.contains("b starts"));
        a.answers();

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
        suspectSince(a, 10);
        race(b, a);
        await().until(() -> log.contains("a starts"));
        a.answers();

        awaitLog("b starts", "a starts", "b is called off", "a wins");
        assertThat(health.isSuspect(a.way())).isFalse();
    }

    @Test
    void suspectOfALaterTargetIsTriedForItsHealthAlone() {
        // enough for all of this, so that its head start does not end in between
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
        usually(a, 200);
        var race = race(a);
        replan(race, b, a);
        a.answers();

        awaitLog("a starts", "a wins");
    }

    @Test
    void whoIsNamedNoMoreDoesNotStart() {
        usually(a, 200);
        var race = race(a, b);
        replan(race, a, c);
        a.fails();
        c.answers();

        awaitLog("a starts", "a failed", "c starts", "c wins");
    }

    @Test
    void whoHasFailedDoesNotComeAgainWhileItIsSuspect() {
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

    private void replan(Race<String> race, Lane... lanes) {
        loop.submit(() -> race.replan(List.of(lanes))).syncUninterruptibly();
    }

    private void usually(Lane lane, long ms) {
        health.answered(lane.way(), ms * 1_000_000, System.nanoTime());
    }

    private void suspectSince(Lane lane, long seconds) {
        var then = System.nanoTime() - seconds * SECOND;
        health.failed(lane.way(), Sign.SILENT, then, then);
    }

    private void awaitLog(String... expected) {
        await().untilAsserted(() -> assertThat(log).containsExactly(expected));
    }

    private Race<String> race(Lane... lanes) {
        return race(MINUTE, lanes);
    }

    private Race<String> race(Duration all, Lane... lanes) {
        var race = new Race<>(loop, health, allowance, List.of(lanes), MINUTE, all, new Told());
        loop.execute(race::start);
        return race;
    }

    private final class Told implements Race.Course<String> {
        @Override
        public void won(Race.Runner<String> winner, String result, boolean overtaken) {
            log.add(result + " wins" + (overtaken ? " past another" : ""));
        }

        @Override
        public void lost() {
            log.add("lost");
        }

        @Override
        public void failed(Race.Runner<String> runner, String why) {
            log.add(runner.way().target() + " failed");
        }

        @Override
        public void seen(Way way, Sign sign) {
            signs.add(way.target() + " " + sign.word());
        }

        @Override
        public void began() {
            log.add("race");
        }
    }

    /// One way.
    private final class Lane implements Race.Runner<String> {
        private final String name;
        private final int rank;
        private final Deque<Race.Finish<String>> started = new ConcurrentLinkedDeque<>();
        private final AtomicReference<Duration> limit = new AtomicReference<>();
        private final AtomicInteger secondChances = new AtomicInteger();

        Lane(String name, int rank) {
            this.name = name;
            this.rank = rank;
        }

        @Override
        public Way way() {
            return new Way(name, new Endpoint("10.0.0.1", 1));
        }

        @Override
        public int rank() {
            return rank;
        }

        @Override
        public Race.Attempt start(Duration atMost, Race.Finish<String> finish) {
            log.add(name + " starts");
            limit.set(atMost);
            started.clear();
            started.add(finish);
            return new Race.Attempt() {
                @Override
                public void callOff() {
                    log.add(name + " is called off");
                }

                @Override
                public Sign silence() {
                    return Sign.SILENT;
                }
            };
        }

        @Override
        public Optional<Race.Runner<String>> again(Sign sign) {
            return secondChances.getAndDecrement() > 0 ? Optional.of(this) : Optional.empty();
        }

        @Override
        public void discard(String result) {
            log.add(name + " is discarded");
        }

        void answers() {
            finish(finish -> finish.reached(name));
        }

        void fails() {
            finish(finish -> finish.failed(Optional.of(Sign.REFUSED), "refused"));
        }

        private void finish(Consumer<Race.Finish<String>> outcome) {
            await().until(() -> !started.isEmpty());
            var finish = started.remove();
            loop.execute(() -> outcome.accept(finish));
        }
    }
}
