package dev.hansa.kubernetes;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Looks at everything again and again. A look that fails does not end those after it.
final class Resync implements AutoCloseable {
    /// Looks that may be missed before this process is of no use.
    private static final int MISSED = 4;

    /// A look at ten thousand objects takes seconds; a resync may be shorter.
    private static final Duration LEAST = Duration.ofMinutes(1);

    private final Duration period;
    private final LongSupplier nanos;
    private final Runnable look;
    private final Consumer<String> failed;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("resync").factory());
    private volatile long last;

    /// @param nanos a clock that only runs forward
    /// @param failed told why a look ended early
    Resync(Duration period, LongSupplier nanos, Runnable look, Consumer<String> failed) {
        this.period = period;
        this.nanos = nanos;
        this.look = look;
        this.failed = failed;
        this.last = nanos.getAsLong();
    }

    void start() {
        timer.scheduleWithFixedDelay(
                this::round, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// One look.
    void round() {
        try {
            look.run();
        } catch (RuntimeException | StackOverflowError | LinkageError | AssertionError e) {
            failed.accept("found '" + e + "'");
        }
        last = nanos.getAsLong();
    }

    /// Whether looks still come.
    boolean isAlive() {
        var most = period.multipliedBy(MISSED);
        return nanos.getAsLong() - last < (most.compareTo(LEAST) < 0 ? LEAST : most).toNanos();
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
