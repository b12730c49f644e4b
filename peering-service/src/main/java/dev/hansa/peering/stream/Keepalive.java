package dev.hansa.peering.stream;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.Optional;

/// Finds a link that is dead although nobody said so: asks by HTTP/2 ping, and drops the connection
/// when no answer comes in time. Lives on the connection's event loop.
final class Keepalive {
    /// What Consul's dialers do. Its servers close a connection that pings more often than every 15
    /// s.
    static final Pace CONSULS = new Pace(Duration.ofSeconds(30), Duration.ofSeconds(10));

    /// Between two that both take pings as they come: a dead link is found within 12 s, and a
    /// process may stand still for 8 s without being taken for dead.
    static final Pace KEEN = new Pace(Duration.ofSeconds(4), Duration.ofSeconds(8));

    /// The protocol's size of a ping; what is in it does not matter, one is under way at a time.
    private static final int PING_BYTES = 8;

    /// @param every the wait from one answer to the next question
    /// @param limit how long an answer may take
    record Pace(Duration every, Duration limit) {}

    private final Context loop;
    private final HttpConnection connection;
    private final Mailbox mailbox;
    private Pace pace;
    private long timer = -1;

    private Keepalive(Context loop, HttpConnection connection, Mailbox mailbox, Pace pace) {
        this.loop = loop;
        this.connection = connection;
        this.mailbox = mailbox;
        this.pace = pace;
    }

    /// The pace for a peer that announced it; empty for one that did not, which is Consul's.
    static Optional<Pace> announced(Capabilities peer) {
        return peer.pings() ? Optional.of(KEEN) : Optional.empty();
    }

    /// Begins, and goes on until the mailbox is closed. Call on the event loop.
    static Keepalive start(Context loop, HttpConnection connection, Mailbox mailbox, Pace pace) {
        var keepalive = new Keepalive(loop, connection, mailbox, pace);
        keepalive.rest();
        return keepalive;
    }

    /// Another pace from now on, unless a question is open: then from its answer on. Call on the
    /// event loop.
    void at(Pace other) {
        pace = other;
        if (timer >= 0 && loop.owner().cancelTimer(timer)) {
            rest();
        }
    }

    private void rest() {
        timer = loop.owner().setTimer(pace.every().toMillis(), _ -> ask());
    }

    private void ask() {
        timer = -1;
        if (mailbox.isClosed()) {
            return;
        }
        var limit = pace.limit();
        var deadline = loop.owner().setTimer(limit.toMillis(), _ -> drop(limit));
        connection
                .ping(Buffer.buffer(new byte[PING_BYTES]))
                .onComplete(
                        _ -> {
                            if (loop.owner().cancelTimer(deadline)) {
                                rest();
                            }
                        },
                        // the stream's own handlers hear of a broken connection as well
                        _ -> loop.owner().cancelTimer(deadline));
    }

    private void drop(Duration limit) {
        mailbox.closed(
                Optional.of(
                        new StreamError(
                                GrpcStatus.UNAVAILABLE,
                                "no answer to a ping after " + limit.toMillis() + " ms")));
        connection.close();
    }
}
