package dev.hansa.peering.store;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.client.RaftClientRpc;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.rpc.CallId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/// Asks one member of the log, this one or another.
final class LogClient implements AutoCloseable {
    /// For an answer from one member: longer than electing another leader takes, so that who has
    /// gone without a word is not waited for until the end.
    private static final Duration ATTEMPT_LIMIT = Duration.ofSeconds(3);

    private final RaftServer server;
    private final RaftClientRpc others;
    private final Members members;
    private final RaftGroupId group;
    private final RaftPeerId self;
    private final ClientId client = ClientId.randomId();

    LogClient(
            RaftServer server,
            RaftClientRpc others,
            Members members,
            RaftGroupId group,
            RaftPeerId self) {
        this.server = server;
        this.others = others;
        this.members = members;
        this.group = group;
        this.self = self;
    }

    RaftPeerId self() {
        return self;
    }

    /// A write; asked again under the same number it happens once.
    RaftClientRequest.Builder write(byte[] entry) {
        return request(Message.valueOf(ByteString.copyFrom(entry)))
                .setType(RaftClientRequest.writeRequestType());
    }

    /// A read that is answered once everything acknowledged before it has been applied.
    RaftClientRequest.Builder read() {
        return request(Message.EMPTY).setType(RaftClientRequest.readRequestType());
    }

    private RaftClientRequest.Builder request(Message message) {
        return RaftClientRequest.newBuilder()
                .setClientId(client)
                .setGroupId(group)
                .setCallId(CallId.getAndIncrement())
                .setMessage(message);
    }

    sealed interface Reply {
        record Said(ByteString answer) implements Reply {}

        /// @param next whom to ask then; empty: not known
        record Elsewhere(String problem, Optional<RaftPeerId> next) implements Reply {}
    }

    /// @param deadline in `System.nanoTime`
    Reply ask(RaftClientRequest.Builder request, RaftPeerId target, long deadline) {
        var limit = Math.min(ATTEMPT_LIMIT.toNanos(), deadline - System.nanoTime());
        var built = request.setServerId(target).build();
        try {
            if (!target.equals(self)) {
                others.addRaftPeers(members.peers());
            }
            var asked =
                    target.equals(self)
                            ? server.submitClientRequestAsync(built)
                            : others.sendRequestAsyncUnordered(built);
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

    private static Reply reply(RaftClientReply reply) {
        if (reply.isSuccess()) {
            return new Reply.Said(reply.getMessage().getContent());
        }
        var elsewhere = reply.getNotLeaderException();
        return new Reply.Elsewhere(
                String.valueOf(reply.getException()),
                elsewhere == null || elsewhere.getSuggestedLeader() == null
                        ? Optional.empty()
                        : Optional.of(elsewhere.getSuggestedLeader().getId()));
    }

    @Override
    public void close() throws IOException {
        others.close();
    }
}
