package dev.hansa.gateway.sidecar;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.function.Consumer;

/// Waits for the end of a handshake, then makes way.
final class Introduction extends ChannelInboundHandlerAdapter {
    private final Runnable done;
    private final Consumer<Throwable> failed;

    Introduction(Runnable done, Consumer<Throwable> failed) {
        this.done = done;
        this.failed = failed;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (!(event instanceof SslHandshakeCompletionEvent end)) {
            ctx.fireUserEventTriggered(event);
            return;
        }
        if (end.isSuccess()) {
            ctx.pipeline().remove(this);
            done.run();
        } else {
            failed.accept(end.cause());
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        failed.accept(cause);
    }
}
