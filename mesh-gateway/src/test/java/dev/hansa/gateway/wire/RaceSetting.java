package dev.hansa.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import dev.hansa.gateway.route.RaceAllowance;
import io.netty.channel.DefaultEventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;

/// A race of up to three ways that answer when a test says so, and what is known of them.
abstract class RaceSetting {
    static final Duration MINUTE = Duration.ofMinutes(1);
    static final long SECOND = 1_000_000_000;

    final Clockwork loop = new Clockwork();
    final PassiveHealth health = new PassiveHealth((_, _, _) -> {});
    RaceAllowance allowance = new RaceAllowance();

    /// What happened, in order: `a starts`, `a is called off`, `a wins`, `lost`, …
    final Queue<String> log = new ConcurrentLinkedQueue<>();

    final Queue<String> signs = new ConcurrentLinkedQueue<>();

    final Lane a = new Lane("a", 0);
    final Lane b = new Lane("b", 0);
    final Lane c = new Lane("c", 1);

    @AfterEach
    void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /// A loop that can be told to let no time pass: no head start is over in a test that needs none
    /// to be, however long this machine stalls.
    static final class Clockwork extends DefaultEventLoop {
        volatile boolean stands;

        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            return stands
                    ? super.schedule(command, 1, TimeUnit.HOURS)
                    : super.schedule(command, delay, unit);
        }
    }

    <T> T onLoop(Callable<T> what) throws Exception {
        return loop.submit(what).get();
    }

    void replan(Race<String> race, Lane... lanes) {
        loop.submit(() -> race.replan(List.of(lanes))).syncUninterruptibly();
    }

    void usually(Lane lane, long ms) {
        health.answered(lane.way(), ms * 1_000_000, System.nanoTime());
    }

    void suspectSince(Lane lane, long seconds) {
        var then = System.nanoTime() - seconds * SECOND;
        health.failed(lane.way(), Sign.SILENT, then, then);
    }

    void awaitLog(String... expected) {
        await().untilAsserted(() -> assertThat(log).containsExactly(expected));
    }

    Race<String> race(Lane... lanes) {
        return race(MINUTE, lanes);
    }

    Race<String> race(Duration all, Lane... lanes) {
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
    final class Lane implements Race.Runner<String> {
        private final String name;
        private final int rank;
        private final Deque<Race.Finish<String>> started = new ConcurrentLinkedDeque<>();
        final AtomicReference<Duration> limit = new AtomicReference<>();
        final AtomicInteger secondChances = new AtomicInteger();
        Runnable whenStarted = () -> {};

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
            loop.execute(whenStarted);
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
            await().until(() -> !started.isEmpty());
            loop.execute(this::answersNow);
        }

        /// On the loop.
        void answersNow() {
            started.remove().reached(name);
        }

        void fails() {
            await().until(() -> !started.isEmpty());
            var finish = started.remove();
            loop.execute(() -> finish.failed(Optional.of(Sign.REFUSED), "refused"));
        }
    }
}
