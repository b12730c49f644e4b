package dev.hansa.kubernetes;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What is to be looked at, each subject at most once, and by one worker at a time. A subject that
/// is added while it is worked on is worked on again after that. What fails comes back later each
/// time.
final class WorkQueue<T> {
    /// A cluster has hundreds of these objects. Above this number a subject is refused; the next
    /// look at everything finds it again.
    static final int MAX_SUBJECTS = 10_000;

    /// A conflict with another writer is over at once; a server that starts takes seconds.
    static final Duration FIRST_DELAY = Duration.ofMillis(200);

    /// An operator who has mended the cause does not wait longer than this.
    static final Duration LONGEST_DELAY = Duration.ofSeconds(60);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<T, Item<T>> items = new HashMap<>();
    private final PriorityQueue<Item<T>> waiting =
            new PriorityQueue<>(Comparator.comparingLong((Item<T> item) -> item.due));
    private final int limit;

    private static final class Item<T> {
        final T subject;
        long due;
        boolean running;
        boolean again;
        boolean afresh;
        int failures;

        Item(T subject, long due) {
            this.subject = subject;
            this.due = due;
        }
    }

    WorkQueue(int limit) {
        this.limit = limit;
    }

    /// To be worked on now, whatever it was waiting for.
    ///
    /// @return false when the queue is full
    boolean add(T subject) {
        lock.lock();
        try {
            var item = items.get(subject);
            if (item == null) {
                if (items.size() >= limit) {
                    return false;
                }
                var fresh = new Item<>(subject, System.nanoTime());
                items.put(subject, fresh);
                waiting.add(fresh);
            } else if (item.running) {
                item.again = true;
            } else if (item.failures == 0 && item.due - System.nanoTime() > 0) {
                waiting.remove(item);
                item.due = System.nanoTime();
                waiting.add(item);
            }
            // what has failed keeps its turn: a status that is written for it is a change too
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// The change of what a user wants is tried at once, however often the last one has failed.
    boolean addAfresh(T subject) {
        lock.lock();
        try {
            var item = items.get(subject);
            if (item != null) {
                item.failures = 0;
                // an attempt that is under way may have read what was there before
                item.afresh = item.running;
            }
            return add(subject);
        } finally {
            lock.unlock();
        }
    }

    /// The next subject whose time has come; empty when there is none within `wait`.
    Optional<T> take(Duration wait) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            var end = System.nanoTime() + wait.toNanos();
            while (true) {
                var now = System.nanoTime();
                var first = waiting.peek();
                if (first != null && first.due - now <= 0) {
                    waiting.remove(first);
                    first.running = true;
                    return Optional.of(first.subject);
                }
                var until = first == null ? end : Math.min(end, first.due);
                if (end - now <= 0) {
                    return Optional.empty();
                }
                changed.await(until - now, TimeUnit.NANOSECONDS);
            }
        } finally {
            lock.unlock();
        }
    }

    /// @param again when to look again; empty: when something changes
    void done(T subject, Optional<Duration> again) {
        end(
                subject,
                item -> {
                    item.failures = 0;
                    return again;
                });
    }

    /// @return after how long it comes back
    Duration failed(T subject) {
        var delay = new Duration[] {FIRST_DELAY};
        end(
                subject,
                item -> {
                    delay[0] = delay(item.failures++);
                    return Optional.of(delay[0]);
                });
        return delay[0];
    }

    static Duration delay(int failures) {
        var delay = FIRST_DELAY.multipliedBy(1L << Math.min(failures, 20));
        return delay.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : delay;
    }

    private interface Ending<T> {
        Optional<Duration> again(Item<T> item);
    }

    private void end(T subject, Ending<T> ending) {
        lock.lock();
        try {
            var item = items.get(subject);
            if (item == null || !item.running) {
                throw new IllegalStateException(subject + ": expected to be worked on; found not");
            }
            item.running = false;
            var again = ending.again(item);
            if (item.afresh || item.again && item.failures == 0) {
                item.failures = 0;
                again = Optional.of(Duration.ZERO);
            }
            item.again = false;
            item.afresh = false;
            if (again.isEmpty()) {
                items.remove(subject);
                return;
            }
            item.due = System.nanoTime() + again.get().toNanos();
            waiting.add(item);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return items.size();
        } finally {
            lock.unlock();
        }
    }
}
