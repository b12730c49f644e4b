package dev.hansa.peering.checks;

import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Way;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// A check and when it is due. Guarded by the rounds, but for what has to be written in order.
final class Turn {
    /// A sixteenth more at most, so that checks that began together do not stay together.
    private static final int JITTER_DIVISOR = 16;

    /// From a TTL that has ended to its next turn at least; it may be a millisecond.
    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);

    final Way way;
    final Object writing = new Object();
    String owner;
    volatile long due;
    long stopAt;
    @Nullable Thread thread;
    Streak streak = Streak.NONE;
    Optional<Long> criticalSince = Optional.empty();
    Optional<Long> outputAt = Optional.empty();

    Turn(Way way, String owner, long due) {
        this.way = way;
        this.owner = owner;
        this.due = due;
    }

    /// From the end of one run to the next.
    static Duration pause(Way way) {
        if (way.kind() == Kind.TTL) {
            return way.interval().compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : way.interval();
        }
        var most = way.interval().dividedBy(JITTER_DIVISOR).toNanos();
        return way.interval().plusNanos(ThreadLocalRandom.current().nextLong(most + 1));
    }

    void heard(long now) {
        synchronized (writing) {
            due = now + way.interval().toNanos();
        }
    }

    /// Not while its thread runs, which may hold [#writing] for as long as a write takes. Who was
    /// heard meanwhile has his time.
    void putOff(long now) {
        synchronized (writing) {
            if (now - due >= 0) {
                due = now + pause(way).toNanos();
            }
        }
    }
}
