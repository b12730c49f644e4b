package dev.hansa.bootstrap;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/// Is memory short? Asked for each new connection, looked up a few times a second.
///
/// Of the heap only what a collection has left counts: garbage is not use. While it is short
/// nothing else may cause a collection (whoever is refused costs no memory), so one is asked for
/// now and then; otherwise it would stay short for ever.
public final class MemoryWatermark implements BooleanSupplier {
    /// Between two looks a thousand connections can come; they hold a few megabytes.
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    /// A full collection of a full heap stops everything for some tenths of a second.
    private static final Duration COLLECT_AGAIN = Duration.ofSeconds(10);

    private final double most;
    private final DoubleSupplier heap;
    private final DoubleSupplier direct;
    private final Runnable collect;
    private final LongSupplier nanoTime;
    private long lookAt;
    private long collectAt;
    private boolean isShort;

    /// @param percent of heap or direct memory, 1 to 99
    /// @param direct part of the memory outside of the heap that is in use, from 0 to 1
    public MemoryWatermark(int percent, DoubleSupplier direct) {
        this(
                percent,
                MemoryWatermark::heapUse,
                direct,
                () -> Thread.ofPlatform().daemon().name("collect").start(System::gc),
                System::nanoTime);
        // beside the start and not in its way: JMX is large, and the first connection asks
        Thread.ofPlatform().daemon().name("heap-pools").start(MemoryWatermark::heapUse);
    }

    /// @param heap part of the heap that is in use, from 0 to 1
    /// @param direct part of the memory outside of it
    MemoryWatermark(
            int percent,
            DoubleSupplier heap,
            DoubleSupplier direct,
            Runnable collect,
            LongSupplier nanoTime) {
        this.most = percent / 100.0;
        this.heap = heap;
        this.direct = direct;
        this.collect = collect;
        this.nanoTime = nanoTime;
        this.lookAt = nanoTime.getAsLong();
        this.collectAt = lookAt + COLLECT_AGAIN.toNanos();
    }

    @Override
    public synchronized boolean getAsBoolean() {
        var now = nanoTime.getAsLong();
        if (now - lookAt < 0) {
            return isShort;
        }
        lookAt = now + LOOK_AGAIN.toNanos();
        var heapShort = heap.getAsDouble() > most;
        isShort = heapShort || direct.getAsDouble() > most;
        if (heapShort && now - collectAt >= 0) {
            collectAt = now + COLLECT_AGAIN.toNanos();
            collect.run();
        }
        return isShort;
    }

    /// Found when they are asked for.
    private static final class Pools {
        private static final List<MemoryPoolMXBean> OF_HEAP =
                ManagementFactory.getMemoryPoolMXBeans().stream()
                        .filter(pool -> pool.getType() == MemoryType.HEAP)
                        .toList();

        private Pools() {}
    }

    /// The part of the heap's limit that was still in use after the last collection of each of its
    /// pools, from 0 to 1.
    public static double heapUse() {
        var left = 0L;
        for (var pool : Pools.OF_HEAP) {
            var usage = pool.getCollectionUsage();
            left += usage == null ? 0 : usage.getUsed();
        }
        return (double) left / Runtime.getRuntime().maxMemory();
    }
}
