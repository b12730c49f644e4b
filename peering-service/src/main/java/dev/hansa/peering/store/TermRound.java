package dev.hansa.peering.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftPeer;

/// Asks the members of a log which term they are in, all at a time, until a majority has said that
/// it is in no later one. One round at a time.
final class TermRound {
    /// Of one member, which is far or has gone without a word: rounds go on with the others, a
    /// thousand times a second, and what it is asked is given up after the limit.
    static final int MOST_UNANSWERED = 16;

    private final Map<String, Semaphore> unanswered = new ConcurrentHashMap<>();
    private final Duration limit;
    private final Asking asking;

    /// Why no majority has agreed.
    ///
    /// @param isFinal whether somebody has gone on to a later term: asked again he says the same.
    ///   Otherwise too few could be asked, and may be there a moment later
    record Objection(String reason, boolean isFinal) {}

    @FunctionalInterface
    interface Asking {
        /// @return the term that the member is in
        /// @throws StoreFailure when it does not answer within the limit
        long term(RaftPeer member);
    }

    /// @param limit of a round
    TermRound(Duration limit, Asking asking) {
        this.limit = limit;
        this.asking = asking;
    }

    /// Why no majority of the members has said so; empty: it has.
    ///
    /// @param self who asks, and agrees, if it is a member
    /// @throws InterruptedException when told to stop
    Optional<Objection> objection(String self, Collection<RaftPeer> members, long term)
            throws InterruptedException {
        var others =
                members.stream().filter(peer -> !peer.getId().toString().equals(self)).toList();
        var needed = members.size() / 2 + 1 - (members.size() - others.size());
        var answers = new ArrayBlockingQueue<Optional<Objection>>(Math.max(1, others.size()));
        var deadline = System.nanoTime() + limit.toNanos();
        var late = new ArrayList<Thread>();
        try {
            for (var other : others) {
                var places =
                        unanswered.computeIfAbsent(
                                other.getId().toString(), _ -> new Semaphore(MOST_UNANSWERED));
                var thread = Thread.ofVirtual().name("confirm-lead");
                if (places.tryAcquire()) {
                    thread.start(() -> ask(other, term, places, answers));
                } else {
                    // of those there is one for each member, until the round is over
                    late.add(thread.start(() -> askLater(other, term, places, deadline, answers)));
                }
            }
            return outcome(needed, others.size(), deadline, answers);
        } finally {
            late.forEach(Thread::interrupt);
        }
    }

    private Optional<Objection> outcome(
            int needed, int asked, long deadline, ArrayBlockingQueue<Optional<Objection>> answers)
            throws InterruptedException {
        var missing = needed;
        var found = new Objection("no answers in " + limit.toSeconds() + " s", false);
        for (var left = asked; missing > 0 && left > 0; left--) {
            var answer = answers.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (answer == null) {
                break;
            }
            if (answer.isEmpty()) {
                missing--;
            } else if (!found.isFinal()) {
                found = answer.get();
            }
        }
        return missing > 0 ? Optional.of(found) : Optional.empty();
    }

    private void askLater(
            RaftPeer other,
            long term,
            Semaphore places,
            long deadline,
            ArrayBlockingQueue<Optional<Objection>> answers) {
        try {
            if (places.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                ask(other, term, places, answers);
            } else {
                answers.add(silent("'" + other.getId() + "' has not answered for a while"));
            }
        } catch (InterruptedException _) {
            // the round is over, and the thread with it
            Thread.currentThread().interrupt();
        }
    }

    private void ask(
            RaftPeer other,
            long term,
            Semaphore places,
            ArrayBlockingQueue<Optional<Objection>> answers) {
        try {
            answers.add(objection(other, term));
        } finally {
            places.release();
        }
    }

    /// Whoever cannot be asked, for whatever reason, has not agreed.
    private Optional<Objection> objection(RaftPeer other, long term) {
        try {
            return asking.term(other) <= term
                    ? Optional.empty()
                    : Optional.of(
                            new Objection(
                                    "'"
                                            + other.getId()
                                            + "' has gone on to a later term than "
                                            + term,
                                    true));
        } catch (StoreFailure e) {
            return silent(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            return silent("'" + other.getId() + "' could not be asked: " + e);
        }
    }

    private static Optional<Objection> silent(String reason) {
        return Optional.of(new Objection(reason, false));
    }
}
