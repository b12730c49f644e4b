package dev.hansa.kubernetes;

import dev.hansa.kubernetes.api.HansaApi;
import dev.hansa.kubernetes.lease.Fence.NotLeadingException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Takes subjects from the queue and works on them, while this replica leads.
final class Workers<T> implements AutoCloseable {
    /// Requests to two servers that wait: as many as keep a start of hundreds of objects short.
    private static final int COUNT = 4;

    /// How soon it is noticed that this replica leads, or stops.
    private static final Duration LOOK = Duration.ofMillis(200);

    /// A request at its longest, and something for its end.
    private static final Duration LAST_WORK = HansaApi.LONGEST.plusSeconds(4);

    private static final String CONFLICT = "the object was written by somebody else meanwhile";

    private final WorkQueue<T> queue;
    private final BooleanSupplier isLeading;
    private final Work<T> work;
    private final Reports<T> reports;
    private final String name;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    /// What is done about a subject.
    @FunctionalInterface
    interface Work<T> {
        Outcome on(T subject) throws InterruptedException;
    }

    /// Who is told how it ended.
    interface Reports<T> {
        void settled(T subject);

        /// @param again after how long it is tried again
        void refused(T subject, String words, Duration again);

        void failed(T subject, String words, Duration again);
    }

    /// @param name of their threads
    Workers(
            String name,
            WorkQueue<T> queue,
            BooleanSupplier isLeading,
            Work<T> work,
            Reports<T> reports) {
        this.name = name;
        this.queue = queue;
        this.isLeading = isLeading;
        this.work = work;
        this.reports = reports;
    }

    void start() {
        for (var i = 0; i < COUNT; i++) {
            threads.add(Thread.ofVirtual().name(name + "-" + i).start(this::run));
        }
    }

    private void run() {
        try {
            while (!stopped) {
                if (!isLeading.getAsBoolean()) {
                    LockSupport.parkNanos(LOOK.toNanos());
                    continue;
                }
                var next = queue.take(LOOK);
                if (next.isPresent()) {
                    work(next.get());
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void work(T subject) throws InterruptedException {
        try {
            end(subject, work.on(subject));
        } catch (NotLeadingException _) {
            // whoever leads next begins with everything
            queue.done(subject, Optional.of(LOOK));
        } catch (KubernetesClientException e) {
            end(
                    subject,
                    new Outcome.Failed(
                            e.getCode() == 409
                                    ? CONFLICT
                                    : "Kubernetes: HTTP " + e.getCode() + ": " + sentence(e)));
        } catch (RuntimeException | StackOverflowError | LinkageError | AssertionError e) {
            // one object's: the worker goes on with the others
            end(subject, new Outcome.Failed("operator: found '" + e + "'"));
        } catch (InterruptedException e) {
            queue.done(subject, Optional.of(Duration.ZERO));
            throw e;
        }
    }

    private static String sentence(KubernetesClientException e) {
        return e.getStatus() == null || e.getStatus().getMessage() == null
                ? String.valueOf(e.getMessage())
                : e.getStatus().getMessage();
    }

    private void end(T subject, Outcome outcome) {
        switch (outcome) {
            case Outcome.Settled() -> {
                queue.done(subject, Optional.empty());
                reports.settled(subject);
            }
            case Outcome.Again(var after) -> {
                queue.done(subject, Optional.of(after));
                reports.settled(subject);
            }
            case Outcome.Refused(var words) ->
                    reports.refused(subject, words, queue.failed(subject));
            case Outcome.Failed(var words) -> reports.failed(subject, words, queue.failed(subject));
        }
    }

    boolean haveEnded() {
        return threads.stream().noneMatch(Thread::isAlive);
    }

    /// Whether none has been ended by an error: what it worked on would not be worked on again.
    boolean areAlive() {
        return threads.stream().allMatch(Thread::isAlive);
    }

    /// Lets what is under way end: a write that is cut off may have been done or not.
    @Override
    public void close() {
        stopped = true;
        var end = System.nanoTime() + LAST_WORK.toNanos();
        try {
            for (var thread : threads) {
                thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            }
            threads.forEach(Thread::interrupt);
            for (var thread : threads) {
                thread.join(LOOK);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
