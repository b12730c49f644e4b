package dev.hansa.peering;

import dev.hansa.peering.api.AuditNotes;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.store.MemberState;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/// Removes servers that have been dead for long, so that they do not count when the next one dies:
/// one at a time, and only while those that answer are a majority of what is there.
final class DeadServers implements AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private final ServerParts parts;
    private final Runnable removed;
    private final ScheduledFuture<?> task;
    private final AtomicBoolean removing = new AtomicBoolean();
    private volatile boolean closed;

    /// @param removed called after a removal
    DeadServers(ServerParts parts, Runnable removed) {
        this.parts = parts;
        this.removed = removed;
        this.task = SteadyTask.every(LOOK_EVERY, parts, "looking for dead servers", this::look);
    }

    /// On the timer, which has other work: a removal runs beside it.
    private void look() {
        var limit = parts.config().deadAfter();
        var members = parts.store().members();
        if (closed || limit.isZero() || !parts.store().leads()) {
            return;
        }
        var dead = next(members.list(), limit);
        if (dead.isPresent() && removing.compareAndSet(false, true)) {
            Thread.ofVirtual().name("dead-server").start(() -> remove(dead.get()));
        }
    }

    /// The one to be removed next, of those that are silent for longer than the limit the longest.
    static Optional<MemberState> next(List<MemberState> all, Duration limit) {
        var answering = all.stream().filter(member -> !isSilent(member, LOOK_EVERY)).count();
        return answering > all.size() / 2
                ? all.stream()
                        .filter(member -> isSilent(member, limit))
                        .max(Comparator.comparing(member -> member.silent().orElseThrow()))
                : Optional.empty();
    }

    private static boolean isSilent(MemberState member, Duration limit) {
        return member.silent().filter(silent -> silent.compareTo(limit) > 0).isPresent();
    }

    private void remove(MemberState dead) {
        try {
            parts.store().members().remove(dead.name());
            AuditNotes.applied(
                    Author.DEAD_SERVERS,
                    "server.remove",
                    dead.name(),
                    parts.store(),
                    parts.events());
            parts.events()
                    .accept(
                            new PeeringEvent.MemberChanged(
                                    dead.name(),
                                    "removed: silent for more than " + parts.config().deadAfter()));
            removed.run();
        } catch (RuntimeException | Error e) {
            parts.events().accept(new PeeringEvent.BackgroundFailure("removing a dead server", e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            removing.set(false);
        }
    }

    @Override
    public void close() {
        closed = true;
        task.cancel(false);
    }
}
