package dev.hansa.gateway.telemetry;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.Doors;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/// A door of plain HTTP that only reads: one answer by the path of a GET, then the connection's
/// end.
final class PlainDoor {
    /// A request has no body and few headers.
    private static final int MAX_REQUEST = 8 * 1024;

    private static final int IDLE_SECONDS = 30;

    private PlainDoor() {}

    /// @param body ends in a line end
    record Reply(HttpResponseStatus status, String type, String body) {
        static Reply plain(HttpResponseStatus status, String body) {
            return new Reply(status, "text/plain", body);
        }
    }

    @FunctionalInterface
    interface Replies {
        Reply to(String path) throws JsonProcessingException;
    }

    /// @throws IOException naming the address when it cannot be bound
    static Channel open(
            Doors doors, InetSocketAddress address, Admission admission, Replies replies)
            throws IOException {
        return doors.open(
                address,
                admission,
                channel -> {
                    channel.pipeline()
                            .addLast(
                                    new ReadTimeoutHandler(IDLE_SECONDS),
                                    new HttpServerCodec(),
                                    new HttpObjectAggregator(MAX_REQUEST),
                                    new Answers(replies));
                    channel.config().setAutoRead(true);
                });
    }

    private static final class Answers extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final Replies replies;
        private boolean asked;

        Answers(Replies replies) {
            this.replies = replies;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request)
                throws JsonProcessingException {
            asked = true;
            var reply =
                    request.method().equals(HttpMethod.GET)
                            ? replies.to(request.uri().split("\\?", 2)[0])
                            : Reply.plain(
                                    HttpResponseStatus.METHOD_NOT_ALLOWED,
                                    "expected GET; found another method\n");
            var response =
                    new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1,
                            reply.status(),
                            Unpooled.copiedBuffer(reply.body(), StandardCharsets.UTF_8));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, reply.type())
                    .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
                    .set("X-Content-Type-Options", "nosniff")
                    .set(HttpHeaderNames.CONNECTION, "close");
            ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        }

        /// Who ends his half without a question wants no answer, and would hold his place until the
        /// timeout.
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent && !asked) {
                ctx.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
