package dev.hansa.peering;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// A timer whose tasks run when a test says so, also one that was called off too late.
public final class HeldTimer extends ScheduledThreadPoolExecutor {
    private final List<Runnable> tasks = new ArrayList<>();

    public HeldTimer() {
        super(1);
    }

    @Override
    public synchronized ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        tasks.add(task);
        return super.schedule(() -> {}, 1, TimeUnit.DAYS);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
            Runnable task, long initialDelay, long delay, TimeUnit unit) {
        return schedule(task, initialDelay, unit);
    }

    /// Waits for nothing that would run some day.
    @Override
    public void close() {
        shutdownNow();
    }

    /// The one that was given to it first.
    public synchronized void runFirst() {
        tasks.getFirst().run();
    }
}
