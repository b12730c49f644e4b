package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// One blow under load, from before it until after its undoing. Times are of `System.nanoTime`.
///
/// @param struck just before the first thing was done
/// @param dead when all of it had been done: a connection that began later never saw the victim
///   alive
/// @param known when the catalog was seen to know it of a service; empty: it was not, or there is
///   none
/// @param undoing when the undoing began
/// @param back when what was struck was seen to serve again, by the check of each service
/// @param outcomes of all requests, before, during and after
record Episode(
        Blow blow,
        long struck,
        long dead,
        PerService<OptionalLong> known,
        long undoing,
        PerService<Long> back,
        List<Outcome> outcomes) {
    /// Steady load before the blow.
    private static final Duration STEADY = Duration.ofSeconds(1);

    /// An answer that takes longer while all is well comes from a machine that does not keep up.
    private static final Duration PROMPT = Duration.ofMillis(500);

    /// For processes that have just started, and are slow for that long.
    private static final Duration STEADY_LIMIT = Duration.ofSeconds(60);

    /// How long the load goes on when what was expected has been seen, for what comes late.
    private static final Duration LATER = Duration.ofSeconds(1);

    /// A first answer that takes longer is none.
    private static final Duration FIRST_ANSWER_LIMIT = Duration.ofSeconds(30);

    /// A catalog that has not learnt it by then, counted from the first answer, has not learnt it.
    private static final Duration KNOWLEDGE_LIMIT = Duration.ofSeconds(3);

    private static final Duration BACK_LIMIT = Duration.ofSeconds(40);

    static Episode run(Blow blow, Supplier<Load> loads) throws IOException, InterruptedException {
        blow.before().run();
        var episode = underLoad(blow, loads);
        blow.after().run();
        return episode;
    }

    private static Episode underLoad(Blow blow, Supplier<Load> loads)
            throws IOException, InterruptedException {
        var load = loads.get();
        try (load) {
            load.start();
            awaitSteady(load);

            var struck = System.nanoTime();
            var goneBy = struck + FIRST_ANSWER_LIMIT.toNanos();
            var knowing = watch(blow.knowledge(), one -> one.gone(goneBy));
            blow.strike().run();
            var dead = System.nanoTime();

            if (!blow.refuge().isEmpty()) {
                awaitAnswer(
                        load,
                        FIRST_ANSWER_LIMIT,
                        one -> one.dueNanos() >= struck && blow.isRefuge(one.from()));
            }
            Patience.within(KNOWLEDGE_LIMIT, () -> isDone(knowing));
            var known = new PerService<>(soFar(knowing.web()), soFar(knowing.rpc()));
            Patience.pause(LATER);

            var undoing = System.nanoTime();
            blow.undo().run();
            var backBy = System.nanoTime() + BACK_LIMIT.toNanos();
            var coming = watch(blow.knowledge(), one -> one.back(backBy));
            var back =
                    new PerService<>(
                            result(coming.web()).orElseGet(System::nanoTime),
                            result(coming.rpc()).orElseGet(System::nanoTime));
            if (!blow.victim().isEmpty()) {
                awaitAnswer(
                        load,
                        BACK_LIMIT,
                        one -> one.dueNanos() >= undoing && one.from().equals(blow.victim()));
            }
            Patience.pause(LATER.dividedBy(2));
            load.close();
            return new Episode(blow, struck, dead, known, undoing, back, load.outcomes());
        }
    }

    /// What happens to callers who wait already says nothing of the blow: goes on when all that was
    /// due within a second has been answered promptly.
    private static void awaitSteady(Load load) throws InterruptedException {
        var began = System.nanoTime();
        Patience.until(
                "a second of load with every answer within "
                        + PROMPT.toMillis()
                        + " ms (the machine is too small for the load, see --rate)",
                STEADY_LIMIT,
                () -> {
                    var until = System.nanoTime() - PROMPT.toNanos();
                    var from = until - STEADY.toNanos();
                    return from - began >= 0
                            && !load.has(one ->
                                    one.endedNanos() - from >= 0
                                            && (!one.ok() || one.millis() > PROMPT.toMillis()))
                            && load.allEnded(until);
                });
    }

    /// What is asked of a catalog.
    @FunctionalInterface
    private interface Question {
        OptionalLong ask(Knowledge knowledge) throws InterruptedException;
    }

    /// A catalog's knowledge, while other things happen.
    private static PerService<FutureTask<OptionalLong>> watch(
            PerService<Knowledge> knowledge, Question question) {
        return new PerService<>(watch(knowledge.web(), question), watch(knowledge.rpc(), question));
    }

    private static FutureTask<OptionalLong> watch(Knowledge knowledge, Question question) {
        var task = new FutureTask<>(() -> question.ask(knowledge));
        Thread.ofVirtual().name("knowledge").start(task);
        return task;
    }

    private static boolean isDone(PerService<FutureTask<OptionalLong>> both) {
        return both.web().isDone() && both.rpc().isDone();
    }

    private static OptionalLong soFar(FutureTask<OptionalLong> task) throws InterruptedException {
        return task.isDone() ? result(task) : OptionalLong.empty();
    }

    private static OptionalLong result(FutureTask<OptionalLong> task) throws InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("watching the catalog", e.getCause());
        }
    }

    /// Waits for it at each client that opens new connections; one that keeps them may never see
    /// it.
    ///
    /// @return whether it came
    private static boolean awaitAnswer(Load load, Duration limit, Predicate<Outcome> wanted)
            throws InterruptedException {
        return Patience.within(
                limit,
                () ->
                        load.kinds().stream()
                                .filter(kind -> !kind.keeps())
                                .allMatch(kind ->
                                        load.has(one ->
                                                one.client() == kind
                                                        && one.ok()
                                                        && wanted.test(one))));
    }
}
