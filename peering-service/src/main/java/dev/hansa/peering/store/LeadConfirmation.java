package dev.hansa.peering.store;

import dev.hansa.peering.store.TermRound.Objection;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.ratis.protocol.RaftGroupId;
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
    /// Between two rounds of one who asks, while members cannot be asked: one that is back is
    /// dialled within [MemberCalls#RECONNECT], and what it answers is known a fraction of that
    /// later.
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final RaftServer server;
    private final RaftGroupId group;
    private final Members members;
    private final TermRound others;
    private final Duration limit;
    private long begun;
    private long ended;
    private boolean isUnderWay;
    private Optional<Objection> found = Optional.empty();

    /// @param limit of a round, and for how long members that cannot be asked are asked again
    LeadConfirmation(
            RaftServer server,
            RaftGroupId group,
            Members members,
            MemberCalls calls,
            Duration limit) {
        this.server = server;
        this.group = group;
        this.members = members;
        this.limit = limit;
        this.others = new TermRound(limit, other -> calls.term(other.getAddress(), limit));
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

    /// Why it is not confirmed that this server led when it was called; empty: it is. Members that
    /// cannot be asked are asked again until the limit, for as long as this server leads: some that
    /// were dead or cut off may have just come back, and a read need not fail of the moment that
    /// connections to them take.
    ///
    /// @throws StoreFailure when told to stop
    Optional<String> problem() {
        var deadline = System.nanoTime() + limit.toNanos();
        try {
            var now = ofNextRound();
            while (now.filter(objection -> !objection.isFinal()).isPresent()
                    && System.nanoTime() - deadline < 0) {
                Thread.sleep(PAUSE);
                now = ofNextRound();
            }
            return now.map(Objection::reason);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailure("store: interrupted while it was asked who leads", e);
        }
    }

    private Optional<Objection> ofNextRound() throws InterruptedException {
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
        var told = Optional.<Objection>empty();
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

    private Optional<Objection> round() throws InterruptedException {
        long term;
        try {
            var info = info();
            term = info.getCurrentTerm();
            // who is ready between two looks at the same term leads in that term
            if (!info.isLeaderReady() || info.getCurrentTerm() != term) {
                return last("this server does not lead");
            }
        } catch (IOException e) {
            return last("the log is closed: " + e.getMessage());
        }
        return others.objection(members.self(), List.copyOf(members.peers()), term);
    }

    private static Optional<Objection> last(String reason) {
        return Optional.of(new Objection(reason, true));
    }
}
