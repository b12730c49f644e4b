package dev.hansa.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/// Moves bytes between two channels on the same event loop, both ways, until both have ended: a
/// reader that is faster than the other side's socket is stopped, FIN is passed on as FIN, RST as
/// RST. After it is in place no byte is looked at.
///
/// Where one side is TLS an end of one direction cannot be passed on alone (TLS's close_notify ends
/// both for most peers), so the other direction gets [#HALF_CLOSE_GRACE] without a byte before both
/// are closed.
public final class Relay {
    /// Long enough for an answer that is being computed when a client has said all it had to say.
    static final long HALF_CLOSE_GRACE = 2;

    private final Channel a;
    private final Channel b;
    private final Runnable ended;
    private boolean aDone;
    private boolean bDone;
    private boolean closed;
    private long moved;

    private Relay(Channel a, Channel b, Runnable ended) {
        this.a = a;
        this.b = b;
        this.ended = ended;
    }

    /// Joins two channels whose reading is stopped; bytes that `a` has sent before go to `b` first.
    ///
    /// @param early released or handed over; may be empty
    /// @param ended called once on the loop when both channels are closed
    public static void join(Channel a, ByteBuf early, Channel b, Runnable ended) {
        var relay = new Relay(a, b, ended);
        a.pipeline().addLast(relay.new Side(b, true));
        b.pipeline().addLast(relay.new Side(a, false));
        a.closeFuture().addListener(_ -> relay.gone());
        b.closeFuture().addListener(_ -> relay.gone());
        if (early.isReadable()) {
            b.writeAndFlush(early);
        } else {
            early.release();
        }
        if (!a.isActive() || !b.isActive()) {
            relay.close(false);
            return;
        }
        a.config().setAutoRead(b.isWritable());
        b.config().setAutoRead(a.isWritable());
    }

    private void gone() {
        if (!a.isOpen() && !b.isOpen() && !closed) {
            closed = true;
            ended.run();
        }
    }

    private static boolean secured(Channel channel) {
        return channel.pipeline().get(SslHandler.class) != null;
    }

    /// One direction has ended in an orderly way.
    private void finished(boolean fromA) {
        if (fromA) {
            aDone = true;
        } else {
            bDone = true;
        }
        if (aDone && bDone) {
            close(false);
            return;
        }
        var to = fromA ? b : a;
        if (!secured(a) && !secured(b)) {
            to.writeAndFlush(Unpooled.EMPTY_BUFFER)
                    .addListener(_ -> ((DuplexChannel) to).shutdownOutput());
        } else if (secured(fromA ? a : b)) {
            // the TLS side has said goodbye: it sends no more and, as most do, reads no more
            close(false);
        } else {
            closeWhenQuiet(moved);
        }
    }

    private void closeWhenQuiet(long seen) {
        a.eventLoop()
                .schedule(
                        () -> {
                            if (moved == seen) {
                                close(false);
                            } else {
                                closeWhenQuiet(moved);
                            }
                        },
                        HALF_CLOSE_GRACE,
                        TimeUnit.SECONDS);
    }

    private void close(boolean reset) {
        for (var channel : new Channel[] {a, b}) {
            if (!channel.isOpen()) {
                continue;
            }
            if (reset) {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
                channel.close();
            } else {
                // what comes until the other end has closed too is read and dropped
                channel.config().setAutoRead(true);
                channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(ChannelFutureListener.CLOSE);
            }
        }
    }

    private final class Side extends ChannelInboundHandlerAdapter {
        private final Channel other;
        private final boolean isA;

        Side(Channel other, boolean isA) {
            this.other = other;
            this.isA = isA;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!(message instanceof ByteBuf) || !other.isActive()) {
                ReferenceCountUtil.release(message);
                return;
            }
            moved++;
            other.write(message);
            if (!other.isWritable()) {
                ctx.channel().config().setAutoRead(false);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            other.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            other.config().setAutoRead(ctx.channel().isWritable());
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownReadComplete) {
                if (!(isA ? aDone : bDone)) {
                    finished(isA);
                }
            } else if (!(event instanceof ChannelInputShutdownEvent)) {
                ctx.fireUserEventTriggered(event);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            close(false);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            close(cause instanceof IOException);
        }
    }
}
