package dev.hansa.gateway.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/// The first handler of a listening channel; one for each.
final class EntranceHandler extends ChannelInboundHandlerAdapter {
    private final Entrance entrance;

    EntranceHandler(Entrance entrance) {
        this.entrance = entrance;
    }

    /// What a listening socket reads are connections.
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
        if (!(accepted instanceof Channel connection)) {
            ctx.fireChannelRead(accepted);
            return;
        }
        var admitted = entrance.admits(addressOf(connection));
        if (admitted.isEmpty()) {
            // a reset leaves nothing behind: no TIME_WAIT of ours, no wait of theirs
            connection.config().setOption(ChannelOption.SO_LINGER, 0);
            connection.unsafe().closeForcibly();
            return;
        }
        var entry = admitted.get();
        connection.attr(Admission.ENTRY).set(entry);
        connection.closeFuture().addListener(_ -> entry.left());
        ctx.fireChannelRead(accepted);
    }

    /// Of one that has gone already nothing is known: those are one source.
    private static InetAddress addressOf(Channel connection) {
        return connection.remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress()
                : new InetSocketAddress(0).getAddress();
    }

    /// Out of descriptors, most of all. The socket stays readable, so without a pause the loop
    /// would do nothing but fail.
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof IOException)) {
            ctx.fireExceptionCaught(cause);
            return;
        }
        entrance.acceptFailed(cause);
        var config = ctx.channel().config();
        if (config.isAutoRead()) {
            config.setAutoRead(false);
            ctx.executor()
                    .schedule(
                            () -> config.setAutoRead(true),
                            Admission.ACCEPT_AGAIN.toMillis(),
                            TimeUnit.MILLISECONDS);
        }
    }
}
