package dev.hansa.bootstrap;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// The newest value of something that changes: written by one side, read by any thread without a
/// lock, waited for by conversations. Values are immutable snapshots; a reader may miss values in
/// between, never the last one.
public final class Latest<T> implements Supplier<T> {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Consumer<? super T>> watchers = new CopyOnWriteArrayList<>();
    private volatile T value;

    public Latest(T initial) {
        this.value = initial;
    }

    @Override
    public T get() {
        return value;
    }

    /// Publishes a value. Watchers run on the caller's thread, in the order of publication, so they
    /// must hand over and not work. A watcher that publishes to the same holder again is a defect
    /// and deadlocks nobody but recurses.
    public void set(T next) {
        update(_ -> next);
    }

    /// Publishes what `change` makes of the present value; returns it. Nothing is published when it
    /// is the same object.
    public T update(UnaryOperator<T> change) {
        lock.lock();
        try {
            var next = change.apply(value);
            if (next != value) {
                value = next;
                changed.signalAll();
                watchers.forEach(watcher -> watcher.accept(next));
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    /// Calls `watcher` with the present value now and with each later one until the returned handle
    /// is closed.
    public Subscription watch(Consumer<? super T> watcher) {
        lock.lock();
        try {
            watchers.add(watcher);
            watcher.accept(value);
            return () -> watchers.remove(watcher);
        } finally {
            lock.unlock();
        }
    }

    /// Waits until a value satisfies `wanted`, at most `limit`; returns the value at that moment,
    /// satisfied or not.
    ///
    /// @throws InterruptedException when the conversation is told to stop
    public T await(Predicate<? super T> wanted, Duration limit) throws InterruptedException {
        var deadline = System.nanoTime() + limit.toNanos();
        lock.lock();
        try {
            while (!wanted.test(value)) {
                var left = deadline - System.nanoTime();
                if (left <= 0
                        || !changed.await(left, TimeUnit.NANOSECONDS) && !wanted.test(value)) {
                    return value;
                }
            }
            return value;
        } finally {
            lock.unlock();
        }
    }

    /// Ends a watch; closing twice is harmless.
    @FunctionalInterface
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}
