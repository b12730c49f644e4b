package dev.hansa.peering;

import dev.hansa.peering.api.ClientNetwork;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// The answers of one connection that were given whole and that its client has not taken yet. In
/// its pipeline, on its event loop; there are at most as many as it has streams.
///
/// Of HTTP/2 one is taken when its stream ends, which is when its last byte is written to the
/// socket. Until the client gives room for it, Vert.x keeps it before its end is written, or
/// Netty's flow controller does; neither says how much it keeps. Of HTTP/1 one is in the
/// connection's buffer, and the next one, which Vert.x keeps, is written when that has room again;
/// a third is not begun.
///
/// What is made while it is sent, as streams of events and snapshots are, waits for room before
/// more of it is made, and is not counted.
final class GivenAnswers extends ChannelInboundHandlerAdapter {
    /// What an end is counted under, of a connection or of a stream.
    static final String UNREAD = "unread_answers";

    private static final int NOT_MODIFIED = 304;

    private final Channel channel;
    private final ClientNetwork client;
    private final Outgoing outgoing;
    private final HeldAnswers<GivenAnswers> all;
    private final long most;
    private final Consumer<String> onEnd;

    /// Bytes of HTTP/2's, by stream.
    private final Map<Integer, Long> streams = new HashMap<>();

    private final Set<Integer> refused = new HashSet<>();
    private long ofStreams;
    private boolean isListening;

    /// Bytes of HTTP/1's: in the connection's buffer, and the next.
    private long written;

    private long next;
    private volatile boolean isEnded;

    /// @param most bytes of one connection of HTTP/2, unless it is one answer; those of one more
    ///   answer are let go of
    /// @param onEnd told why something is ended; on an event loop
    GivenAnswers(
            Channel channel,
            Outgoing outgoing,
            HeldAnswers<GivenAnswers> all,
            long most,
            Consumer<String> onEnd) {
        this.channel = channel;
        this.client = ClientNetwork.of(((InetSocketAddress) channel.remoteAddress()).getAddress());
        this.outgoing = outgoing;
        this.all = all;
        this.most = most;
        this.onEnd = onEnd;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel.closeFuture().addListener(_ -> forget());
    }

    private void forget() {
        isEnded = true;
        all.holds(this, client, 0);
    }

    /// Counts this request's answer when it is given.
    void count(HttpServerRequest request) {
        var response = request.response();
        response.headersEndHandler(_ -> {
            var bytes = wholeBytes(request, response);
            if (bytes > 0) {
                inLoop(() -> given(response.streamId(), bytes));
            }
        });
    }

    /// 0 for one whose body is made while it is sent: it has not ended yet when its headers are
    /// written.
    private static long wholeBytes(HttpServerRequest request, HttpServerResponse response) {
        var length = response.headers().get(HttpHeaders.CONTENT_LENGTH);
        return !response.ended()
                        || length == null
                        || request.method().equals(HttpMethod.HEAD)
                        || response.getStatusCode() == NOT_MODIFIED
                ? 0
                : Long.parseLong(length);
    }

    private void inLoop(Runnable work) {
        if (channel.eventLoop().inEventLoop()) {
            work.run();
        } else {
            channel.eventLoop().execute(work);
        }
    }

    private void given(int stream, long bytes) {
        if (stream < 0) {
            if (channel.isWritable()) {
                written += bytes;
            } else {
                next += bytes;
            }
        } else if (!outgoing.isOpen(stream)) {
            return;
        } else if (!streams.isEmpty() && ofStreams + bytes > most) {
            refused.add(stream);
            return;
        } else {
            listen();
            streams.put(stream, bytes);
            ofStreams += bytes;
        }
        say();
    }

    private void listen() {
        if (!isListening) {
            isListening = true;
            outgoing.onTaken(stream -> {
                var bytes = streams.remove(stream);
                if (bytes != null) {
                    ofStreams -= bytes;
                    say();
                }
            });
        }
    }

    /// The answer of a request has been written as far as it goes.
    ///
    /// @param stream of HTTP/2; below 0 otherwise
    void ended(int stream) {
        inLoop(() -> {
            if (refused.remove(stream)) {
                onEnd.accept(UNREAD);
                outgoing.reset(stream);
            } else if (stream < 0 && channel.isWritable()) {
                written = 0;
                say();
            }
        });
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        var isTaken = channel.isWritable();
        if (isTaken) {
            written = next;
            next = 0;
        }
        context.fireChannelWritabilityChanged();
        if (isTaken) {
            if (channel.isWritable()) {
                written = 0;
            }
            say();
        }
    }

    private void say() {
        if (!isEnded) {
            all.holds(this, client, ofStreams + written + next).forEach(GivenAnswers::end);
        }
    }

    /// From any thread; past all that waits to be written.
    private void end() {
        isEnded = true;
        channel.eventLoop()
                .execute(() -> {
                    if (channel.isOpen()) {
                        onEnd.accept(UNREAD);
                        channel.unsafe().close(channel.newPromise());
                    }
                });
    }
}
