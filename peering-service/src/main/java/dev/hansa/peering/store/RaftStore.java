package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import dev.hansa.trustbundle.Datacenter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage.StartupOption;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslProvider;
import org.jspecify.annotations.Nullable;

/// The store as a replicated log: a command is agreed on by a majority of the members, each with it
/// on its disk, before it is answered; then each member applies it to its own state. One server is
/// a group of one and runs the same code.
public final class RaftStore implements Store {
    /// Longer than losing a leader and electing another takes.
    static final Duration WRITE_LIMIT = Duration.ofSeconds(10);

    /// Each member reads up to 1 GiB of database and writes it.
    private static final Duration RESTORE_LIMIT = Duration.ofMinutes(5);

    /// For an answer from one member: longer than electing another leader takes, so that who has
    /// gone without a word is not waited for until the end.
    private static final Duration ATTEMPT_LIMIT = Duration.ofSeconds(3);

    /// Between two attempts of one write while there is no leader.
    private static final Duration PAUSE = Duration.ofMillis(20);

    /// A stranger who says nothing holds a place for as long.
    private static final long HANDSHAKE_SECONDS = 5;

    /// A member appends over two streams, asks for votes, sends copies and forwards writes.
    private static final int MAX_CALLS = 256;

    /// 1 GiB, a thousand times the state of a large datacenter: whoever writes without end is
    /// stopped here, and not at the end of a disk that others need too.
    private static final long MAX_BYTES = 1L << 30;

    private final StateFile file;
    private final ReplicaMachine machine;
    private final CommandCodec codec;
    private final RaftServer server;
    private final RaftClientRpc others;
    private final RaftGroup group;
    private final RaftPeerId self;
    private final DiskSpace disk;
    private final long maxBytes;
    private final Consumer<Throwable> failures;
    private final ClientId client = ClientId.randomId();
    private volatile boolean closed;

    private RaftStore(
            StateFile file,
            ReplicaMachine machine,
            CommandCodec codec,
            RaftServer server,
            RaftClientRpc others,
            RaftGroup group,
            RaftPeerId self,
            long maxBytes,
            Consumer<Throwable> failures) {
        this.file = file;
        this.machine = machine;
        this.codec = codec;
        this.server = server;
        this.others = others;
        this.group = group;
        this.self = self;
        this.disk = new DiskSpace(file.file().resolveSibling("raft"));
        this.maxBytes = maxBytes;
        this.failures = failures;
    }

    /// Opens or makes the store in `dataDir`, joins the other members, if any, and counts the
    /// start. When this returns, the state has all that was ever acknowledged.
    ///
    /// @param tls made from what this server's disk says
    /// @param failures told when a disk fails while the server runs
    /// @throws StoreFailure naming the path and the cause: not writable, in use by another server,
    ///   damaged, of a newer version, or no majority of the members to be reached
    public static RaftStore open(
            Path dataDir,
            Membership membership,
            Function<StoreState, MemberTls> tls,
            Consumer<Throwable> failures) {
        return open(dataDir, membership, tls, failures, MAX_BYTES, LogSettings.DEFAULT);
    }

    /// @param maxBytes what the state may take up
    static RaftStore open(
            Path dataDir,
            Membership membership,
            Function<StoreState, MemberTls> tls,
            Consumer<Throwable> failures,
            long maxBytes,
            LogSettings settings) {
        var file = StateFile.open(dataDir);
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
                throw anotherLog(dataDir, machine.known(), "none");
            }
            TornTail.cut(directory, machine.known().index())
                    .ifPresent(what -> failures.accept(new StoreFailure(what, null)));
            var properties = settings.properties(directory.path(), membership);
            var parameters = parameters(own);
            var group = group(directory.group(), membership);
            var self = RaftPeerId.valueOf(membership.self());
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
            refuseAnotherLog(server.getDivision(group.getGroupId()), machine, dataDir);
            var others =
                    new GrpcFactory(parameters).newRaftClientRpc(ClientId.randomId(), properties);
            others.addRaftPeers(group.getPeers());
            var store =
                    new RaftStore(
                            file, machine, codec, server, others, group, self, maxBytes, failures);
            store.begin();
            return store;
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

    /// A log that was restored from an older copy lacks what the file has, and would give its
    /// entries the numbers of those that are lost.
    private static void refuseAnotherLog(
            RaftServer.Division log, ReplicaMachine machine, Path dataDir) {
        var known = machine.known();
        var copied = machine.getLatestSnapshot();
        if (known.index() < 0 || copied != null && known.index() <= copied.getIndex()) {
            return;
        }
        var there = log.getRaftLog().getTermIndex(known.index());
        if (there == null || there.getTerm() != known.term()) {
            throw anotherLog(
                    dataDir, known, "one that ends at " + log.getRaftLog().getLastEntryTermIndex());
        }
    }

    private static StoreFailure anotherLog(Path dataDir, LogPosition known, String found) {
        return new StoreFailure(
                "'"
                        + dataDir.resolve("raft")
                        + "': expected the log that 'hansa.db' has up to entry "
                        + known.index()
                        + " of term "
                        + known.term()
                        + "; found "
                        + found,
                null);
    }

    private static void closeQuietly(StateFile file, @Nullable RaftServer server, Exception why) {
        try (file;
                server) {
            return;
        } catch (IOException | RuntimeException e) {
            why.addSuppressed(e);
        }
    }

    private void begin() {
        try {
            apply(new StoreCommand.CountStart());
        } catch (RuntimeException e) {
            try {
                shut();
            } catch (RuntimeException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    private static Parameters parameters(MemberTls tls) {
        var parameters = new Parameters();
        GrpcConfigKeys.TLS.setConf(
                parameters,
                GrpcTlsConfig.newBuilder()
                        .setKeyManager(tls.keys())
                        .setTrustManager(tls.trust())
                        .setMutualTls(true)
                        // asks our managers for each handshake, which the native one does not
                        .setSslProvider(SslProvider.JDK)
                        .setProtocols("TLSv1.3")
                        .build());
        GrpcConfigKeys.Server.setServicesCustomizer(
                parameters,
                (builder, _) ->
                        builder.addTransportFilter(new MemberFilter(tls.trust()))
                                .handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS)
                                .maxConcurrentCallsPerConnection(MAX_CALLS));
        return parameters;
    }

    private static RaftGroup group(UUID id, Membership membership) {
        return RaftGroup.valueOf(
                RaftGroupId.valueOf(id),
                membership.members().stream()
                        .map(member ->
                                RaftPeer.newBuilder()
                                        .setId(member.name())
                                        .setAddress(
                                                member.address().getHostString()
                                                        + ":"
                                                        + member.address().getPort())
                                        .build())
                        .toList());
    }

    @Override
    public Latest<StoreState> state() {
        return machine.state();
    }

    /// Whether this server leads, as far as it knows: another may have been elected already.
    public boolean leads() {
        try {
            return server.getDivision(group.getGroupId()).getInfo().isLeaderReady();
        } catch (IOException e) {
            throw new StoreFailure("'" + file.file() + "': closed", e);
        }
    }

    /// Whichever member this is: the leader is found and asked. A write whose answer is lost is
    /// asked for again under the same number, so that it happens once.
    ///
    /// @throws StoreFailure when the disk does not take it, or when no majority of the members has
    ///   answered after ten seconds; in the latter case it may still happen
    @Override
    public StoreAnswer apply(StoreCommand command) {
        var encoded = codec.encode(command);
        refuseWhenFull(command, encoded.length);
        var request =
                RaftClientRequest.newBuilder()
                        .setClientId(client)
                        .setGroupId(group.getGroupId())
                        .setCallId(CallId.getAndIncrement())
                        .setMessage(Message.valueOf(ByteString.copyFrom(encoded)))
                        .setType(RaftClientRequest.writeRequestType());
        var limit = command instanceof StoreCommand.CommitRestore ? RESTORE_LIMIT : WRITE_LIMIT;
        var deadline = System.nanoTime() + limit.toNanos();
        var target = self;
        String found;
        do {
            refuseWhenBroken();
            switch (ask(request.setServerId(target), target, deadline)) {
                case Reply.Taken(var answer) -> {
                    return seenHere(answer, deadline);
                }
                case Reply.Elsewhere(var problem, var next) -> {
                    found = problem;
                    target = next.orElse(self);
                    LockSupport.parkNanos(PAUSE.toNanos());
                }
            }
        } while (System.nanoTime() < deadline);
        throw new StoreFailure(
                "store: expected a leader that "
                        + (group.getPeers().size() / 2 + 1)
                        + " of "
                        + group.getPeers().size()
                        + " servers follow; found none in "
                        + limit.toSeconds()
                        + " s: "
                        + found,
                null);
    }

    /// Snapshots of this state. Once for each store.
    ///
    /// @throws StoreFailure when the data directory has no room for them
    public Snapshots snapshots(Datacenter datacenter, Clock clock) {
        return new Snapshots(this, file, datacenter.name(), maxBytes, clock);
    }

    private void refuseWhenFull(StoreCommand command, int more) {
        if (command.makesRoom()) {
            return;
        }
        disk.problem()
                .ifPresent(problem -> {
                    throw new StoreFailure(problem, null);
                });
        if (command instanceof StoreCommand.RestorePart) {
            // bounded as a whole where it begins
            return;
        }
        var found = file.bytes() + more;
        if (found > maxBytes) {
            throw new StoreFailure(
                    "'"
                            + file.file()
                            + "': a write failed: expected at most "
                            + maxBytes
                            + " bytes in all; found "
                            + found,
                    null);
        }
    }

    private void refuseWhenBroken() {
        if (closed) {
            throw new StoreFailure("'" + file.file() + "': closed", null);
        }
        var failure = machine.logFailure();
        if (failure != null) {
            throw new StoreFailure(broken(failure), failure);
        }
    }

    private String broken(Throwable failure) {
        return "'"
                + file.file().resolveSibling("raft")
                + "': a write failed, and none is taken until the server is started anew: "
                + failure;
    }

    @Override
    public Optional<String> problem() {
        var failure = machine.logFailure();
        return failure == null ? disk.problem() : Optional.of(broken(failure));
    }

    private sealed interface Reply {
        record Taken(StoreAnswer answer) implements Reply {}

        /// @param next whom to ask then; empty: not known
        record Elsewhere(String problem, Optional<RaftPeerId> next) implements Reply {}
    }

    private Reply ask(RaftClientRequest.Builder request, RaftPeerId target, long deadline) {
        var limit = Math.min(ATTEMPT_LIMIT.toNanos(), deadline - System.nanoTime());
        try {
            var asked =
                    target.equals(self)
                            ? server.submitClientRequestAsync(request.build())
                            : others.sendRequestAsyncUnordered(request.build());
            return reply(asked.get(limit, TimeUnit.NANOSECONDS));
        } catch (ExecutionException | IOException e) {
            others.handleException(target, e, true);
            return new Reply.Elsewhere(String.valueOf(e.getMessage()), Optional.empty());
        } catch (TimeoutException _) {
            return new Reply.Elsewhere("no answer from '" + target + "'", Optional.empty());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailure("store: interrupted; the write may still happen", e);
        }
    }

    private Reply reply(RaftClientReply reply) {
        if (reply.isSuccess()) {
            return new Reply.Taken(codec.answer(reply.getMessage().getContent().toByteArray()));
        }
        var elsewhere = reply.getNotLeaderException();
        return new Reply.Elsewhere(
                String.valueOf(reply.getException()),
                elsewhere == null || elsewhere.getSuggestedLeader() == null
                        ? Optional.empty()
                        : Optional.of(elsewhere.getSuggestedLeader().getId()));
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
                others) {
            var log = server.getDivision(group.getGroupId());
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
