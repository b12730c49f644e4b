package dev.hansa.peering;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// What a connection's client has not taken of the answers that were given to him. Of HTTP/2 they
/// may wait for his word before they are written. On the connection's event loop.
final class Outgoing {
    private final Channel channel;

    /// Bytes, at the last look.
    private long unsent;

    private boolean isHeard;

    Outgoing(Channel channel) {
        this.channel = channel;
    }

    /// The client has said something, of HTTP/2 perhaps that he has room.
    void heard() {
        isHeard = true;
    }

    /// Whether some of it was taken since the last look.
    boolean isTaken() {
        var before = unsent;
        unsent = unsent();
        var wasHeard = isHeard;
        isHeard = false;
        return unsent != before || wasHeard && openStreams() > 0;
    }

    boolean isEmpty() {
        return unsent() == 0 && openStreams() == 0;
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
        return buffer == null ? 0 : buffer.totalPendingWriteBytes() - buffer.currentProgress();
    }

    private int openStreams() {
        var http2 = http2();
        return http2 == null ? 0 : http2.connection().numActiveStreams();
    }

    private @Nullable Http2ConnectionHandler http2() {
        return channel.pipeline().get(Http2ConnectionHandler.class);
    }
}
