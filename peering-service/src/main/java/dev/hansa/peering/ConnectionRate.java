package dev.hansa.peering;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// So many new connections a second, and as many at once after a second's rest. Safe for all event
/// loops.
final class ConnectionRate {
    private static final long SECOND = 1_000_000_000;

    /// For a listener with no such limit.
    static final ConnectionRate NONE = new ConnectionRate(Integer.MAX_VALUE, () -> 0);

    private final long each;
    private final LongSupplier nanoTime;

    /// The time up to which what was taken is paid for, a second ago at the earliest.
    private final AtomicLong paid;

    /// @param perSecond more than 0; [Integer#MAX_VALUE] is no limit
    /// @param nanoTime [System#nanoTime], or a test's
    ConnectionRate(int perSecond, LongSupplier nanoTime) {
        this.each = SECOND / perSecond;
        this.nanoTime = nanoTime;
        this.paid = new AtomicLong(nanoTime.getAsLong() - SECOND);
    }

    /// False: there have been too many.
    boolean take() {
        while (true) {
            var now = nanoTime.getAsLong();
            var before = paid.get();
            var next = (before - (now - SECOND) < 0 ? now - SECOND : before) + each;
            if (next - now > 0) {
                return false;
            }
            if (paid.compareAndSet(before, next)) {
                return true;
            }
        }
    }
}
