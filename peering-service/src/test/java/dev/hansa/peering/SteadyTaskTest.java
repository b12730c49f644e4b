package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SteadyTaskTest {
    private final List<PeeringEvent> events = new CopyOnWriteArrayList<>();
    private final AtomicInteger runs = new AtomicInteger();

    /// Exceptions twice, errors of the JVM twice, and nothing from then on.
    private void work() {
        switch (runs.incrementAndGet()) {
            case 1, 2 -> throw new IllegalStateException("a defect");
            case 3 -> throw new StackOverflowError("too deep");
            case 4 -> throw new OutOfMemoryError("no room");
            default -> {}
        }
    }

    @Test
    void neitherAnExceptionNorAnErrorEndsWhatATimerRuns() {
        try (var timer = Executors.newSingleThreadScheduledExecutor()) {
            timer.scheduleWithFixedDelay(
                    new SteadyTask("looking", this::work, events::add),
                    1,
                    1,
                    TimeUnit.MILLISECONDS);
            await().until(() -> runs.get() > 6);
            timer.shutdownNow();
        }

        assertThat(events)
                .as("told once while it goes on failing")
                .singleElement()
                .isInstanceOfSatisfying(
                        PeeringEvent.BackgroundFailure.class,
                        told -> assertThat(told.cause()).hasMessage("a defect"));
    }
}
