package dev.hansa.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MemoryWatermarkTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong clock = new AtomicLong();

    @Test
    void memoryIsShortAboveTheMarkAndACollectionIsAskedForOnceInAWhile() {
        var collections = new AtomicInteger();
        var heap = new AtomicLong(91);
        var mark =
                new MemoryWatermark(
                        90,
                        () -> heap.get() / 100.0,
                        () -> 0,
                        collections::incrementAndGet,
                        clock::get);
        assertThat(mark.getAsBoolean()).isTrue();
        assertThat(collections).hasValue(0);
        clock.addAndGet(10 * SECOND);
        assertThat(mark.getAsBoolean()).isTrue();
        clock.addAndGet(SECOND);
        assertThat(mark.getAsBoolean()).isTrue();
        assertThat(collections).hasValue(1);
        heap.set(89);
        assertThat(mark.getAsBoolean()).as("looked up a moment ago").isTrue();
        clock.addAndGet(SECOND);
        assertThat(mark.getAsBoolean()).isFalse();
    }

    @Test
    void directMemoryCountsToo() {
        var mark = new MemoryWatermark(90, () -> 0, () -> 0.91, () -> {}, clock::get);
        assertThat(mark.getAsBoolean()).isTrue();
    }

    @Test
    void heapIsWhatACollectionHasLeft() {
        System.gc();
        var before = MemoryWatermark.heapUse();
        var held = new byte[8][];
        for (var i = 0; i < held.length; i++) {
            held[i] = new byte[8 << 20];
        }
        System.gc();
        assertThat(MemoryWatermark.heapUse() - before)
                .isGreaterThan(0.9 * (64 << 20) / Runtime.getRuntime().maxMemory());
        assertThat(held.length).isEqualTo(8);
    }

    @Test
    void thisProcessHasMemoryLeft() {
        assertThat(new MemoryWatermark(99, () -> 0).getAsBoolean()).isFalse();
        assertThat(MemoryWatermark.heapUse()).isBetween(0.0, 0.9);
    }
}
