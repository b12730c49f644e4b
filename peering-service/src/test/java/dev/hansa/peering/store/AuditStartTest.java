package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// How the audit log's beginning is waited for.
class AuditStartTest {
    @Test
    void defectIsToldOnceAndTheNextLookIsTakenAllTheSame() throws Exception {
        var failures = new LinkedBlockingQueue<Throwable>();
        var looks = new AtomicInteger();
        var questions = new AtomicInteger();
        var hasBegun = new AtomicBoolean();
        var done = new CountDownLatch(1);
        try (var start =
                new AuditStart(
                        () -> {
                            if (questions.incrementAndGet() == 1) {
                                throw new IllegalStateException("a defect");
                            }
                            return hasBegun.get();
                        },
                        () -> {
                            switch (looks.incrementAndGet()) {
                                case 1, 2 -> throw new IllegalStateException("a defect");
                                case 3 -> throw new StoreFailure("no leader", null);
                                default -> {
                                    hasBegun.set(true);
                                    done.countDown();
                                }
                            }
                        },
                        Duration.ofMillis(1),
                        failures::add)) {
            start.start();
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        }

        assertThat(failures).hasSize(1);
        assertThat(failures.poll())
                .isInstanceOf(StoreFailure.class)
                .hasMessage(
                        "audit log: expected to find out whether it may begin; found java.lang.IllegalStateException: a defect: tried again every 1 ms");
    }
}
