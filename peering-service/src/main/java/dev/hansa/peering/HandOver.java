package dev.hansa.peering;

import dev.hansa.peering.store.MemberState;
import dev.hansa.peering.store.StoreFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/// A leader whose disk takes no writes hands the lead to a server whose disk does: it would refuse
/// every write of a datacenter that is well otherwise, and lead on, as its log needs no room for
/// that.
final class HandOver implements AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    /// From the beginning of a lead, and between two attempts: where one disk after the other is
    /// full, or a server of another version cannot say that its own is, the lead goes round no
    /// faster, and proxies and peers that follow it have time to connect.
    private static final Duration AGAIN = Duration.ofSeconds(10);

    private final ServerParts parts;
    private final ScheduledFuture<?> task;
    private final AtomicBoolean handing = new AtomicBoolean();
    private volatile long triedAt = System.nanoTime();
    private volatile boolean closed;

    HandOver(ServerParts parts) {
        this.parts = parts;
        this.task =
                SteadyTask.every(LOOK_EVERY, parts, "looking who could take the lead", this::look);
    }

    /// On the timer, which has other work: the others are asked beside it.
    private void look() {
        var store = parts.store();
        if (closed || !store.leads() || System.nanoTime() - triedAt < AGAIN.toNanos()) {
            return;
        }
        var problem = store.ownProblem();
        if (problem.isPresent()
                && store.members().list().size() > 1
                && handing.compareAndSet(false, true)) {
            triedAt = System.nanoTime();
            Thread.ofVirtual().name("hand-over").start(() -> hand(problem.get()));
        }
    }

    private void hand(String problem) {
        var found = new ArrayList<String>();
        try {
            for (var next : candidates(found)) {
                try {
                    var leads =
                            parts.store()
                                    .members()
                                    .transfer(Optional.of(next), Roles.HAND_OVER_LIMIT);
                    parts.events().accept(new PeeringEvent.LeadHandedOver(leads, problem));
                    return;
                } catch (StoreFailure e) {
                    var now = parts.store().members().leadership().get();
                    if (!now.own()) {
                        // it took longer to say so than to happen
                        parts.events()
                                .accept(
                                        new PeeringEvent.LeadHandedOver(
                                                now.leader().orElse(next), problem));
                        return;
                    }
                    found.add("'" + next + "': " + e.getMessage());
                }
            }
            parts.events()
                    .accept(
                            new PeeringEvent.BackgroundFailure(
                                    "handing over the lead",
                                    new StoreFailure(
                                            "the lead: expected another server that takes writes;"
                                                    + " found "
                                                    + found,
                                            null)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            handing.set(false);
        }
    }

    /// Whose disk takes writes first, the one that was heard last before the others; then those
    /// that cannot say.
    ///
    /// @param found what is wrong with the rest
    private List<String> candidates(List<String> found) {
        var well = new ArrayList<String>();
        var silent = new ArrayList<String>();
        var others =
                parts.store().members().list().stream()
                        .filter(member -> !member.self())
                        .sorted(Comparator.comparing(one -> one.silent().orElse(AGAIN)))
                        .map(MemberState::name)
                        .toList();
        for (var name : others) {
            try {
                var answer = DiskQuestion.ask(parts, name);
                if (answer.status() != 200) {
                    silent.add(name);
                } else if (answer.body().isEmpty()) {
                    well.add(name);
                } else {
                    found.add("'" + name + "': " + answer.body());
                }
            } catch (StoreFailure e) {
                found.add("'" + name + "': " + e.getMessage());
            }
        }
        well.addAll(silent);
        return well;
    }

    @Override
    public void close() {
        closed = true;
        task.cancel(false);
    }
}
