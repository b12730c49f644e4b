package dev.hansa.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The end of a connection whose caller has been told why. Closed at once with bytes of the
/// caller's unread, the kernel would reset it: a caller who still writes would fail there, and not
/// read the answer. So FIN follows the answer, and what comes is read and dropped until the caller
/// closes too, or for a bounded while.
final class Parting extends ChannelInboundHandlerAdapter {
    /// A round trip to the other end and a bit, as [Relay#GOODBYE].
    static final Duration PATIENCE = Duration.ofSeconds(1);

    /// Bytes that are dropped of one caller: several times the largest hello.
    static final int MOST = 64 << 10;

    /// Of a process at a time; any more are closed at once: strangers must not hold many places by
    /// being refused.
    static final int MOST_AT_ONCE = 128;

    private static final AtomicInteger AT_ONCE = new AtomicInteger();

    private int dropped;
    private @Nullable ScheduledFuture<?> timer;

    private Parting() {}

    /// True: there is one more, until [#over].
    static boolean mayBegin() {
        if (AT_ONCE.incrementAndGet() <= MOST_AT_ONCE) {
            return true;
        }
        AT_ONCE.decrementAndGet();
        return false;
    }

    static void over() {
        AT_ONCE.decrementAndGet();
    }

    /// After the answer is out, on the channel's loop; all handlers are passed over.
    static void begin(Channel channel) {
        if (!(channel instanceof DuplexChannel duplex) || duplex.isInputShutdown() || !mayBegin()) {
            channel.unsafe().close(channel.voidPromise());
            return;
        }
        duplex.closeFuture().addListener(_ -> over());
        duplex.shutdownOutput();
        if (duplex.isOpen()) {
            duplex.pipeline().addFirst(new Parting());
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timer =
                ctx.executor()
                        .schedule(() -> ctx.close(), PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        ctx.channel().config().setAutoRead(true);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes) {
            dropped += bytes.readableBytes();
        }
        ReferenceCountUtil.release(message);
        if (dropped > MOST) {
            ctx.close();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent
                || event instanceof ChannelInputShutdownReadComplete) {
            ctx.close();
            return;
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel(false);
        }
        ctx.fireChannelInactive();
    }
}
