package dev.hansa.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.function.LongConsumer;

/// Counts what crosses one socket, below TLS. First in its pipeline. Read from the channel's own
/// loop.
public final class WireBytes extends ChannelDuplexHandler {
    private final LongConsumer totalIn;
    private final LongConsumer totalOut;
    private long in;
    private long out;

    /// @param totalIn told of each read's bytes, for a process-wide counter
    public WireBytes(LongConsumer totalIn, LongConsumer totalOut) {
        this.totalIn = totalIn;
        this.totalOut = totalOut;
    }

    public long in() {
        return in;
    }

    public long out() {
        return out;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes) {
            in += bytes.readableBytes();
            totalIn.accept(bytes.readableBytes());
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes) {
            out += bytes.readableBytes();
            totalOut.accept(bytes.readableBytes());
        }
        ctx.write(message, promise);
    }
}
