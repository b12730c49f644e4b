package dev.hansa.gateway.wire;

import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.ServerName;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundInvoker;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The first handler of a TLS connection that may not be ours to end: holds its first bytes until
/// they tell a name, then stops reading and asks [Decision] what to do with both. Bounds what a
/// stranger can make us hold, and for how long.
public final class HelloGate extends ChannelInboundHandlerAdapter {
    /// Long enough for a client on a slow link; short enough that idle sockets cannot pile up.
    public static final Duration HELLO_TIMEOUT = Duration.ofSeconds(10);

    /// RFC 8446 section 6: what we say to a hello that we do not serve.
    static final int UNRECOGNIZED_NAME = 112;

    static final int DECODE_ERROR = 50;
    public static final int INTERNAL_ERROR = 80;

    /// Bytes of an alert's record.
    static final int ALERT = 7;

    private final Decision decision;
    private final SniPeek peek = new SniPeek();
    private ByteBuf held = Unpooled.EMPTY_BUFFER;
    private int wanted = 1;
    private boolean decided;
    private @Nullable ScheduledFuture<?> deadline;

    public HelloGate(Decision decision) {
        this.decision = decision;
    }

    /// What is done with a connection once its name is known, or known not to come.
    public interface Decision {
        /// Takes over; reading is stopped. `hello` holds every byte read so far and now belongs to
        /// the receiver.
        void named(ChannelHandlerContext ctx, ServerName name, ByteBuf hello);

        /// It has said something, and not all of its hello.
        default void begun() {}

        /// Nothing more is done with it: the gate has answered and closes.
        void refused(Refusal reason);

        /// The same before the hello.
        ///
        /// @param why expected and found
        default void unfit(Refusal reason, String why) {
            refused(reason);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            begin(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        begin(ctx);
        ctx.fireChannelActive();
    }

    private void begin(ChannelHandlerContext ctx) {
        deadline =
                ctx.executor()
                        .schedule(
                                () -> refuse(ctx, Refusal.HELLO_TIMEOUT),
                                HELLO_TIMEOUT.toMillis(),
                                TimeUnit.MILLISECONDS);
        ctx.channel().config().setAutoRead(true);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (decided || !(message instanceof ByteBuf bytes)) {
            ReferenceCountUtil.release(message);
            return;
        }
        var first = !held.isReadable();
        held = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), held, bytes);
        look(ctx);
        if (first && !decided) {
            decision.begun();
        }
    }

    private void look(ChannelHandlerContext ctx) {
        if (held.readableBytes() < wanted) {
            return;
        }
        switch (peek.next(held)) {
            case SniPeek.NeedMore(var bytesWanted) -> wanted = bytesWanted;
            case SniPeek.Refused(var reason) -> refuse(ctx, reason);
            case SniPeek.Name(var name) -> {
                settled(ctx);
                var hello = held;
                held = Unpooled.EMPTY_BUFFER;
                decision.named(ctx, name, hello);
            }
        }
    }

    private void settled(ChannelHandlerContext ctx) {
        decided = true;
        if (deadline != null) {
            deadline.cancel(false);
        }
        ctx.channel().config().setAutoRead(false);
    }

    private void refuse(ChannelHandlerContext ctx, Refusal reason) {
        if (decided) {
            return;
        }
        settled(ctx);
        decision.refused(reason);
        alertFor(reason).ifPresentOrElse(description -> alert(ctx, description), ctx::close);
    }

    /// What is recorded of a hello that was no name's.
    static String sentence(Refusal reason) {
        return reason == Refusal.GAVE_WAY
                ? "it had not said what it wants when there were too many of those"
                : "no name could be read: " + reason.word();
    }

    /// The alert that is due; empty: the connection is closed without a word.
    static OptionalInt alertFor(Refusal reason) {
        return switch (reason) {
            case NOT_TLS,
                    CLOSED_EARLY,
                    HELLO_TIMEOUT,
                    GAVE_WAY,
                    BAD_PROXY_HEADER,
                    TOO_MANY_OF_ONE_SOURCE,
                    TOO_MANY_OF_ONE_SOURCE_AT_ONCE ->
                    OptionalInt.empty();
            case NO_SERVER_NAME, BAD_SERVER_NAME -> OptionalInt.of(UNRECOGNIZED_NAME);
            default -> OptionalInt.of(DECODE_ERROR);
        };
    }

    /// Answers with a fatal alert in the clear, as it must be before keys exist, and closes when
    /// the caller does, a second later at most. Handlers that come after a context, TLS for
    /// instance, are passed over.
    public static void alert(ChannelOutboundInvoker to, int description) {
        to.writeAndFlush(Unpooled.wrappedBuffer(alert(description)))
                .addListener((ChannelFutureListener) written -> Parting.begin(written.channel()));
    }

    /// The record, [#ALERT] bytes.
    static byte[] alert(int description) {
        return new byte[] {21, 3, 3, 0, 2, 2, (byte) description};
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownReadComplete && !decided) {
            refuse(ctx, Refusal.CLOSED_EARLY);
            return;
        }
        if (event instanceof ProxyHeaderGate.Unfit(var reason, var why) && !decided) {
            settled(ctx);
            decision.unfit(reason, why);
            ctx.close();
            return;
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (!decided) {
            settled(ctx);
            decision.refused(Refusal.CLOSED_EARLY);
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!decided) {
            settled(ctx);
            decision.refused(Refusal.CLOSED_EARLY);
        }
        ctx.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        held.release();
        held = Unpooled.EMPTY_BUFFER;
    }
}
