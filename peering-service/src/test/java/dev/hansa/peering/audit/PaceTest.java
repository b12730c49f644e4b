package dev.hansa.peering.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Whose refusals have a record.
class PaceTest {
    private final AtomicLong now = new AtomicLong();
    private final Pace pace = new Pace(now::get);

    /// @return how many of so many are told
    private int refuse(String caller, int times) {
        var told = 0;
        for (var i = 0; i < times; i++) {
            var ticket = pace.ticket(caller);
            told += ticket.quiet() ? 0 : 1;
            ticket.refused();
        }
        return told;
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void tenAreToldAndTheRestIsCounted() {
        assertThat(refuse("ada", 1_000)).isEqualTo(10);
        pass(Duration.ofSeconds(6));
        var next = pace.ticket("ada");
        assertThat(next.quiet()).isFalse();
        assertThat(next.untold()).isEqualTo(990);
        // it was not refused after all
        next.unused();
        assertThat(pace.ticket("ada").untold()).isEqualTo(990);
    }

    @Test
    void oneCallerTakesNothingFromAnother() {
        refuse("ada", 1_000);
        assertThat(refuse("bob", 5)).isEqualTo(5);
    }

    @Test
    void manyNamesAreNoWayAround() {
        var told = 0;
        for (var i = 0; i < 3_000; i++) {
            told += refuse("caller " + i, 1);
        }
        assertThat(told).isEqualTo(30);
        pass(Duration.ofSeconds(2));
        assertThat(refuse("late", 5)).isEqualTo(1);
    }

    @Test
    void whatWasAllowedAndNotRefusedCostsNothing() {
        for (var i = 0; i < 100; i++) {
            pace.ticket("ada").unused();
        }
        assertThat(refuse("ada", 100)).isEqualTo(10);
    }
}
