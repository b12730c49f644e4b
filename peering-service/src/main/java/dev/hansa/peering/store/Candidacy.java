package dev.hansa.peering.store;

import dev.hansa.peering.store.Hearing.Heard;
import dev.hansa.peering.store.Hearing.Said;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.util.ProtoUtils;
import org.jspecify.annotations.Nullable;

/// Has this server stand for election as soon as a majority hears nobody who leads.
///
/// The library has a member sleep for a time by chance, and stand when it has heard nobody all the
/// while: a leader mostly dies inside such a sleep, so that it takes two of them, and one more
/// where the first to wake has less of the log than the other, or the other has not given up the
/// leader yet. But what a dead process leaves is seen at once: its connections end. So a server
/// that loses its leader's asks the others whether they hear it, and stands when a majority does
/// not, nobody has more of the log, and nobody says that it leads itself. The same when the leader
/// has been silent for so long that it steps down of itself if nobody hears it.
///
/// That is the library's own question before an election (Raft, 9.6), asked earlier: as there, one
/// who is cut off hears no answers and does not stand, nor does one who alone has lost the leader.
/// Votes are given as ever, by the library; this says only when to ask for them. What it does not
/// see is left to the library, which goes on waiting as it did.
///
/// One that is cut off between the answers and the votes is in a later term than the others, mostly
/// one, and deposes whoever leads when it is back, once.
final class Candidacy {
    /// Of a member that lives, on the way to a datacenter's other end, and busy. Another one's
    /// silence is no answer.
    static final Duration LIMIT = Duration.ofMillis(300);

    /// Between two rounds of one server: an election takes less.
    private static final Duration PAUSE = Duration.ofMillis(300);

    private final RaftServer server;
    private final RaftGroupId group;
    private final Members members;
    private final MemberCalls calls;
    private final LeaderContact contact;
    private final LogSettings settings;
    private final Consumer<Throwable> failures;
    private final AtomicBoolean isAsking = new AtomicBoolean();
    private final AtomicBoolean hasTold = new AtomicBoolean();
    private long askedAt = System.nanoTime() - PAUSE.toNanos();
    private final AtomicInteger yielded = new AtomicInteger();
    private volatile boolean isOut;

    Candidacy(
            RaftServer server,
            RaftGroupId group,
            Members members,
            MemberCalls calls,
            LeaderContact contact,
            LogSettings settings,
            Consumer<Throwable> failures) {
        this.server = server;
        this.group = group;
        this.members = members;
        this.calls = calls;
        this.contact = contact;
        this.settings = settings;
        this.failures = failures;
        calls.tellHearing(this::own);
    }

    /// On the thread that looks who leads.
    void look() {
        try {
            lookAnew();
        } catch (StoreFailure _) {
            // closed meanwhile
        } catch (RuntimeException | Error e) {
            // who leads is looked at on this thread too
            tell(e);
        }
    }

    /// Once until somebody is heard: it would be said twenty times a second.
    private void tell(Throwable failure) {
        if (hasTold.compareAndSet(false, true)) {
            failures.accept(failure);
        }
    }

    private void lookAnew() {
        if (!isSilent(settings.longest())) {
            yielded.set(0);
            hasTold.set(false);
            return;
        }
        var now = System.nanoTime();
        if (now - askedAt < PAUSE.toNanos() || !isAsking.compareAndSet(false, true)) {
            return;
        }
        askedAt = now;
        Thread.ofVirtual().name("candidacy").start(this::round);
    }

    /// Whether this server follows, has a log that takes a vote, and has heard nobody who leads for
    /// so long, or has seen its connection end and heard nothing since.
    private boolean isSilent(Duration limit) {
        var info = members.division().getInfo();
        var role = info.getRoleInfoProto();
        if (isOut
                || role.getRole() != RaftPeerRole.FOLLOWER
                || role.getFollowerInfo().getOutstandingOp() > 0) {
            return false;
        }
        var leader = role.getFollowerInfo().getLeaderInfo();
        if (!leader.hasId() && info.getLeaderId() != null) {
            // it has just been removed, and says so to the others
            return false;
        }
        // of one that is not known the library says nothing
        var silence =
                Duration.ofMillis(
                        leader.hasId()
                                ? leader.getLastRpcElapsedTimeMs()
                                : role.getRoleElapsedTimeMs());
        return silence.compareTo(limit) >= 0
                || leader.hasId()
                        && contact.hasEnded(
                                RaftPeerId.valueOf(leader.getId().getId()).toString(), silence);
    }

    /// Neither asks nor answers any more, or not for a while.
    void out(boolean now) {
        isOut = now;
    }

    private static StoreFailure closed(@Nullable Exception cause) {
        return new StoreFailure("members: the log is closed", cause);
    }

    /// What the others are told, too.
    private Hearing own() {
        var division = members.division();
        var info = division.getInfo();
        // one that is closed keeps its role
        if (isOut || !info.isAlive()) {
            throw closed(null);
        }
        var term = info.getCurrentTerm();
        if (info.isLeader()) {
            return new Hearing(Heard.SELF, term, 0, 0);
        }
        if (!info.isCandidate() && !isSilent(settings.election())) {
            return new Hearing(Heard.LEADER, term, 0, 0);
        }
        var last = last(division);
        return last == null
                ? new Hearing(Heard.NOBODY, term, 0, 0)
                : new Hearing(Heard.NOBODY, term, last.getTerm(), last.getIndex());
    }

    /// As the library has it when it votes; null: there is nothing.
    private static @Nullable TermIndex last(RaftServer.Division division) {
        try {
            var last = division.getRaftLog().getLastEntryTermIndex();
            if (last != null) {
                return last;
            }
        } catch (IllegalArgumentException e) {
            throw closed(e);
        }
        var copy = division.getStateMachine().getLatestSnapshot();
        return copy == null ? null : copy.getTermIndex();
    }

    private void round() {
        try {
            var own = own();
            var all = List.copyOf(members.peers());
            if (own.heard() != Heard.NOBODY || !members.isMember() || all.size() == 1) {
                return;
            }
            var turn = own.turn(members.self(), said(), all.size());
            if (turn.isPresent() && yielded.getAndIncrement() >= turn.getAsInt()) {
                stand(own);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | StoreFailure _) {
            // closed meanwhile
        } catch (RuntimeException | Error e) {
            tell(e);
        } finally {
            isAsking.set(false);
        }
    }

    /// What they say who answer within the limit; returns as soon as each has or cannot.
    private List<Said> said() throws InterruptedException {
        var others = members.others();
        var answers = new ArrayBlockingQueue<Optional<Said>>(Math.max(1, others.size()));
        for (var other : others) {
            Thread.ofVirtual().name("hears").start(() -> answers.add(ask(other)));
        }
        var said = new ArrayList<Said>();
        var deadline = System.nanoTime() + LIMIT.toNanos();
        for (var left = others.size(); left > 0; left--) {
            var answer = answers.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (answer == null) {
                break;
            }
            answer.ifPresent(said::add);
        }
        return said;
    }

    /// One that cannot be asked says nothing.
    private Optional<Said> ask(RaftPeer other) {
        try {
            return isOut
                    ? Optional.empty()
                    : Optional.of(
                            new Said(
                                    other.getId().toString(),
                                    calls.hearing(other.getAddress(), LIMIT)));
        } catch (RuntimeException _) {
            return Optional.empty();
        }
    }

    /// The library has a leader that hands over say this to a member. It takes it of the one that
    /// led in the term of the member's last entry: after an election that failed the next one is
    /// the library's.
    private void stand(Hearing own) throws IOException {
        var division = members.division();
        var last = last(division);
        var led = Optional.ofNullable(division.getInfo().getLeaderId());
        // somebody may have been heard while the others were asked
        if (!isSilent(settings.longest())
                || last == null
                || last.getTerm() != own.term()
                || new DiskSpace(division.getRaftStorage().getStorageDir().getCurrentDir().toPath())
                        .problem()
                        .isPresent()) {
            return;
        }
        var self = division.getId();
        server.startLeaderElection(
                StartLeaderElectionRequestProto.newBuilder()
                        .setServerRequest(
                                RaftRpcRequestProto.newBuilder()
                                        .setRequestorId(led.orElse(self).toByteString())
                                        .setReplyId(self.toByteString())
                                        .setRaftGroupId(ProtoUtils.toRaftGroupIdProtoBuilder(group))
                                        .setCallId(CallId.getAndIncrement()))
                        .setLeaderLastEntry(last.toProto())
                        .build());
    }
}
