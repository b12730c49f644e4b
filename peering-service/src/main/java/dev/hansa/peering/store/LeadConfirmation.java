package dev.hansa.peering.store;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;

/// Whether this server, which leads in a term, did so when it was asked: the others say which term
/// they are in. If a majority is in no later one, nobody has been elected in a later one before:
/// that takes the votes of a majority, and one of both would have been in the later term by then.
///
/// The library's reads (3.3.0) do not tell. When a majority has acknowledged a heartbeat at an
/// index of the log, each later read at that index is answered without asking anybody; so a leader
/// that is cut off while nobody writes would read on until it gives up.
///
/// All who come while a round is under way share the next one: theirs began before.
final class LeadConfirmation {
    /// As long as an attempt to ask the leader for a write.
    private static final Duration LIMIT = Duration.ofSeconds(3);

    /// Of one member, which has gone without a word: rounds go on with the others, a thousand times
    /// a second, and what it is asked is given up after the limit.
    private static final int MOST_UNANSWERED = 16;

    private final Map<String, Semaphore> unanswered = new ConcurrentHashMap<>();
    private final RaftServer server;
    private final RaftGroupId group;
    private final Members members;
    private final MemberCalls calls;
    private long begun;
    private long ended;
    private boolean isUnderWay;
    private Optional<String> found = Optional.empty();

    LeadConfirmation(RaftServer server, RaftGroupId group, Members members, MemberCalls calls) {
        this.server = server;
        this.group = group;
        this.members = members;
        this.calls = calls;
        calls.tellTerm(this::term);
    }

    private DivisionInfo info() throws IOException {
        return server.getDivision(group).getInfo();
    }

    /// Whoever cannot say is in a later one than anybody.
    private long term() {
        try {
            return info().getCurrentTerm();
        } catch (IOException _) {
            return Long.MAX_VALUE;
        }
    }

    /// Why it is not confirmed that this server led when it was called; empty: it is.
    ///
    /// @throws StoreFailure when told to stop
    Optional<String> problem() {
        try {
            return ofNextRound();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailure("store: interrupted while it was asked who leads", e);
        }
    }

    private Optional<String> ofNextRound() throws InterruptedException {
        synchronized (this) {
            var own = begun + 1;
            while (isUnderWay && ended < own) {
                wait();
            }
            if (ended >= own) {
                return found;
            }
            isUnderWay = true;
            begun = own;
        }
        var isDone = false;
        var told = Optional.<String>empty();
        try {
            told = round();
            isDone = true;
            return told;
        } finally {
            synchronized (this) {
                if (isDone) {
                    found = told;
                    ended = begun;
                } else {
                    // whoever waits for it goes round himself
                    begun = ended;
                }
                isUnderWay = false;
                notifyAll();
            }
        }
    }

    private Optional<String> round() throws InterruptedException {
        long term;
        try {
            var info = info();
            term = info.getCurrentTerm();
            // who is ready between two looks at the same term leads in that term
            if (!info.isLeaderReady() || info.getCurrentTerm() != term) {
                return Optional.of("this server does not lead");
            }
        } catch (IOException e) {
            return Optional.of("the log is closed: " + e.getMessage());
        }
        var others =
                members.peers().stream()
                        .filter(peer -> !peer.getId().toString().equals(members.self()))
                        .toList();
        var answers = new ArrayBlockingQueue<Optional<String>>(Math.max(1, others.size()));
        for (var other : others) {
            var places =
                    unanswered.computeIfAbsent(
                            other.getId().toString(), _ -> new Semaphore(MOST_UNANSWERED));
            if (!places.tryAcquire()) {
                answers.add(Optional.of("'" + other.getId() + "' has not answered for a while"));
                continue;
            }
            Thread.ofVirtual()
                    .name("confirm-lead")
                    .start(() -> {
                        try {
                            answers.add(objection(other, term));
                        } finally {
                            places.release();
                        }
                    });
        }
        var deadline = System.nanoTime() + LIMIT.toNanos();
        var needed = members.majority() - 1;
        var objection = "no answers in " + LIMIT.toSeconds() + " s";
        for (var left = others.size(); needed > 0 && left > 0; left--) {
            var answer = answers.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (answer == null) {
                break;
            }
            if (answer.isEmpty()) {
                needed--;
            } else {
                objection = answer.get();
            }
        }
        return needed > 0 ? Optional.of(objection) : Optional.empty();
    }

    private Optional<String> objection(RaftPeer other, long term) {
        try {
            var theirs = calls.term(other.getAddress(), LIMIT);
            return theirs <= term
                    ? Optional.empty()
                    : Optional.of(
                            "'" + other.getId() + "' has gone on to a later term than " + term);
        } catch (StoreFailure e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
