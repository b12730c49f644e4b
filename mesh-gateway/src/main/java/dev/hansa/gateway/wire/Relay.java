package dev.hansa.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Moves bytes between two channels on the same event loop, both ways, until both have ended: a
/// reader that is faster than the other side's socket is stopped, FIN is passed on as FIN, RST as
/// RST. After it is in place no byte is looked at.
///
/// Where one side is TLS, an end of one direction cannot be passed on alone: BoringSSL's end of
/// Netty closes both directions at the other side's close_notify. So a FIN from the plain side is
/// followed by a close_notify only when the TLS side has been quiet for a while ([#UNANSWERED] or
/// [#ANSWERED]), and a close_notify ends both. A FIN without a close_notify is a truncation, and is
/// passed on as a reset.
public final class Relay implements Carriage {
    /// The plain side has ended with the last word its own: an answer is being computed, or it was
    /// a goodbye of its own protocol (HTTP/2 has one). Each such connection holds its place for
    /// this long.
    static final Duration UNANSWERED = Duration.ofSeconds(3);

    /// The plain side has ended after an answer. A client that closes a connection that it has used
    /// ends here, so this is what each costs; a stream that goes on may not pause for longer.
    static final Duration ANSWERED = Duration.ofSeconds(1);

    /// How long to wait for the other end's close_notify after our own; leaving before it comes
    /// would reset the other end. One round trip to the other datacenter, generously.
    public static final Duration GOODBYE = Duration.ofSeconds(1);

    private final Side a;
    private final Side b;
    private final Consumer<End> ended;

    /// Two at most: one for an idle connection, one after a side has ended.
    private final List<ScheduledFuture<?>> timers = new ArrayList<>(2);

    private @Nullable Side lastWord;
    private @Nullable End end;
    private boolean told;
    private long moved;
    private long answered;

    /// How it came to its end.
    public enum End {
        FINISHED,
        RESET,
        IDLE;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private Relay(Channel a, Channel b, Consumer<End> ended) {
        this.a = new Side(a);
        this.b = new Side(b);
        this.ended = ended;
    }

    /// Joins two channels whose reading is stopped; bytes that `a` has sent before go to `b` first.
    ///
    /// @param early handed over; may be empty
    /// @param idle without a byte for this long, at most for twice as long, both are reset
    /// @param ended called once on the loop when both channels are closed
    /// @return for whoever has to know how it stands
    public static Relay join(
            Channel a, ByteBuf early, Channel b, Duration idle, Consumer<End> ended) {
        var relay = new Relay(a, b, ended);
        a.pipeline().addLast(relay.a);
        b.pipeline().addLast(relay.b);
        if (early.isReadable()) {
            relay.a.move(early);
            b.flush();
        } else {
            early.release();
        }
        a.closeFuture().addListener(_ -> relay.gone());
        b.closeFuture().addListener(_ -> relay.gone());
        if (!a.isActive() || !b.isActive()) {
            relay.end(End.RESET);
        }
        if (relay.end == null) {
            relay.watchIdle(idle);
            a.config().setAutoRead(b.isWritable());
            b.config().setAutoRead(a.isWritable());
        }
        return relay;
    }

    /// Bytes that `b` has said.
    @Override
    public long answered() {
        return answered;
    }

    @Override
    public long said() {
        return moved - answered;
    }

    /// Whether `a` has had the last word, and nothing has ended.
    @Override
    public boolean waits() {
        return lastWord == a && end == null;
    }

    private void gone() {
        if (!told && !a.channel.isOpen() && !b.channel.isOpen()) {
            told = true;
            // or each connection would be kept for as long as one may be idle
            timers.forEach(timer -> timer.cancel(false));
            ended.accept(end == null ? End.RESET : end);
        }
    }

    private Side other(Side side) {
        return side == a ? b : a;
    }

    private void watchIdle(Duration idle) {
        after(
                idle,
                moved,
                () -> {
                    if (end == null) {
                        end(End.IDLE);
                    } else {
                        // it has ended, but one side does not take what is left for it
                        a.reset();
                        b.reset();
                    }
                });
    }

    /// Runs `then` when no byte has moved for `quiet`, unless both are closed by then.
    private void after(Duration quiet, long seen, Runnable then) {
        timers.removeIf(Future::isDone);
        timers.add(
                a.channel
                        .eventLoop()
                        .schedule(
                                () -> {
                                    if (told) {
                                        return;
                                    }
                                    if (moved == seen) {
                                        then.run();
                                    } else {
                                        after(quiet, moved, then);
                                    }
                                },
                                quiet.toMillis(),
                                TimeUnit.MILLISECONDS));
    }

    /// One direction has ended in an orderly way.
    private void finished(Side from) {
        from.done = true;
        var to = other(from);
        if (to.done || from.secured) {
            end(End.FINISHED);
        } else if (to.secured) {
            after(lastWord == from ? UNANSWERED : ANSWERED, moved, () -> end(End.FINISHED));
        } else {
            to.channel
                    .writeAndFlush(Unpooled.EMPTY_BUFFER)
                    .addListener(_ -> ((DuplexChannel) to.channel).shutdownOutput());
        }
    }

    private void end(End how) {
        if (end != null) {
            return;
        }
        end = how;
        switch (how) {
            case FINISHED -> {
                a.close();
                b.close();
            }
            case RESET, IDLE -> {
                a.reset();
                b.reset();
            }
        }
    }

    private final class Side extends ChannelInboundHandlerAdapter {
        private final Channel channel;
        private final boolean secured;
        private final ChannelFutureListener failed =
                written -> {
                    if (!written.isSuccess()) {
                        end(End.RESET);
                    }
                };
        private boolean done;

        Side(Channel channel) {
            this.channel = channel;
            this.secured = channel.pipeline().get(SslHandler.class) != null;
        }

        void move(ByteBuf bytes) {
            moved += bytes.readableBytes();
            if (this == b) {
                answered += bytes.readableBytes();
            }
            lastWord = this;
            var to = other(this);
            to.channel.write(bytes).addListener(to.failed);
        }

        /// After the last byte is out.
        void close() {
            if (channel.isOpen()) {
                // what comes until the other end has closed too is read and dropped
                channel.config().setAutoRead(true);
                channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(ChannelFutureListener.CLOSE);
            }
        }

        /// Past TLS: its goodbye would make an orderly end of this.
        void reset() {
            if (channel.isOpen()) {
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
                channel.unsafe().close(channel.voidPromise());
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!(message instanceof ByteBuf bytes) || end != null) {
                ReferenceCountUtil.release(message);
                return;
            }
            move(bytes);
            if (!other(this).channel.isWritable()) {
                channel.config().setAutoRead(false);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            other(this).channel.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (end != null) {
                return;
            }
            other(this).channel.config().setAutoRead(channel.isWritable());
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslCloseCompletionEvent goodbye) {
                if (goodbye.isSuccess() && !done) {
                    finished(this);
                }
            } else if (event instanceof ChannelInputShutdownReadComplete && !done) {
                if (secured) {
                    end(End.RESET);
                } else {
                    finished(this);
                }
            }
        }

        /// Ours to close in an orderly end; whoever closes otherwise has been reset.
        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            end(End.RESET);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            end(End.RESET);
        }
    }
}
