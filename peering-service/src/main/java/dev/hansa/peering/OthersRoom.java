package dev.hansa.peering;

import dev.hansa.peering.store.MemberState;
import dev.hansa.peering.store.StoreFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/// Keeps the leader from writing what a majority of the disks will not take. A member whose disk
/// meets its end in the middle of an entry has no log any more until somebody starts it again, so
/// one that is short of room is asked for no more while the others are not enough without it.
final class OthersRoom implements AutoCloseable {
    /// What is kept free on each disk is more than is written in this time.
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private final ServerParts parts;
    private final ScheduledFuture<?> task;
    private final AtomicBoolean looking = new AtomicBoolean();
    private boolean closed;

    OthersRoom(ServerParts parts) {
        this.parts = parts;
        this.task =
                SteadyTask.every(
                        LOOK_EVERY, parts, "looking for room on the others' disks", this::look);
    }

    /// On the timer, which has other work: the others are asked beside it.
    private void look() {
        var members = parts.store().members().list();
        if (members.size() > 1 && looking.compareAndSet(false, true)) {
            Thread.ofVirtual().name("others-room").start(() -> ask(members));
        }
    }

    private void ask(List<MemberState> members) {
        try {
            var full = new ArrayList<String>();
            var able = 1;
            for (var member : members) {
                if (!member.self()) {
                    switch (room(member.name())) {
                        case Room.TooLittle(var found) ->
                                full.add("'" + member.name() + "': " + found);
                        case Room.Enough _ -> able++;
                        case Room.Silent _ -> {
                            // whoever is away takes nothing, and is not what is short of room
                        }
                    }
                }
            }
            var needed = members.size() / 2 + 1;
            tell(
                    full.isEmpty() || able >= needed
                            ? Optional.empty()
                            : Optional.of(
                                    "store: a write failed: expected "
                                            + needed
                                            + " of "
                                            + members.size()
                                            + " servers whose disks take writes; found "
                                            + String.join("; ", full)));
        } finally {
            looking.set(false);
        }
    }

    private synchronized void tell(Optional<String> problem) {
        if (!closed) {
            parts.store().othersRoom(problem);
        }
    }

    private sealed interface Room {
        record Enough() implements Room {}

        record TooLittle(String found) implements Room {}

        record Silent() implements Room {}
    }

    /// Who is of a version that cannot say is not known to be short of it.
    private Room room(String member) {
        try {
            var answer = DiskQuestion.ask(parts, member);
            return answer.status() == 200 && !answer.body().isEmpty()
                    ? new Room.TooLittle(answer.body())
                    : new Room.Enough();
        } catch (StoreFailure _) {
            return new Room.Silent();
        } catch (RuntimeException _) {
            // an answer of a version that says more
            return new Room.Enough();
        }
    }

    /// Whoever leads next looks for himself.
    @Override
    public synchronized void close() {
        task.cancel(false);
        closed = true;
        parts.store().othersRoom(Optional.empty());
    }
}
