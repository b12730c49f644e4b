package dev.hansa.gateway.sidecar;

import dev.hansa.gateway.wire.Acceptance;
import dev.hansa.gateway.wire.HelloGate;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.PendingWriteQueue;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Keeps back what TLS answers to a ClientHello, a few KiB, until it is known whether the
/// application takes the connection: the answer is computed meanwhile, and an alert may still take
/// its place. Between the socket and TLS, on the channel's loop.
final class HandshakeHold extends ChannelOutboundHandlerAdapter {
    /// An application that runs accepts within the time that TLS needs for its answer; looking more
    /// often than this makes nobody faster.
    private static final int LONGEST_PAUSE_MILLIS = 8;

    private final Acceptance acceptance;
    private final Duration limit;
    private final Waiter waiter;
    private @Nullable ChannelHandlerContext context;
    private @Nullable PendingWriteQueue held;

    /// Whose connection it is.
    interface Waiter {
        /// The application has it in its kernel's queue; said once, if at all.
        void waits();

        /// It has it, or nobody can tell: the handshake goes on.
        void accepted();

        /// It will not have it; what was held is still held.
        void givenUp(String why);
    }

    /// @param limit how long the application may take
    HandshakeHold(Acceptance acceptance, Duration limit, Waiter waiter) {
        this.acceptance = acceptance;
        this.limit = limit;
        this.waiter = waiter;
    }

    /// Looks at once, and again until it is known.
    ///
    /// @param reached the connection to the application
    void await(Channel reached) {
        look(reached, System.nanoTime() + limit.toNanos(), 1);
    }

    private void look(Channel reached, long deadline, int pause) {
        var ctx = context;
        if (held == null || ctx == null) {
            return;
        }
        var state =
                reached.remoteAddress() instanceof InetSocketAddress there
                                && reached.localAddress() instanceof InetSocketAddress here
                        ? acceptance.of(there, here)
                        : Acceptance.State.GONE;
        switch (state) {
            case ACCEPTED, UNKNOWN -> {
                waiter.accepted();
                release();
            }
            case GONE -> waiter.givenUp("closed before it was accepted");
            case WAITING -> {
                if (System.nanoTime() - deadline >= 0) {
                    waiter.givenUp("not accepted within " + limit.toMillis() + " ms");
                    return;
                }
                ctx.executor()
                        .schedule(
                                () ->
                                        look(
                                                reached,
                                                deadline,
                                                Math.min(2 * pause, LONGEST_PAUSE_MILLIS)),
                                pause,
                                TimeUnit.MILLISECONDS);
                if (pause == 1) {
                    waiter.waits();
                }
            }
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        held = new PendingWriteQueue(ctx);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (held == null) {
            ctx.write(message, promise);
        } else {
            held.add(message, promise);
        }
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        if (held == null) {
            ctx.flush();
        }
    }

    /// TLS gives up by itself; what it has to say goes out.
    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        release();
        ctx.close(promise);
    }

    private void release() {
        var ctx = context;
        var queue = held;
        if (ctx != null && queue != null) {
            held = null;
            queue.removeAndWriteAll();
            ctx.flush();
            ctx.pipeline().remove(this);
        }
    }

    /// An alert, still in the clear, in the place of what was held; then the end.
    void refuse() {
        var ctx = context;
        var queue = held;
        if (ctx != null && queue != null) {
            held = null;
            HelloGate.alert(ctx, HelloGate.INTERNAL_ERROR);
            // last: TLS closes the channel when what it wrote has failed
            queue.removeAndFailAll(new ClosedChannelException());
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (held != null) {
            held.removeAndFailAll(new ClosedChannelException());
            held = null;
        }
    }
}
