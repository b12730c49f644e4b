package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConnectionRateTest {
    /// As `System.nanoTime`, which may pass its largest value.
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000);

    private final ConnectionRate rate = new ConnectionRate(10, now::get);

    private int taken() {
        var count = 0;
        while (rate.take()) {
            count++;
        }
        return count;
    }

    private void passes(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void asManyAsOfASecondAtOnceAndThenEachWhenItIsItsTurn() {
        assertThat(taken()).isEqualTo(10);
        passes(Duration.ofMillis(99));
        assertThat(taken()).isZero();
        passes(Duration.ofMillis(1));
        assertThat(taken()).isEqualTo(1);
        passes(Duration.ofMillis(350));
        assertThat(taken()).isEqualTo(3);
    }

    @Test
    void restSavesASecondsAndNoMore() {
        taken();
        passes(Duration.ofHours(1));
        assertThat(taken()).isEqualTo(10);
    }

    @Test
    void manyLoopsTakeNoMoreTogether() {
        var taken = new AtomicInteger();
        try (var threads = Executors.newFixedThreadPool(4)) {
            for (var i = 0; i < 4; i++) {
                threads.submit(() -> {
                    while (rate.take()) {
                        taken.incrementAndGet();
                    }
                });
            }
        }
        assertThat(taken.get()).isEqualTo(10);
    }

    @Test
    void noLimitIsNone() {
        for (var i = 0; i < 100_000; i++) {
            assertThat(ConnectionRate.NONE.take()).isTrue();
        }
    }
}
