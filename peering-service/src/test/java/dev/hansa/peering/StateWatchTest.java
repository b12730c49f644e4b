package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class StateWatchTest {
    private final List<PeeringEvent> events = new ArrayList<>();
    private Supplier<Optional<String>> problem = Optional::empty;

    private static Optional<String> defect() {
        throw new IllegalStateException("a defect");
    }

    /// The timer would drop a task that throws.
    @Test
    void failureToLookIsToldOnceAndTheNextLookTellsHowItIs() {
        try (var timer = new HeldTimer()) {
            StateWatch.start(
                    () -> problem.get(),
                    timer,
                    PeeringEvent.StoreReadOnly::new,
                    PeeringEvent.StoreWritable::new,
                    events::add);
            for (var state :
                    List.<Supplier<Optional<String>>>of(
                            StateWatchTest::defect,
                            StateWatchTest::defect,
                            () -> Optional.of("full"),
                            StateWatchTest::defect,
                            Optional::empty)) {
                problem = state;
                timer.runFirst();
            }
        }

        assertThat(events)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly(
                        "BackgroundFailure", "StoreReadOnly", "BackgroundFailure", "StoreWritable");
    }
}
