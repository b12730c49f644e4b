package dev.hansa.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Ctrl-C, for work whose first part is worth something: it ends early, and what there is is
/// finished before the process ends.
final class EarlyEnd implements AutoCloseable {
    /// Longer than a request that is under way and the writing of a capture; a person who waits
    /// longer kills it.
    private static final Duration TO_FINISH = Duration.ofSeconds(30);

    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread atExit = new Thread(this::finish, "finish-early");

    EarlyEnd() {
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    private void finish() {
        asked.countDown();
        try {
            var _ = finished.await(TO_FINISH.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isAsked() {
        return asked.getCount() == 0;
    }

    /// Waits so long, or until it is asked for.
    void await(Duration most) throws InterruptedException {
        var _ = asked.await(most.toNanos(), TimeUnit.NANOSECONDS);
    }

    /// The work is finished.
    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException _) {
            // it runs already
        }
    }
}
