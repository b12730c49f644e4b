package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.store.StoredState;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeeringLifecycleTest {
    @ParameterizedTest
    @CsvSource({
        "PENDING, PENDING, ACTIVE, FAILING",
        "ESTABLISHING, ESTABLISHING, ACTIVE, FAILING",
        "DELETING, DELETING, DELETING, DELETING",
        "TERMINATED, TERMINATED, TERMINATED, TERMINATED"
    })
    void stateIsShownAsTheStreamIs(
            StoredState stored, PeeringState quiet, PeeringState connected, PeeringState broken) {
        assertThat(PeeringLifecycle.shown(stored, StreamStatus.NONE)).isEqualTo(quiet);
        assertThat(PeeringLifecycle.shown(stored, StreamStatus.NONE.opened())).isEqualTo(connected);
        assertThat(
                        PeeringLifecycle.shown(
                                stored, StreamStatus.NONE.ended(Optional.of("heartbeat timeout"))))
                .isEqualTo(broken);
    }
}
