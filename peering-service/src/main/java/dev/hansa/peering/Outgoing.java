package dev.hansa.peering;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.time.Duration;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// What a connection's client has not taken of the answers that were given to him. Of HTTP/2 they
/// may wait for his word before they are written. On the connection's event loop.
final class Outgoing {
    /// Bytes a second. Nobody works over a line as slow; and who takes less of an answer may have
    /// asked for it to have it kept.
    private static final long LEAST = 1024;

    private final Channel channel;

    /// Bytes that were handed to the channel.
    private long written;

    /// At the last look.
    private long takenThen;

    private boolean wasWaiting;

    Outgoing(Channel channel) {
        this.channel = channel;
    }

    /// More was handed to the channel. A file that goes past our memory is not.
    void wrote(long bytes) {
        written += bytes;
    }

    /// Bytes that have gone to the socket; to be compared with what it was before.
    long taken() {
        return written - unsent();
    }

    /// Whether so much is taken within a time that the rest is kept for longer.
    static boolean isEnough(long taken, Duration within) {
        return taken >= LEAST * within.toMillis() / 1000;
    }

    /// How long so many bytes may take.
    static Duration longest(long bytes) {
        return Duration.ofSeconds(bytes / LEAST);
    }

    /// Whether what waited to be taken at the last look is taken now, or enough of it.
    boolean isTaken(Duration since) {
        var before = takenThen;
        var didWait = wasWaiting;
        takenThen = taken();
        wasWaiting = !isEmpty();
        return didWait && (!wasWaiting || isEnough(takenThen - before, since));
    }

    boolean isEmpty() {
        return isSent() && openStreams() == 0;
    }

    /// Whether the socket has all that was handed to the channel. Of HTTP/2 more may wait for room
    /// that the client gives.
    boolean isSent() {
        return unsent() == 0;
    }

    /// Whether a request of HTTP/2 has a body that has not come whole, as its headers are read.
    boolean isBodyComing(int stream) {
        var http2 = http2();
        var found = http2 == null ? null : http2.connection().stream(stream);
        return found == null || found.state().remoteSideOpen();
    }

    /// Whether a stream of HTTP/2 has an answer still to come or to be taken.
    boolean isOpen(int stream) {
        var http2 = http2();
        return http2 != null && http2.connection().stream(stream) != null;
    }

    /// @param onTaken told which stream of HTTP/2 has no more of its answer to be taken
    void onTaken(IntConsumer onTaken) {
        var http2 = http2();
        if (http2 == null) {
            return;
        }
        http2.connection()
                .addListener(
                        new Http2ConnectionAdapter() {
                            @Override
                            public void onStreamHalfClosed(Http2Stream stream) {
                                if (!stream.state().localSideOpen()) {
                                    onTaken.accept(stream.id());
                                }
                            }

                            @Override
                            public void onStreamClosed(Http2Stream stream) {
                                onTaken.accept(stream.id());
                            }
                        });
    }

    /// Has Vert.x told of each stream of HTTP/2 that has room. Netty's flow controller tells of it
    /// when the channel can be written again, but not where the channel was full and is not any
    /// more before it has heard of either, as over TLS; then answers wait for ever.
    void tellOfRoom() {
        var http2 = http2();
        if (http2 == null) {
            return;
        }
        var flow = http2.encoder().flowController();
        try {
            // changes nothing, and looks at all streams
            flow.initialWindowSize(flow.initialWindowSize());
        } catch (Http2Exception e) {
            throw new IllegalStateException("a window as it was is refused", e);
        }
    }

    /// Ends a stream of HTTP/2 with all that it holds. Vert.x resets none whose answer it has
    /// handed on.
    void reset(int stream) {
        var http2 = http2();
        if (http2 != null && isOpen(stream)) {
            var context = channel.pipeline().context(http2);
            http2.resetStream(
                    context, stream, Http2Error.ENHANCE_YOUR_CALM.code(), context.newPromise());
            context.flush();
        }
    }

    private long unsent() {
        var buffer = channel.unsafe().outboundBuffer();
        if (buffer == null) {
            return 0;
        }
        // of a file nothing is pending
        var sent = buffer.current() instanceof ByteBuf ? buffer.currentProgress() : 0;
        return buffer.totalPendingWriteBytes() - sent;
    }

    private int openStreams() {
        var http2 = http2();
        return http2 == null ? 0 : http2.connection().numActiveStreams();
    }

    private @Nullable Http2ConnectionHandler http2() {
        return channel.pipeline().get(Http2ConnectionHandler.class);
    }
}
