package dev.hansa.peering;

import dev.hansa.peering.store.Store;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Tells once when the store stops taking writes, and once when it takes them again.
final class StoreWatch {
    /// What an operator would call at once.
    private static final int EVERY_SECONDS = 1;

    private final Store store;
    private final Consumer<PeeringEvent> events;
    private boolean readOnly;

    private StoreWatch(Store store, Consumer<PeeringEvent> events) {
        this.store = store;
        this.events = events;
    }

    static void start(Store store, ScheduledExecutorService timer, Consumer<PeeringEvent> events) {
        var watch = new StoreWatch(store, events);
        timer.scheduleWithFixedDelay(watch::look, 0, EVERY_SECONDS, TimeUnit.SECONDS);
    }

    /// On the timer's thread only.
    private void look() {
        var problem = store.problem();
        if (problem.isPresent() != readOnly) {
            readOnly = problem.isPresent();
            events.accept(event(problem));
        }
    }

    private static PeeringEvent event(Optional<String> problem) {
        return problem.<PeeringEvent>map(PeeringEvent.StoreReadOnly::new)
                .orElseGet(PeeringEvent.StoreWritable::new);
    }
}
