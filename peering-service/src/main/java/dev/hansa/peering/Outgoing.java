package dev.hansa.peering;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
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
