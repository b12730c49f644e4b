package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import dev.hansa.bootstrap.OwnDisk;
import dev.hansa.peering.audit.AuditHead;
import dev.hansa.peering.audit.AuditRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;

/// What a server does with each entry that the members have agreed on: it becomes part of the state
/// in memory, and of the file as soon as the disk takes it. The log calls in order, on one thread.
final class ReplicaMachine extends BaseStateMachine {
    /// To whoever asks again for what this server did in an earlier life: it may have been refused,
    /// so neither yes nor no can be said. Empty, which no answer is.
    static final Message FORGOTTEN = Message.EMPTY;

    /// What a refusal begins with that says nothing of the command but of who asked.
    private static final String ANOTHER_TERM = "expected the leader of term ";

    private final StateFile file;
    private final CommandCodec codec;
    private final RestoreLog restores;
    private final Latest<StoreState> state;
    private final Consumer<Throwable> failures;
    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();

    /// Of what a disk does not take; 1 MB. A disk that takes the log but not the database for so
    /// many acts is looked after, or the member is.
    private static final int MOST_UNWRITTEN = 2_000;

    /// What the next record of the audit log follows, whether the disk has taken it or not.
    private volatile AuditHead head;

    /// Records that the disk has not taken yet, for the next write.
    private final Deque<AuditRecord> unwritten = new ArrayDeque<>();

    /// A member that was away has thousands of entries to take; with a write of the file for each,
    /// on a busy machine, it was seconds behind when it was elected, and nobody could write
    /// meanwhile. So many more must be agreed on already: whoever is not behind writes each.
    private static final int BEHIND = 16;

    /// Entries that one write of the file takes along. What a kill costs of it the log has.
    private static final int GATHERED = 256;

    private final Predicate<LogPosition> isBehind;

    /// Entries that the file does not have yet because more were there to be taken.
    private int gathered;

    private final AtomicLong lostRecords = new AtomicLong();

    /// What the file has in it already; the log is replayed from its last copy, which may be older.
    private volatile LogPosition known;

    /// Closing begins by saying so, which takes no longer.
    private static final Duration LEAVING_PAUSE = Duration.ofMillis(1);

    private final CountDownLatch ended = new CountDownLatch(1);

    private volatile boolean expected;
    private volatile @Nullable Throwable logFailure;

    /// The last write of the file, and the last copy of it; none when they have succeeded.
    private volatile @Nullable StoreFailure fileFailure;

    private volatile @Nullable Exception copyFailure;

    /// @param failures told when a disk or the log fails; called on the log's threads
    ReplicaMachine(StateFile file, CommandCodec codec, Consumer<Throwable> failures) {
        this(file, codec, failures, Optional.empty());
    }

    /// @param isBehind in place of what the log says
    ReplicaMachine(
            StateFile file,
            CommandCodec codec,
            Consumer<Throwable> failures,
            Optional<Predicate<LogPosition>> isBehind) {
        this.isBehind = isBehind.orElse(this::isBehind);
        this.file = file;
        this.codec = codec;
        this.restores = new RestoreLog(file);
        this.failures = failures;
        this.state = new Latest<>(file.written());
        this.known = file.position();
        this.head = file.auditHead();
    }

    /// Whether a command was refused because another server leads than the one that asked.
    static boolean isOfAnotherTerm(String refusal) {
        return refusal.startsWith(ANOTHER_TERM);
    }

    /// How far the file was when the log was opened.
    LogPosition known() {
        return known;
    }

    Latest<StoreState> state() {
        return state;
    }

    /// Why the log takes nothing more; empty when it does.
    @Nullable Throwable logFailure() {
        return logFailure;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId group, RaftStorage raftStorage)
            throws IOException {
        super.initialize(server, group, raftStorage);
        Files.createDirectories(raftStorage.getStorageDir().getStateMachineDir().toPath());
        storage.init(raftStorage);
        getLifeCycle().startAndTransition(this::load);
    }

    private void load() throws IOException {
        var copy = storage.loadLatestSnapshot();
        if (copy != null && file.position().index() < copy.getIndex()) {
            verify(copy);
            file.replaceBy(copy.getFile().getPath());
        }
        setLastAppliedTermIndex(copy == null ? TermIndex.INITIAL_VALUE : copy.getTermIndex());
        known = file.position();
        head = file.auditHead();
        unwritten.clear();
        gathered = 0;
        state.set(file.written());
    }

    private static void verify(SingleFileSnapshotInfo copy) throws IOException {
        var path = copy.getFile().getPath();
        var expected = copy.getFile().getFileDigest();
        if (expected == null) {
            throw new IOException("'" + path + "': expected its digest beside it; found none");
        }
        MD5FileUtil.verifySavedMD5(path.toFile(), expected);
    }

    @Override
    public void pause() {
        getLifeCycle().transition(LifeCycle.State.PAUSING);
        getLifeCycle().transition(LifeCycle.State.PAUSED);
    }

    /// Another member has sent a copy in place of entries that the log has no more.
    @Override
    public void reinitialize() throws IOException {
        if (getLifeCycleState() == LifeCycle.State.PAUSED) {
            getLifeCycle().transition(LifeCycle.State.STARTING);
            load();
            getLifeCycle().transition(LifeCycle.State.RUNNING);
        }
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    /// An entry that cannot be read stops this server at the entry before it: to go on would be to
    /// differ from the other members in silence.
    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        var entry = transaction.getLogEntry();
        var at = new LogPosition(entry.getTerm(), entry.getIndex());
        var answer = entry.getIndex() <= known.index() ? FORGOTTEN : answer(apply(entry, at));
        finish(at);
        updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
        return CompletableFuture.completedFuture(answer);
    }

    /// An entry that says who leads, or who the members are.
    @Override
    public void notifyTermIndexUpdated(long term, long index) {
        finish(new LogPosition(term, index));
        super.notifyTermIndexUpdated(term, index);
    }

    /// What was gathered does not wait for the next change where nothing more is to be taken.
    private void finish(LogPosition at) {
        if (gathered > 0 && !isBehind.test(at)) {
            writeGathered(at);
        }
    }

    private void writeGathered(LogPosition at) {
        write(state.get(), at);
        gathered = 0;
    }

    private Message answer(StoreAnswer answer) {
        return Message.valueOf(ByteString.copyFrom(codec.encode(answer)));
    }

    /// What became of a write.
    ///
    /// @throws StoreFailure when the server that had it has forgotten
    StoreAnswer answered(ByteString answer) {
        if (answer.equals(FORGOTTEN.getContent())) {
            throw new StoreFailure(
                    "store: expected the answer to a write; found that the server which had it was"
                            + " started anew: the write was taken or refused",
                    null);
        }
        return codec.answer(answer.toByteArray());
    }

    private StoreAnswer apply(LogEntryProto entry, LogPosition at) {
        try {
            var command = codec.command(entry.getStateMachineLogEntry().getLogData().toByteArray());
            return ofAnotherTerm(command, at.term()).orElseGet(() -> apply(command, at));
        } catch (RuntimeException e) {
            logFailure = e;
            failures.accept(e);
            throw e;
        }
    }

    /// Whoever has asked asks the server that leads by now, so it is no act either.
    private static Optional<StoreAnswer> ofAnotherTerm(CommandCodec.Entry entry, long term) {
        return entry.term().isPresent() && entry.term().getAsLong() != term
                ? Optional.of(
                        new StoreAnswer.Refused(
                                ANOTHER_TERM
                                        + entry.term().getAsLong()
                                        + " of the log; found term "
                                        + term
                                        + ": another server leads by now"))
                : Optional.empty();
    }

    private StoreAnswer apply(CommandCodec.Entry entry, LogPosition at) {
        var present = state.get();
        if (gathered > 0 && entry.command() instanceof StoreCommand.CountStart) {
            // it ends a restore in the file at once: what was refused for its sake goes before
            var last = getLastAppliedTermIndex();
            writeGathered(new LogPosition(last.getTerm(), last.getIndex()));
        }
        var taken =
                restores.apply(present, entry.command())
                        .orElseGet(() ->
                                new RestoreLog.Taken(StateMachine.apply(present, entry.command())));
        var transition = taken.transition();
        var act = AuditTrail.record(head, present, entry, transition);
        if (taken.step().isPresent()) {
            // where the disk does not take it, this server stops before the entry
            var acts = new ArrayList<>(unwritten);
            act.ifPresent(acts::add);
            file.write(transition.state(), at, acts, taken.step().get());
            unwritten.clear();
            gathered = 0;
        } else if (transition.state() != present || act.isPresent()) {
            act.ifPresent(this::keep);
            if (gathered < GATHERED && isBehind.test(at) && file.restore().isEmpty()) {
                gathered++;
            } else {
                write(transition.state(), at);
                gathered = 0;
            }
        }
        act.ifPresent(record -> head = head.with(record));
        state.set(transition.state());
        return transition.answer();
    }

    /// Whether more is agreed on than this server has taken. One that leads writes each entry of
    /// its own term: whoever asked for it may read at once what the file alone has, the audit log.
    private boolean isBehind(LogPosition at) {
        var division = division();
        return division.isPresent()
                && division.get().getRaftLog().getLastCommittedIndex() - at.index() >= BEHIND
                && !(division.get().getInfo().isLeader()
                        && division.get().getInfo().getCurrentTerm() == at.term());
    }

    private void keep(AuditRecord record) {
        if (unwritten.size() == MOST_UNWRITTEN) {
            var first = unwritten.removeFirst();
            failures.accept(
                    new StoreFailure(
                            "audit log: expected a disk that takes it; found "
                                    + MOST_UNWRITTEN
                                    + " records that wait: record "
                                    + first.number()
                                    + " is not on this server's disk, and "
                                    + lostRecords.incrementAndGet()
                                    + " are lost here since its start",
                            null));
        }
        unwritten.add(record);
    }

    /// Whether there is a record in the audit log: then each member reads what it rests on.
    boolean hasAudit() {
        return head.last().number() > 0;
    }

    /// What the next record follows.
    AuditHead auditHead() {
        return head;
    }

    /// Records that this server's disk has not taken and never will; the others have them.
    long lostRecords() {
        return lostRecords.get();
    }

    /// To be asked is all that a reader wants: whoever answers has all that was acknowledged.
    @Override
    public CompletableFuture<Message> query(Message request) {
        return CompletableFuture.completedFuture(Message.EMPTY);
    }

    /// The log has the entry, so nothing is lost when the file does not take it now: the next write
    /// takes it along, or the next start.
    private void write(StoreState after, LogPosition reached) {
        var toldBefore = fileFailure != null;
        try {
            writeAll(after, reached);
        } catch (StoreFailure e) {
            if (!toldBefore) {
                failures.accept(e);
            }
        }
    }

    /// Why what the log has is in no file of this server: the log keeps it all, grows, and is read
    /// again as a whole at the next start.
    Optional<String> fileProblem() {
        var found = fileFailure == null ? copyFailure : fileFailure;
        return found == null
                ? Optional.empty()
                : Optional.of("does not take what the log has: " + found.getMessage());
    }

    private void writeAll(StoreState after, LogPosition reached) {
        try {
            file.write(after, reached, List.copyOf(unwritten));
        } catch (StoreFailure e) {
            fileFailure = e;
            throw e;
        }
        unwritten.clear();
        fileFailure = null;
    }

    /// A copy of the file, which the log may then forget its beginning for.
    @Override
    public long takeSnapshot() throws IOException {
        var applied = getLastAppliedTermIndex();
        var target = storage.getSnapshotFile(applied.getTerm(), applied.getIndex());
        var fresh = target.toPath().resolveSibling("copy.new");
        try {
            writeAll(state.get(), new LogPosition(applied.getTerm(), applied.getIndex()));
            file.copyTo(fresh);
            var digest = MD5FileUtil.computeMd5ForFile(fresh.toFile());
            MD5FileUtil.saveMD5File(target, digest);
            Files.move(
                    fresh,
                    target.toPath(),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            // the log forgets what is in the copy
            OwnDisk.sync(target.toPath().resolveSibling("."));
            storage.updateLatestSnapshot(
                    new SingleFileSnapshotInfo(
                            new FileInfo(target.toPath(), digest),
                            applied.getTerm(),
                            applied.getIndex()));
            copyFailure = null;
            return applied.getIndex();
        } catch (StoreFailure | IOException e) {
            copyFailure = e;
            failures.accept(e);
            throw new IOException(e);
        }
    }

    /// The store is about to close the log.
    void expectEnd() {
        expected = true;
    }

    /// The last entry has been applied, and the log is closed next: because the store says so, or
    /// because the log could not go on.
    @Override
    public void close() {
        if (!expected && logFailure == null) {
            notifyLogFailed(new IOException("the log has stopped"), null);
        }
        ended.countDown();
    }

    /// Waits at most `limit` until the last entry has been applied.
    void awaitEnd(Duration limit) throws InterruptedException {
        if (!ended.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            failures.accept(
                    new StoreFailure(
                            "'" + file.file() + "': the log was not at its end after " + limit,
                            null));
        }
    }

    /// On the thread that writes the log, before the failed entry is answered for.
    @Override
    public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto entry) {
        var isFirst = logFailure == null;
        logFailure = cause;
        if (isFirst) {
            failures.accept(cause);
            leaveOthers();
        }
    }

    /// A member whose disk has failed is as good as dead to the others, and has to be so at once:
    /// the library keeps what the disk did not take in memory, and would call it written when the
    /// leader sends it once more; and a leader would go on leading. One that is alone reads on.
    private void leaveOthers() {
        var division = division();
        if (division.isEmpty() || division.get().getRaftConf().getCurrentPeers().size() == 1) {
            return;
        }
        var log = division.get();
        var closing = Thread.ofPlatform().daemon().name("store-leaves").start(log::close);
        while (log.getInfo().isAlive() && closing.isAlive()) {
            LockSupport.parkNanos(LEAVING_PAUSE.toNanos());
        }
    }

    private Optional<RaftServer.Division> division() {
        try {
            var server = getServer().getNow(null);
            return server == null
                    ? Optional.empty()
                    : Optional.of(server.getDivision(getGroupId()));
        } catch (IOException _) {
            return Optional.empty(); // closed already
        }
    }
}
