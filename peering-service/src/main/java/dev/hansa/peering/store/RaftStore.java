package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import dev.hansa.bootstrap.Seal;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.peering.audit.AuditHead;
import dev.hansa.peering.audit.AuditLog;
import dev.hansa.trustbundle.Datacenter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.jspecify.annotations.Nullable;

/// The store as a replicated log: a command is agreed on by a majority of the members, each with it
/// on its disk, before it is answered; then each member applies it to its own state. One server is
/// a group of one and runs the same code.
public final class RaftStore implements Store {
    /// Longer than losing a leader and electing another takes.
    static final Duration WRITE_LIMIT = Duration.ofSeconds(10);

    /// Each member reads up to 1 GiB of database and writes it.
    static final Duration RESTORE_LIMIT = Duration.ofMinutes(5);

    /// Between two attempts of one write while there is no leader.
    private static final Duration PAUSE = Duration.ofMillis(20);

    /// 1 GiB, a thousand times the state of a large datacenter: whoever writes without end is
    /// stopped here, and not at the end of a disk that others need too.
    private static final long MAX_BYTES = 1L << 30;

    private final StateFile file;
    private final ReplicaMachine machine;
    private final CommandCodec codec;
    private final RaftServer server;
    private final LogClient client;
    private final RaftGroupId group;
    private final Members members;
    private final LeadConfirmation lead;
    private final WriteRoom room;
    private final long maxBytes;
    private final Consumer<Throwable> failures;
    private final Origins origins;
    private final AuditStart auditStart;
    private volatile boolean closed;

    private RaftStore(
            StateFile file,
            ReplicaMachine machine,
            CommandCodec codec,
            RaftServer server,
            LogClient client,
            Members members,
            LeadConfirmation lead,
            RaftGroupId group,
            long maxBytes,
            Consumer<Throwable> failures,
            Clock clock) {
        this.file = file;
        this.machine = machine;
        this.codec = codec;
        this.server = server;
        this.client = client;
        this.members = members;
        this.lead = lead;
        this.group = group;
        this.room =
                new WriteRoom(new DiskSpace(file.file().resolveSibling("raft")), file, maxBytes);
        this.maxBytes = maxBytes;
        this.failures = failures;
        this.origins = new Origins(clock, members.self(), System::nanoTime);
        this.auditStart = AuditStart.of(this, failures);
    }

    /// Opens or makes the store in `dataDir`. What it has when this returns is what this server's
    /// disk has; once there is a leader it has all that was ever acknowledged.
    ///
    /// @param key where the key is that secrets are sealed with
    /// @param tls made from what this server's disk says
    /// @param failures told when a disk fails while the server runs
    /// @param clock that says when something was asked for
    /// @throws StoreFailure naming the path and the cause: not writable, in use by another server,
    ///   damaged, or of a newer version
    public static RaftStore open(
            Path dataDir,
            SealKey key,
            Membership membership,
            Function<StoreState, MemberTls> tls,
            Consumer<Throwable> failures,
            Clock clock) {
        return open(dataDir, key, membership, tls, failures, clock, MAX_BYTES, LogSettings.DEFAULT);
    }

    /// @param maxBytes what the state may take up
    static RaftStore open(
            Path dataDir,
            SealKey key,
            Membership membership,
            Function<StoreState, MemberTls> tls,
            Consumer<Throwable> failures,
            Clock clock,
            long maxBytes,
            LogSettings settings) {
        var file = StateFile.open(dataDir, key);
        MemberTls own;
        try {
            own = tls.apply(file.written());
        } catch (RuntimeException e) {
            closeQuietly(file, null, e);
            throw e;
        }
        var codec = new CommandCodec(file.records());
        var machine = new ReplicaMachine(file, codec, failures);
        RaftServer server = null;
        try {
            var directory = LogDirectory.open(dataDir, membership.group());
            if (!directory.used() && machine.known().index() >= 0) {
                throw KnownLog.another(dataDir, machine.known(), "none");
            }
            TornTail.cut(directory, machine.known().index())
                    .ifPresent(what -> failures.accept(new StoreFailure(what, null)));
            LostVote.mend(dataDir, directory, machine.known().term())
                    .ifPresent(what -> failures.accept(new StoreFailure(what, null)));
            var self = RaftPeerId.valueOf(membership.self());
            var properties =
                    settings.properties(
                            directory.path(),
                            membership.bound(),
                            alone(directory.members(), membership));
            var tlsOfMembers = LogTransport.tls(own);
            var calls = new MemberCalls(tlsOfMembers, failures);
            var parameters = LogTransport.parameters(own, tlsOfMembers, calls);
            var group = group(directory.group(), membership);
            var id = group.getGroupId();
            server =
                    RaftServer.newBuilder()
                            .setServerId(self)
                            .setGroup(group)
                            .setProperties(properties)
                            .setParameters(parameters)
                            .setStateMachine(machine)
                            .setOption(
                                    directory.used() ? StartupOption.RECOVER : StartupOption.FORMAT)
                            .build();
            server.start();
            KnownLog.refuseAnother(server.getDivision(id), machine, dataDir);
            var others =
                    new GrpcFactory(parameters).newRaftClientRpc(ClientId.randomId(), properties);
            var members =
                    new Members(server, id, self, membership.listen(), calls, settings, failures);
            return new RaftStore(
                    file,
                    machine,
                    codec,
                    server,
                    new LogClient(server, others, members, id, self),
                    members,
                    new LeadConfirmation(server, id, members, calls, settings.confirmation()),
                    id,
                    maxBytes,
                    failures,
                    clock);
        } catch (IOException | RuntimeException e) {
            closeQuietly(file, server, e);
            throw e instanceof StoreFailure failure
                    ? failure
                    : new StoreFailure(
                            "data directory '"
                                    + dataDir
                                    + "': expected a log that can be read and written; found "
                                    + e,
                            e);
        }
    }

    private static void closeQuietly(StateFile file, @Nullable RaftServer server, Exception why) {
        try (file;
                server) {
            return;
        } catch (IOException | RuntimeException e) {
            why.addSuppressed(e);
        }
    }

    private static boolean alone(List<String> members, Membership membership) {
        return members.isEmpty()
                ? membership.founders().size() == 1
                : members.equals(List.of(membership.self()));
    }

    /// What secrets are sealed with: another server of the same log needs it.
    public Seal seal() {
        return file.seal();
    }

    private static RaftGroup group(UUID id, Membership membership) {
        return RaftGroup.valueOf(
                RaftGroupId.valueOf(id),
                membership.founders().stream()
                        .map(one -> Members.peer(one.name(), one.address()))
                        .toList());
    }

    /// Who keeps this log together.
    public Members members() {
        return members;
    }

    @Override
    public Latest<StoreState> state() {
        return machine.state();
    }

    /// Whether this server leads, as far as it knows: another may have been elected already.
    public boolean leads() {
        return members.leadership().get().own();
    }

    /// Whether the log itself says that this server keeps it, by an entry that a majority has
    /// taken, and somebody leads.
    public boolean takesPart() {
        try {
            var log = server.getDivision(group);
            var agreed = log.getInfo().getLastAppliedIndex();
            var leads = members.leadership().get();
            return log.getRaftConf().getLogEntryIndex() <= agreed
                    && members.isMember()
                    && (leads.own() || leads.leader().isPresent());
        } catch (IOException e) {
            throw new StoreFailure("members: the log is closed", e);
        }
    }

    /// Begins to lead: counts it.
    ///
    /// @throws StoreFailure when another server leads by now
    public void lead(long term) {
        inTerm(term).apply(new StoreCommand.CountStart());
    }

    /// The same store for whoever acts as the leader of a term: what it writes has no effect once
    /// another server leads, whatever this one knows of it. Such a command fails.
    public Store inTerm(long term) {
        return new StoreInTerm(this, term);
    }

    /// With one server there is nobody else who could lead.
    @Override
    public void confirm() {
        if (members.isAlone()) {
            return;
        }
        lead.problem()
                .ifPresent(problem -> {
                    throw noLeader(problem, WRITE_LIMIT);
                });
        // and what it has committed by now is applied
        switch (client.ask(
                client.read(), client.self(), System.nanoTime() + WRITE_LIMIT.toNanos())) {
            case LogClient.Reply.Elsewhere(var problem, _) -> throw noLeader(problem, WRITE_LIMIT);
            case LogClient.Reply.Said _ -> {}
        }
    }

    /// Whichever member this is: the leader is found and asked. A write whose answer is lost is
    /// asked for again under the same number, so that it happens once.
    ///
    /// @throws StoreFailure when the disk does not take it, or when no majority of the members has
    ///   answered after ten seconds; in the latter case it may still happen
    @Override
    public StoreAnswer apply(StoreCommand command) {
        return apply(command, OptionalLong.empty());
    }

    /// @param term in which alone it has an effect; empty: in any
    StoreAnswer apply(StoreCommand command, OptionalLong term) {
        refuseWhenBroken();
        // what not all members can read yet is not written
        var isRead = machine.hasAudit() || members.isAlone();
        if (!isRead && command instanceof StoreCommand.NoteAct) {
            return new StoreAnswer.Unchanged(now().index());
        }
        var written =
                NewForms.isIn(command) && !isReadByAll() ? NewForms.without(command) : command;
        return origins.write(
                isRead, origin -> apply(new CommandCodec.Entry(written, term, origin)));
    }

    /// Begins the audit log, or more classes of it, which all members can read by now: with the
    /// entry that is written here it is the same at each.
    ///
    /// @throws StoreFailure when another server leads by now, or no majority answers
    void begin(StoreCommand what, long term) {
        apply(new CommandCodec.Entry(what, OptionalLong.of(term), Optional.of(origins.own())));
    }

    /// Whether the audit log has begun.
    boolean hasAudit() {
        return machine.hasAudit();
    }

    AuditHead auditHead() {
        return machine.auditHead();
    }

    /// Whether each member reads [NewForms]; none that does not is added later.
    public boolean isReadByAll() {
        return members.isAlone() || members.readAlike(NewForms.FORM);
    }

    private StoreAnswer apply(CommandCodec.Entry entry) {
        var command = entry.command();
        var encoded = codec.encode(entry);
        room.require(command, encoded.length, members.isAlone());
        var request = client.write(encoded);
        var limit = command instanceof StoreCommand.CommitRestore ? RESTORE_LIMIT : WRITE_LIMIT;
        var deadline = System.nanoTime() + limit.toNanos();
        var target = client.self();
        String found;
        do {
            refuseWhenBroken();
            switch (client.ask(request, target, deadline)) {
                case LogClient.Reply.Said(var answer) -> {
                    return seenHere(machine.answered(answer), deadline);
                }
                case LogClient.Reply.Elsewhere(var problem, var next) -> {
                    found = problem;
                    target = next.orElse(client.self());
                    LockSupport.parkNanos(PAUSE.toNanos());
                }
            }
        } while (System.nanoTime() < deadline);
        throw noLeader(found, limit);
    }

    private StoreFailure noLeader(String found, Duration limit) {
        return new StoreFailure(
                "store: expected a leader that "
                        + members.majority()
                        + " of "
                        + members.peers().size()
                        + " servers follow; found none in "
                        + limit.toSeconds()
                        + " s: "
                        + found,
                null);
    }

    /// Who did what, as this server has it.
    public AuditLog audit() {
        return file.audit();
    }

    /// Its records that this server's disk has not taken and never will; the others have them.
    public long lostAuditRecords() {
        return machine.lostRecords();
    }

    /// Snapshots of this state. Once for each store.
    ///
    /// @throws StoreFailure when the data directory has no room for them
    public Snapshots snapshots(Datacenter datacenter, Clock clock) {
        return new Snapshots(this, file, datacenter.name(), maxBytes, clock);
    }

    private void refuseWhenBroken() {
        if (closed) {
            throw new StoreFailure("'" + file.file() + "': closed", null);
        }
        var failure = machine.logFailure();
        if (failure != null) {
            throw new StoreFailure(removed().orElseGet(() -> room.broken(failure)), failure);
        }
    }

    /// Who was removed has stopped taking part, and nothing is wrong with the disk.
    private Optional<String> removed() {
        try {
            return members.isMember()
                    ? Optional.empty()
                    : Optional.of(
                            "server '"
                                    + members.self()
                                    + "': expected among the servers of its datacenter; found it"
                                    + " removed: it joins again with an empty data directory and a"
                                    + " new join token");
        } catch (StoreFailure _) {
            return Optional.empty(); // closed
        }
    }

    @Override
    public Optional<String> problem() {
        return ownProblem().or(room::others);
    }

    /// Of what is this server's own: others may be able to write.
    public Optional<String> ownProblem() {
        var failure = machine.logFailure();
        return removed()
                .or(() -> failure == null ? room.problem() : Optional.of(room.broken(failure)));
    }

    @Override
    public Optional<String> databaseProblem() {
        return machine.fileProblem();
    }

    /// While this server leads, what `OthersRoom` has found.
    public void othersRoom(Optional<String> problem) {
        room.others(problem);
    }

    /// A follower hears of what the leader has answered a little later, and whoever wrote wants to
    /// read it here.
    private StoreAnswer seenHere(StoreAnswer answer, long deadline) {
        var index =
                switch (answer) {
                    case StoreAnswer.Applied(var at) -> at;
                    case StoreAnswer.Unchanged(var at) -> at;
                    case StoreAnswer.Refused _ -> 0;
                };
        try {
            var now =
                    machine.state()
                            .await(
                                    state -> state.index() >= index,
                                    Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
            if (now.index() < index) {
                throw new StoreFailure(
                        "store: expected this server to follow to index "
                                + index
                                + "; found it at "
                                + now.index(),
                        null);
            }
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailure("store: interrupted; the write has happened", e);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            shut();
        }
    }

    private void shut() {
        closed = true;
        machine.expectEnd();
        try (file;
                client;
                members;
                auditStart) {
            var log = server.getDivision(group);
            var closing = Thread.ofPlatform().name("store-close").start(log::close);
            LogWriter.wake(log.getMemberId(), machine, closing);
            server.getServerRpc().close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailure("'" + file.file() + "': interrupted while closing", e);
        } catch (IOException e) {
            throw new StoreFailure("'" + file.file() + "': closing failed: " + e.getMessage(), e);
        } finally {
            // the log and the port are closed; what is left waits a second for idle threads
            Thread.ofPlatform().daemon().name("store-close").start(this::closeTheRest);
        }
    }

    private void closeTheRest() {
        try {
            server.close();
        } catch (IOException e) {
            failures.accept(e);
        }
    }
}
