package dev.hansa.kubernetes;

import static dev.hansa.kubernetes.TestingCluster.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/// Alone: an error that ends a worker of this class would fail whoever awaits something in another.
@Isolated
class WorkersTest {
    private static final class Counted implements Workers.Reports<String> {
        final AtomicInteger failures = new AtomicInteger();

        @Override
        public void settled(String subject) {}

        @Override
        public void refused(String subject, String words, Duration again) {}

        @Override
        public void failed(String subject, String words, Duration again) {
            failures.incrementAndGet();
        }
    }

    private final WorkQueue<String> queue = new WorkQueue<>(10);
    private final Counted counted = new Counted();

    private Workers<String> workers(Workers.Work<String> work) {
        var workers = new Workers<>("testing", queue, () -> true, work, counted);
        workers.start();
        return workers;
    }

    @Test
    void errorOfOneObjectEndsNoWorker() {
        try (var workers =
                workers(_ -> {
                    throw new NoClassDefFoundError("missing");
                })) {
            queue.add("one");

            until(() -> counted.failures.get() > 1);
            assertThat(workers.areAlive()).isTrue();
        }
    }

    /// The liveness probe asks for it.
    @Test
    void workerThatHasEndedIsNoticed() {
        try (var workers =
                workers(_ -> {
                    throw new InternalError("of the machine");
                })) {
            assertThat(workers.areAlive()).isTrue();
            queue.add("one");

            // the error is what ends it, and not one of this test
            await().dontCatchUncaughtExceptions().until(() -> !workers.areAlive());
        }
    }
}
