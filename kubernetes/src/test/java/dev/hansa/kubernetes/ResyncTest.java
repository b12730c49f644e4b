package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResyncTest {
    private final List<String> failures = new ArrayList<>();
    private long now;
    private boolean fails;

    private Resync resync() {
        return new Resync(
                Duration.ofMinutes(1),
                () -> now,
                () -> {
                    if (fails) {
                        throw new IllegalStateException("index");
                    }
                },
                failures::add);
    }

    @Test
    void lookThatFailsIsToldAndDoesNotEndThoseAfterIt() {
        try (var resync = resync()) {
            fails = true;
            resync.round();
            assertThat(failures).singleElement().asString().contains("index");

            fails = false;
            resync.round();
            assertThat(failures).hasSize(1);
            assertThat(resync.isAlive()).isTrue();
        }
    }

    @Test
    void looksThatDoNotComeAnyMoreAreNoticed() {
        try (var resync = resync()) {
            now = Duration.ofMinutes(3).toNanos();
            assertThat(resync.isAlive()).isTrue();

            now = Duration.ofMinutes(5).toNanos();
            assertThat(resync.isAlive()).isFalse();
        }
    }
}
