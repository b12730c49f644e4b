package dev.hansa.gateway.wire;

import dev.hansa.gateway.telemetry.ByteCounts;
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
    private ByteCounts also = ByteCounts.NONE;
    private long in;
    private long out;

    /// @param totalIn told of each read's bytes, for a process-wide counter
    public WireBytes(LongConsumer totalIn, LongConsumer totalOut) {
        this.totalIn = totalIn;
        this.totalOut = totalOut;
    }

    /// From now on counted there too, with what has passed before.
    void alsoTo(ByteCounts counts) {
        counts.in().accept(in);
        counts.out().accept(out);
        also = counts;
    }

    /// So many bytes that were read are not the other end's.
    void forget(int bytes) {
        in -= bytes;
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
            also.in().accept(bytes.readableBytes());
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes) {
            out += bytes.readableBytes();
            totalOut.accept(bytes.readableBytes());
            also.out().accept(bytes.readableBytes());
        }
        ctx.write(message, promise);
    }
}
