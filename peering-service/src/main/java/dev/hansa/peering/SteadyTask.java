package dev.hansa.peering;

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
