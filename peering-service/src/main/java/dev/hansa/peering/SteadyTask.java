package dev.hansa.peering;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// What a timer runs again and again. The timer would drop a task that throws, an error of the JVM
/// as well, without a word: it is told once, and once more when it has worked in between.
final class SteadyTask implements Runnable {
    private final String what;
    private final Runnable task;
    private final Consumer<PeeringEvent> events;
    private boolean fails;

    /// @param what for people, as after "failed: "
    SteadyTask(String what, Runnable task, Consumer<PeeringEvent> events) {
        this.what = what;
        this.task = task;
        this.events = events;
    }

    /// Runs a task from one period after now on, a period after the end of the run before it.
    ///
    /// @param what for people, as after "failed: "
    static ScheduledFuture<?> every(
            Duration period, ServerParts parts, String what, Runnable task) {
        return parts.timer()
                .scheduleWithFixedDelay(
                        new SteadyTask(what, task, parts.events()),
                        period.toMillis(),
                        period.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void run() {
        try {
            task.run();
            fails = false;
        } catch (RuntimeException | Error e) {
            if (!fails) {
                events.accept(new PeeringEvent.BackgroundFailure(what, e));
            }
            fails = true;
        }
    }
}
