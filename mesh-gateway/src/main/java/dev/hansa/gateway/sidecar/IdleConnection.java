package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.gateway.wire.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One connection to the application on which nothing is said. A kernel ends it when the process
/// dies, however it dies; so does an application that tires of it, which is why its end is a hint
/// and no more. It is opened again after a pause that doubles while it does not last.
final class IdleConnection implements AutoCloseable {
    /// Loopback, as a rule.
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(1);

    /// Servers close connections without a request after 5 s and more; what ends sooner was not
    /// wanted.
    private static final Duration LASTS = Duration.ofSeconds(4);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /// An application that falls silent as soon as the connection is there may be one that serves
    /// one connection at a time, and waits for this one to speak.
    private static final Duration SUSPECT = Duration.ofSeconds(2);

    private static final Duration FIRST_PENANCE = Duration.ofSeconds(10);
    private static final Duration LONGEST_PENANCE = Duration.ofHours(1);

    /// A greeting; whoever says more is not waiting for us.
    private static final int MOST_HEARD = 64 * 1024;

    private final Endpoint application;
    private final Transport transport;
    private final EventLoop loop;
    private final Runnable ended;
    private volatile boolean standing;
    private volatile boolean closed;
    private volatile long notBefore = System.nanoTime();

    /// Of the loop.
    private @Nullable Channel channel;

    private long since;
    private Duration pause = FIRST_PAUSE;
    private Duration penance = FIRST_PENANCE;

    /// @param ended called on a loop when the application has ended it
    IdleConnection(Endpoint application, Transport transport, Runnable ended) {
        this.application = application;
        this.transport = transport;
        this.loop = transport.loops().next();
        this.ended = ended;
    }

    /// The application is well: there should be a connection. One thread calls this.
    void keep() {
        if (!standing && !closed && System.nanoTime() - notBefore >= 0) {
            standing = true;
            transport.connect(
                    loop,
                    application,
                    CONNECT_LIMIT,
                    new Ears(),
                    (reached, failure) -> {
                        since = System.nanoTime();
                        if (failure != null) {
                            over(false);
                            return;
                        }
                        channel = reached;
                        reached.config().setAutoRead(true);
                        if (closed) {
                            reached.close();
                        }
                    });
        }
    }

    /// The application does not answer: what it may be waiting for must not be us.
    void letGo() {
        if (standing) {
            loop.execute(() -> {
                var present = channel;
                if (present == null) {
                    return;
                }
                channel = null;
                if (System.nanoTime() - since < SUSPECT.toNanos()) {
                    notBefore = System.nanoTime() + penance.toNanos();
                    penance = shorter(penance.multipliedBy(8), LONGEST_PENANCE);
                } else {
                    notBefore = System.nanoTime();
                    penance = FIRST_PENANCE;
                }
                standing = false;
                present.close();
            });
        }
    }

    /// Whether there is one: until then what ends it is a connect that failed. On its loop.
    boolean isThere() {
        return channel != null;
    }

    /// @param told whether the end says something of the application
    private void over(boolean told) {
        var lived = System.nanoTime() - since;
        channel = null;
        if (told && lived >= LASTS.toNanos()) {
            pause = FIRST_PAUSE;
        } else {
            pause = shorter(pause.multipliedBy(2), LONGEST_PAUSE);
        }
        notBefore = System.nanoTime() + pause.toNanos();
        standing = false;
        if (told && !closed) {
            ended.run();
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    @Override
    public void close() {
        closed = true;
        loop.execute(() -> {
            if (channel != null) {
                channel.close();
            }
        });
    }

    /// Listens for the end, and to nothing else.
    private final class Ears extends ChannelDuplexHandler {
        private int heard;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof ByteBuf bytes) {
                heard += bytes.readableBytes();
            }
            ReferenceCountUtil.release(message);
            if (heard > MOST_HEARD) {
                ctx.close();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                ctx.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            // what was let go has been settled, and another may stand
            if (channel == ctx.channel()) {
                over(heard <= MOST_HEARD);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
