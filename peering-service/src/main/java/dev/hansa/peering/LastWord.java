package dev.hansa.peering;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;

/// What whoever has begun a request of HTTP/1 is told when his connection is ended before it is
/// read. In HTTP/2 nothing was asked yet that could be answered.
final class LastWord {
    private LastWord() {}

    /// Says it, past all handlers of HTTP, and closes the connection.
    ///
    /// @param first of the connection's handlers
    static void say(ChannelHandlerContext first, String sentence) {
        var channel = first.channel();
        var tls = channel.pipeline().context(SslHandler.class);
        if (tls == null) {
            first.writeAndFlush(answer(sentence)).addListener(_ -> channel.close());
        } else if (tls.handler() instanceof SslHandler handler
                && handler.handshakeFuture().isSuccess()
                && !"h2".equals(handler.applicationProtocol())) {
            say(tls, handler, answer(sentence));
        } else {
            channel.close();
        }
    }

    private static void say(ChannelHandlerContext tls, SslHandler handler, ByteBuf answer) {
        var written = tls.newPromise();
        written.addListener(_ -> tls.channel().close());
        try {
            handler.write(tls, answer, written);
            handler.flush(tls);
        } catch (Exception _) {
            // it cannot be told
            tls.channel().close();
        }
    }

    private static ByteBuf answer(String sentence) {
        return Unpooled.copiedBuffer(
                "HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\n"
                        + "Connection: close\r\nContent-Length: "
                        + sentence.length()
                        + "\r\n\r\n"
                        + sentence,
                StandardCharsets.US_ASCII);
    }
}
