package dev.hansa.peering.store;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpcWithProxy;

/// The log's connections to the other members: those that nothing comes over are opened anew, at
/// what their names stand for by then. Looked at on one thread.
final class MemberConnections {
    /// A connection to a member that went without a word, its machine lost or its name moved to
    /// another address, stands until the kernel gives it up after a quarter of an hour, and the
    /// library asks over it for as long. Longer than any answer of a member that lives takes, the
    /// last one to a copy of the state too: what is under way is lost with the connection.
    private static final Duration SILENCE = Duration.ofSeconds(30);

    private final RaftServer server;
    private final Members members;
    private final Consumer<Throwable> failures;
    private long quietSince = System.nanoTime();
    private long reopenedAt = System.nanoTime();

    MemberConnections(RaftServer server, Members members, Consumer<Throwable> failures) {
        this.server = server;
        this.members = members;
        this.failures = failures;
    }

    void look(Leadership leads) {
        var now = System.nanoTime();
        if (leads.own() || leads.leader().isPresent()) {
            quietSince = now;
        }
        if (now - reopenedAt < SILENCE.toNanos()
                || !leads.own() && now - quietSince < SILENCE.toNanos()) {
            return;
        }
        reopenedAt = now;
        try {
            silent(leads.own()).forEach(this::reopen);
        } catch (StoreFailure _) {
            // closed meanwhile
        } catch (RuntimeException | Error e) {
            // who leads is looked at on this thread too
            failures.accept(e);
        }
    }

    /// @param leads without a leader nobody knows whose votes are missing
    private List<RaftPeerId> silent(boolean leads) {
        var heard = leads ? members.silences() : Map.<String, Duration>of();
        return members.others().stream()
                .map(RaftPeer::getId)
                .filter(id ->
                        !leads
                                || heard.getOrDefault(id.toString(), Duration.ZERO)
                                                .compareTo(SILENCE)
                                        > 0)
                .toList();
    }

    /// It waits some seconds for the old one to end.
    private void reopen(RaftPeerId member) {
        if (server.getServerRpc() instanceof RaftServerRpcWithProxy<?, ?> rpc) {
            Thread.ofVirtual()
                    .name("reopen-" + member)
                    .start(() -> rpc.getProxies().resetProxy(member));
        }
    }
}
