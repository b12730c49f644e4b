package dev.hansa.gateway.wire;

import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import dev.hansa.gateway.route.RaceAllowance;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Finds the first of several ways that answers, for one connection. They start in order; the next
/// one starts at once when one has failed, and beside one that has been silent for its head start.
/// Before the next one comes the same one again, where its runner says so; beside a silent one it
/// has half of a head start, and they have failed only when the last of them has. The first to
/// answer is the winner, the others are closed. Nothing that a caller says is sent before there is
/// a winner, so nothing is ever sent twice.
///
/// While a way counts as good, starting another beside it takes an allowance; one that is suspect
/// is passed without, by one that is not. Where a way leads to several, an answer that another
/// connection has had by it meanwhile is as good as an allowance; without either it is left for the
/// next, where there is a good one. Whoever has waited for its head start when another wins has
/// failed, as far as [PassiveHealth] is concerned. The newest of each way goes on for [#LINGER],
/// for its health alone: who was only late is good again as soon as it has answered.
///
/// A suspect way whose time has come is tried beside the first good one. It may win if it comes
/// before that in the policy's order, or level; otherwise it is tried for its health alone, and
/// goes on for that after the race, for at most [#PROBE_LIMIT] to connect and as long for its
/// handshake.
///
/// What has not started yet may be replaced while others run ([#replan]): who waits for a way that
/// says nothing is not held to what was known when it came.
///
/// On one event loop.
///
/// @param <R> what an answer is: a connected channel, and what is known of it
public final class Race<R> {
    /// Longer than any head start; a way that needs longer is of use only when there is no other.
    private static final Duration PROBE_LIMIT = PassiveHealth.MAX_HEAD_START;

    /// Until the first probe would be due.
    private static final Duration LINGER = PassiveHealth.FIRST_BACK_OFF;

    /// Attempts for one connection, over all plans that it has seen: three plans of a sidecar's.
    static final int MOST_STARTS = 36;

    private final EventLoop loop;
    private final PassiveHealth health;
    private final RaceAllowance allowance;
    private final Duration limit;
    private final Duration all;
    private final Course<R> course;
    private final Deque<Runner<R>> waiting;
    private final List<Entry> running = new ArrayList<>();

    /// At most [#MOST_STARTS].
    private final Set<Way> tried = new HashSet<>();

    private int starts;
    private long deadline;
    private boolean raced;
    private boolean over;

    /// A way that may be taken.
    public interface Runner<R> {
        Way way();

        /// The target's place in the policy's order: 0 before 1.
        int rank();

        /// Begins. `finish` is told once, on the loop, unless the attempt is called off before.
        ///
        /// @param limit to connect, and as much for what follows
        Attempt start(Duration limit, Finish<R> finish);

        /// An answer that nobody needs: closes it.
        void discard(R result);

        /// The same way once more, from its beginning, before any other; empty: it has had its
        /// turn.
        ///
        /// @param sign how it has failed
        default Optional<Runner<R>> again(Sign sign) {
            return Optional.empty();
        }

        /// Whether several answer by this way, one of which may have failed while the others are
        /// well.
        default boolean leadsToMany() {
            return false;
        }
    }

    /// One that is under way.
    public interface Attempt {
        /// Closes it; nothing is told any more.
        void callOff();

        /// What it means that it has said nothing until now.
        Sign silence();
    }

    /// Where an attempt's outcome is told.
    public interface Finish<R> {
        void reached(R result);

        /// @param sign of the other end's health; empty: the failure is our own
        void failed(Optional<Sign> sign, String why);
    }

    /// Where a race's outcome is told: `won` or `lost`, once.
    public interface Course<R> {
        /// @param overtaken whether one that had started before was still silent
        void won(Runner<R> winner, R result, boolean overtaken);

        /// None is left, and none runs.
        void lost();

        /// One of them has failed, or has been overtaken.
        void failed(Runner<R> runner, String why);

        /// A way has failed, or has been overtaken; also told of probes, and after the race.
        void seen(Way way, Sign sign);

        /// A second one starts while another is still silent; told once.
        void began();
    }

    /// @param plan in order, the suspect ones last
    /// @param limit for one attempt to connect, and as long for its handshake
    /// @param all no attempt starts after this long, but the first
    public Race(
            EventLoop loop,
            PassiveHealth health,
            RaceAllowance allowance,
            Collection<? extends Runner<R>> plan,
            Duration limit,
            Duration all,
            Course<R> course) {
        this.loop = loop;
        this.health = health;
        this.allowance = allowance;
        this.waiting = new ArrayDeque<>(plan);
        this.limit = limit;
        this.all = all;
        this.course = course;
    }

    public void start() {
        allowance.begun();
        deadline = System.nanoTime() + all.toNanos();
        var first = waiting.poll();
        if (first == null) {
            next();
            return;
        }
        new Entry(first, false, false).start();
        if (!health.isSuspect(first.way())) {
            probe(first);
        }
    }

    /// Others may be tried from now on than those that the race began with, of which none starts
    /// any more. What runs goes on; one that has run here comes again only if it has ended and is
    /// not suspect any more. If somebody has had its head start, the first of them starts at once.
    ///
    /// @param plan in order, the suspect ones last
    public void replan(Collection<? extends Runner<R>> plan) {
        if (over) {
            return;
        }
        waiting.clear();
        for (var runner : plan) {
            var way = runner.way();
            if (!tried.contains(way) || !runs(way) && !health.isSuspect(way)) {
                waiting.add(runner);
            }
        }
        running.stream().filter(entry -> entry.silent).findFirst().ifPresent(Entry::giveWay);
    }

    private boolean runs(Way way) {
        return running.stream().anyMatch(entry -> entry.runner.way().equals(way));
    }

    /// The one that waited has gone: closes everything, and tells nothing more.
    public void abandon() {
        if (!over) {
            over = true;
            callOffAll();
        }
    }

    /// One for each connection, so that many suspects cost it no more than one does.
    private void probe(Runner<R> good) {
        var due =
                waiting.stream()
                        .filter(candidate -> health.tryProbe(candidate.way(), System.nanoTime()))
                        .findFirst();
        if (due.isPresent()) {
            var aside = due.get().rank() > good.rank();
            if (!aside) {
                waiting.remove(due.get());
            }
            new Entry(due.get(), true, aside).start();
        }
    }

    private void next() {
        if (over) {
            return;
        }
        var runner = late() ? null : waiting.poll();
        if (runner != null) {
            new Entry(runner, false, false).start();
        } else if (running.isEmpty()) {
            over = true;
            course.lost();
        }
    }

    private boolean late() {
        return System.nanoTime() - deadline >= 0 || starts >= MOST_STARTS;
    }

    private void callOffAll() {
        for (var entry : running) {
            if (!entry.probe) {
                entry.callOff();
            }
        }
        running.clear();
    }

    private final class Entry implements Finish<R> {
        private final Runner<R> runner;
        private final boolean aside;
        private final long began = System.nanoTime();

        /// When the first of the attempts by this way in a row began.
        private final long since;

        private final long headStart;
        private boolean probe;
        private @Nullable Attempt attempt;
        private @Nullable ScheduledFuture<?> timer;
        private boolean done;

        /// It has had its head start, and nobody but the same way again was left to start.
        private boolean silent;

        /// The same way again: what becomes of that one counts for both.
        private @Nullable Entry successor;

        /// @param probe tried for its health
        /// @param aside it cannot win
        Entry(Runner<R> runner, boolean probe, boolean aside) {
            this.runner = runner;
            this.probe = probe;
            this.aside = aside;
            this.since = began;
            this.headStart = health.headStart(runner.way(), began);
        }

        /// The same way again.
        Entry(Runner<R> runner, Entry before) {
            this.runner = runner;
            this.probe = false;
            this.aside = false;
            this.since = before.since;
            this.headStart = before.done ? before.headStart : shortened(before.headStart);
        }

        /// For who is tried because its way says nothing: another instance answers in a quarter of
        /// a head start as a rule, and if it is the whole target that is silent, callers wait.
        private static long shortened(long headStart) {
            var least = Math.min(headStart, 2 * PassiveHealth.MIN_HEAD_START.toNanos());
            return Math.max(least, headStart / 2);
        }

        void start() {
            if (!aside) {
                running.add(this);
            }
            if (!probe) {
                watch();
            }
            tried.add(runner.way());
            starts++;
            attempt =
                    runner.start(
                            probe && limit.compareTo(PROBE_LIMIT) > 0 ? PROBE_LIMIT : limit, this);
        }

        private void watch() {
            silent = false;
            timer = loop.schedule(this::giveWay, headStart, TimeUnit.NANOSECONDS);
        }

        /// The head start is over.
        private void giveWay() {
            var silence = attempt;
            if (over || done || late() || silence == null) {
                return;
            }
            var again = againBeside();
            if (again.isEmpty() && waiting.isEmpty()) {
                silent = true;
                return;
            }
            if (!mayAnotherStart(again.isEmpty())) {
                if (!isLeft(silence.silence())) {
                    // others may show it to be dead meanwhile, or earn an allowance
                    watch();
                    return;
                }
                again = Optional.empty();
            }
            if (!raced) {
                raced = true;
                course.began();
            }
            if (again.isPresent()) {
                silent = true;
                follow(again.get());
            } else {
                next();
            }
        }

        /// One that is suspect is passed by others, not by itself.
        private Optional<Runner<R>> againBeside() {
            return successor != null || attempt == null || health.isSuspect(runner.way())
                    ? Optional.empty()
                    : runner.again(attempt.silence());
        }

        private void follow(Runner<R> again) {
            successor = new Entry(again, this);
            successor.start();
        }

        /// When all are slow, each connection would go round them all, and make them slower.
        private boolean mayAnotherStart(boolean isAnotherWay) {
            return isAnotherWay && health.isSuspect(runner.way()) && isNextGood()
                    || runner.leadsToMany() && health.tryVouched(runner.way(), since)
                    || allowance.tryTake();
        }

        private boolean isNextGood() {
            return !waiting.isEmpty() && !health.isSuspect(waiting.getFirst().way());
        }

        /// Who leads to many is not shown to be dead by others while some of them answer: where
        /// nobody speaks for it and there is one to go to, this caller goes on, and the silence is
        /// shown at once.
        private boolean isLeft(Sign sign) {
            if (!runner.leadsToMany() || !isNextGood()) {
                return false;
            }
            show(sign, System.nanoTime());
            return true;
        }

        private boolean settle() {
            if (done) {
                return false;
            }
            done = true;
            if (timer != null) {
                timer.cancel(false);
            }
            running.remove(this);
            if (probe) {
                health.probed(runner.way());
            }
            return true;
        }

        void callOff() {
            done = true;
            if (timer != null) {
                timer.cancel(false);
            }
            if (attempt != null) {
                attempt.callOff();
            }
        }

        @Override
        public void reached(R result) {
            if (!settle()) {
                runner.discard(result);
                return;
            }
            var now = System.nanoTime();
            health.answered(runner.way(), now - began, now);
            if (over || aside) {
                runner.discard(result);
                return;
            }
            over = true;
            var overtaken = false;
            for (var other : running) {
                overtaken |= other.overtaken(now);
            }
            callOffAll();
            course.won(runner, result, overtaken);
        }

        private void show(Sign sign, long now) {
            if (runner.leadsToMany()) {
                health.failedBehind(runner.way(), sign, since, now);
            } else {
                health.failed(runner.way(), sign, began, now);
            }
            course.seen(runner.way(), sign);
        }

        /// Another one has won.
        ///
        /// @return whether this one had had its head start
        private boolean overtaken(long now) {
            var late = now - began >= headStart;
            if (late && !probe && attempt != null) {
                show(attempt.silence(), now);
                course.failed(
                        runner,
                        "no answer in "
                                + TimeUnit.NANOSECONDS.toMillis(now - began)
                                + " ms, overtaken");
                if (health.tryLinger(runner.way())) {
                    newest().linger();
                }
                return true;
            }
            return false;
        }

        /// Of the attempts by this way that run: it meets another instance than those that have
        /// said nothing for longer.
        private Entry newest() {
            var newest = this;
            for (var next = successor; next != null; next = next.successor) {
                newest = next.done ? newest : next;
            }
            return newest;
        }

        private void linger() {
            probe = true;
            if (timer != null) {
                timer.cancel(false);
            }
            timer =
                    loop.schedule(
                            () -> {
                                callOff();
                                health.probed(runner.way());
                            },
                            LINGER.toNanos(),
                            TimeUnit.NANOSECONDS);
        }

        @Override
        public void failed(Optional<Sign> sign, String why) {
            if (!settle()) {
                return;
            }
            if (over || aside) {
                sign.ifPresent(shown -> show(shown, System.nanoTime()));
                return;
            }
            course.failed(runner, why);
            if (newest() != this) {
                return;
            }
            var again =
                    probe || successor != null || late()
                            ? Optional.<Runner<R>>empty()
                            : sign.flatMap(runner::again);
            if (again.isPresent()) {
                follow(again.get());
                return;
            }
            sign.ifPresent(shown -> show(shown, System.nanoTime()));
            next();
        }
    }
}
