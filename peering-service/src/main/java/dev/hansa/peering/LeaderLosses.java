package dev.hansa.peering;

import dev.hansa.peering.store.Leadership;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Which of the losses of a leader are told: the first of each time of leading, and of one that
/// goes on one a minute. A leader that is dead is lost ten times a second until another is elected.
/// For one thread.
final class LeaderLosses {
    private static final Duration EVERY = Duration.ofMinutes(1);

    private final LongSupplier nanos;
    private Optional<Leadership> last = Optional.empty();
    private long toldAt;

    /// @param nanos as [System#nanoTime]
    LeaderLosses(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /// @param led by whom this server was to listen
    boolean isTold(Leadership led) {
        var now = nanos.getAsLong();
        if (last.equals(Optional.of(led)) && now - toldAt < EVERY.toNanos()) {
            return false;
        }
        last = Optional.of(led);
        toldAt = now;
        return true;
    }
}
