package dev.hansa.peering.failover;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.store.ControlRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.function.Consumer;

/// Ends controls when their time is over; at the leader only. It is the time of day that counts: a
/// clock that jumps ends them so much earlier or later.
public final class ControlExpiry implements AutoCloseable {
    /// Only to notice a defect.
    private static final Duration IDLE = Duration.ofHours(1);

    /// How late a clock that has jumped forward is noticed.
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final Store store;
    private final Runnable changed;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;
    private final Thread thread;

    /// @param changed makes routes anew
    public ControlExpiry(
            Store store, Runnable changed, Clock clock, Consumer<PeeringEvent> events) {
        this.store = store;
        this.changed = changed;
        this.clock = clock;
        this.events = events;
        this.thread = Thread.ofVirtual().name("control-expiry").start(this::run);
    }

    private void run() {
        try {
            while (true) {
                var controls = store.now().controls();
                var now = clock.instant();
                try {
                    look(controls.values(), now);
                } catch (RuntimeException | Error e) {
                    // one bad record must not keep all others in force
                    events.accept(new PeeringEvent.BackgroundFailure("ending controls", e));
                }
                store.state()
                        .await(
                                state -> state.controls() != controls,
                                untilNext(controls.values(), now));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(Collection<ControlRecord> controls, Instant now) {
        events.accept(new PeeringEvent.ControlsHeld(controls.size()));
        controls.stream().filter(control -> !control.until().isAfter(now)).forEach(this::end);
    }

    private static Duration untilNext(Collection<ControlRecord> controls, Instant now) {
        return controls.stream()
                .map(ControlRecord::until)
                .filter(until -> until.isAfter(now))
                .min(Instant::compareTo)
                .map(first -> Duration.between(now, first))
                .filter(left -> left.compareTo(LOOK_AGAIN) < 0)
                .orElse(controls.isEmpty() ? IDLE : LOOK_AGAIN);
    }

    private void end(ControlRecord control) {
        // routes are without it from now on, whether or not the store takes a write
        changed.run();
        try {
            if (store.apply(new StoreCommand.RemoveControl(control.id()))
                    instanceof StoreAnswer.Applied) {
                control.control()
                        .ifPresent(ended ->
                                events.accept(new PeeringEvent.ControlEnded(ended, "expired")));
            }
        } catch (StoreFailure e) {
            // asked again in LOOK_AGAIN; meanwhile it is only a record
            events.accept(new PeeringEvent.WriteRefused(String.valueOf(e.getMessage())));
        }
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
