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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Who starts when by a way that leads to several instances, and what is said of it; each attempt
/// ends when the test says so.
@Timeout(60)
class RaceOfManyTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final DefaultEventLoop loop = new DefaultEventLoop();
    private final PassiveHealth health = new PassiveHealth((_, _, _) -> {});
    private RaceAllowance allowance = new RaceAllowance();

    /// What happened, in order: `a1 starts`, `a1 failed`, `a2 wins`, …
    private final Queue<String> log = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean suspectAtOnce = new AtomicBoolean();
    private final Map<String, Race.Finish<String>> started = new ConcurrentHashMap<>();

    /// What is done when an attempt has started: on the loop, before any head start can be over,
    /// however long this machine stalls.
    private final Map<String, Runnable> whenStarted = new ConcurrentHashMap<>();

    @AfterEach
    void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void whoSaysNothingIsFollowedByTheSameWayBeforeTheNext() {
        usually("a", 250);
        whenStarted.put("a2", () -> finish("a2").reached("a2"));
        race(new Try("a", 1, 2), new Try("b", 1, 1));

        awaitLog("a1 starts", "a2 starts", "a1 failed", "a1 is called off", "a2 wins");
        assertThat(health.isSuspect(way("a"))).as("another one answers by it").isFalse();
    }

    @Test
    void whereNobodyAnswersTheNextOneStartsAndTheWayHasFailed() {
        usually("a", 1);
        race(new Try("a", 1, 2), new Try("b", 1, 1));
        await().until(() -> started.containsKey("b1"));
        answers("b1");

        await().until(() -> log.contains("b1 wins"));
        assertThat(log.stream().limit(3)).containsExactly("a1 starts", "a2 starts", "b1 starts");
        assertThat(health.isSuspect(way("a"))).isTrue();
    }

    @Test
    void newestGoesOnForTheHealthOfTheWayWhenAllWereOvertaken() {
        usually("a", 1);
        race(new Try("a", 1, 2), new Try("b", 1, 1));
        await().until(() -> started.containsKey("b1"));
        // both have had their head starts
        loop.schedule(
                () -> {
                    Objects.requireNonNull(started.get("b1")).reached("b1");
                    suspectAtOnce.set(health.isSuspect(way("a")));
                    Objects.requireNonNull(started.get("a2")).reached("a2");
                },
                100,
                TimeUnit.MILLISECONDS);

        await().until(() -> log.contains("a2 is discarded"));
        assertThat(suspectAtOnce).isTrue();
        assertThat(log).containsSubsequence("a1 is called off", "b1 wins", "a2 is discarded");
        assertThat(health.isSuspect(way("a"))).isFalse();
    }

    @Test
    void nothingIsSaidOfTheWayBeforeTheLastOfItsAttemptsHasFailed() {
        var suspectAt = new ConcurrentHashMap<String, Boolean>();
        for (var attempt : List.of("a1", "a2", "a3", "b1")) {
            whenStarted.put(
                    attempt,
                    () -> {
                        suspectAt.put(attempt, health.isSuspect(way("a")));
                        closes(attempt);
                    });
        }
        race(new Try("a", 1, 3), new Try("b", 1, 1));

        await().until(() -> log.contains("lost"));
        assertThat(suspectAt)
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("a1", false, "a2", false, "a3", false, "b1", true));
    }

    @Test
    void firstThatFailsWhileItsFollowerRunsIsWaitedForNoMore() {
        usually("a", 250);
        whenStarted.put(
                "a2",
                () -> {
                    closes("a1");
                    finish("a2").reached("a2");
                });
        race(new Try("a", 1, 2), new Try("b", 1, 1));

        awaitLog("a1 starts", "a2 starts", "a1 failed", "a2 wins");
        assertThat(health.isSuspect(way("a"))).isFalse();
    }

    @Test
    void suspectIsNotFollowedByItselfWhileItSaysNothing() {
        health.failed(way("a"), Sign.SILENT, System.nanoTime(), System.nanoTime());
        race(new Try("a", 1, 2), new Try("b", 1, 1));

        await().until(() -> started.containsKey("b1"));
        assertThat(started).doesNotContainKey("a2");
    }

    @Test
    void withoutAllowanceAnAnswerThatAnotherHasVouchesForOneAttemptMore() {
        allowance = new RaceAllowance(0, 0);
        usually("a", 1);
        race(new Try("a", 1, 2));
        await().until(() -> started.containsKey("a1"));
        await().during(Duration.ofMillis(150)).until(() -> !started.containsKey("a2"));

        // another connection has met another instance
        usually("a", 1);

        await().until(() -> started.containsKey("a2"));
        assertThat(health.isSuspect(way("a"))).isFalse();
    }

    @Test
    void withoutAllowanceAndWithoutAnswersTheWayIsLeftForTheNext() {
        allowance = new RaceAllowance(0, 0);
        usually("a", 1);
        race(new Try("a", 1, 2), new Try("b", 1, 1));
        answers("b1");

        await().until(() -> log.contains("b1 wins"));
        assertThat(log.stream().limit(2)).containsExactly("a1 starts", "b1 starts");
        assertThat(health.isSuspect(way("a"))).isTrue();
    }

    @Test
    void withoutAllowanceASilentWayIsNotLeftForASuspectOne() {
        allowance = new RaceAllowance(0, 0);
        usually("a", 1);
        health.failed(way("b"), Sign.SILENT, System.nanoTime(), System.nanoTime());
        assertThat(health.tryProbe(way("b"), System.nanoTime() + 1_000_000_000)).isTrue();
        race(new Try("a", 1, 2), new Try("b", 1, 1));

        await().during(Duration.ofMillis(150)).until(() -> !started.containsKey("b1"));
        assertThat(health.isSuspect(way("a"))).isFalse();
    }

    @Test
    void firstThatFailsIsWaitedForNoMoreWhileTheFollowerOfItsFollowerRuns() {
        usually("a", 250);
        whenStarted.put("a2", () -> closes("a2"));
        whenStarted.put(
                "a3",
                () -> {
                    closes("a1");
                    finish("a3").reached("a3");
                });
        race(new Try("a", 1, 3), new Try("b", 1, 1));

        awaitLog("a1 starts", "a2 starts", "a2 failed", "a3 starts", "a1 failed", "a3 wins");
        assertThat(health.isSuspect(way("a"))).isFalse();
    }

    @Test
    void followerOfAFollowerGoesOnForTheHealthOfTheWayWhenOvertaken() {
        usually("a", 1);
        whenStarted.put("a2", () -> closes("a2"));
        whenStarted.put(
                "b1",
                () -> {
                    finish("b1").reached("b1");
                    finish("a3").reached("a3");
                });
        race(new Try("a", 1, 3), new Try("b", 1, 1));

        await().until(() -> log.contains("a3 is discarded"));
        assertThat(log).containsSubsequence("a3 starts", "a1 is called off", "b1 wins");
        assertThat(log).doesNotContain("a3 is called off");
        assertThat(health.isSuspect(way("a"))).isFalse();
    }

    private Race.Finish<String> finish(String attempt) {
        return Objects.requireNonNull(started.get(attempt));
    }

    private static Way way(String name) {
        return new Way(name, new Endpoint("10.0.0.1", 1));
    }

    private void usually(String name, long ms) {
        health.answered(way(name), ms * 1_000_000, System.nanoTime());
    }

    private void answers(String attempt) {
        await().until(() -> started.containsKey(attempt));
        var finish = Objects.requireNonNull(started.get(attempt));
        loop.execute(() -> finish.reached(attempt));
    }

    private void closes(String attempt) {
        finish(attempt).failed(Optional.of(Sign.CLOSED), "closed");
    }

    private void awaitLog(String... expected) {
        await().untilAsserted(() -> assertThat(log).containsExactly(expected));
    }

    private void race(Try... tries) {
        var race = new Race<>(loop, health, allowance, List.of(tries), MINUTE, MINUTE, new Told());
        loop.execute(race::start);
    }

    private final class Told implements Race.Course<String> {
        @Override
        public void won(Race.Runner<String> winner, String result, boolean overtaken) {
            log.add(result + " wins");
        }

        @Override
        public void lost() {
            log.add("lost");
        }

        @Override
        public void failed(Race.Runner<String> runner, String why) {
            log.add(runner + " failed");
        }

        @Override
        public void seen(Way way, Sign sign) {
            // the health tells
        }

        @Override
        public void began() {
            // who starts tells
        }
    }

    /// One attempt by a way, of so many in a row.
    private final class Try implements Race.Runner<String> {
        private final String name;
        private final int number;
        private final int most;

        Try(String name, int number, int most) {
            this.name = name;
            this.number = number;
            this.most = most;
        }

        @Override
        public String toString() {
            return name + number;
        }

        @Override
        public Way way() {
            return RaceOfManyTest.way(name);
        }

        @Override
        public int rank() {
            return 0;
        }

        @Override
        public boolean leadsToMany() {
            return true;
        }

        @Override
        public Race.Attempt start(Duration limit, Race.Finish<String> finish) {
            log.add(this + " starts");
            started.put(toString(), finish);
            Optional.ofNullable(whenStarted.get(toString())).ifPresent(loop::execute);
            return new Race.Attempt() {
                @Override
                public void callOff() {
                    log.add(Try.this + " is called off");
                }

                @Override
                public Sign silence() {
                    return Sign.SILENT;
                }
            };
        }

        @Override
        public Optional<Race.Runner<String>> again(Sign sign) {
            return number < most ? Optional.of(new Try(name, number + 1, most)) : Optional.empty();
        }

        @Override
        public void discard(String result) {
            log.add(result + " is discarded");
        }
    }
}
