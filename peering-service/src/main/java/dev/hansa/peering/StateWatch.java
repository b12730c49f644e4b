package dev.hansa.peering;

import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/// Tells once when something of this server's goes wrong, and once when it is well again.
final class StateWatch {
    /// What an operator would call at once.
    private static final int EVERY_SECONDS = 1;

    private final Supplier<Optional<String>> problem;
    private final Function<String, PeeringEvent> wrong;
    private final Supplier<PeeringEvent> well;
    private final Consumer<PeeringEvent> events;
    private boolean isWrong;

    private StateWatch(
            Supplier<Optional<String>> problem,
            Function<String, PeeringEvent> wrong,
            Supplier<PeeringEvent> well,
            Consumer<PeeringEvent> events) {
        this.problem = problem;
        this.wrong = wrong;
        this.well = well;
        this.events = events;
    }

    /// @param problem what is wrong now, if anything
    /// @param wrong told of it
    static void start(
            Supplier<Optional<String>> problem,
            ScheduledExecutorService timer,
            Function<String, PeeringEvent> wrong,
            Supplier<PeeringEvent> well,
            Consumer<PeeringEvent> events) {
        var watch = new StateWatch(problem, wrong, well, events);
        timer.scheduleWithFixedDelay(
                new SteadyTask("looking how this server is", watch::look, events),
                0,
                EVERY_SECONDS,
                TimeUnit.SECONDS);
    }

    /// On the timer's thread only.
    private void look() {
        var now = problem.get();
        if (now.isPresent() != isWrong) {
            isWrong = now.isPresent();
            events.accept(now.map(wrong).orElseGet(well));
        }
    }
}
