package dev.hansa.gateway.wire;

import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.Refusal;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.util.AttributeKey;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Who is let in at a set of listeners. Beyond a limit a new connection is reset as it is accepted,
/// before it costs a buffer or a log line; those that stand are left alone, but for one that is not
/// decided yet, which goes when there are too many of its kind.
public final class Admission {
    /// A descriptor that comes free is used within this; an accept that fails four times a second
    /// costs nothing. The kernel's queue keeps the callers meanwhile.
    static final Duration ACCEPT_AGAIN = Duration.ofMillis(250);

    /// As many find 200 ms for their hello, from afar, at 1,000 newcomers a second.
    private static final int LEAST_HALF_OPEN = 256;

    private static final AttributeKey<Entry> ENTRY = AttributeKey.valueOf(Admission.class, "entry");

    private final String listener;
    private final int connections;
    private final Rate rate;
    private final HalfOpen halfOpen;
    private final BooleanSupplier memoryShort;
    private final Consumer<GatewayEvent> events;
    private final AtomicInteger open = new AtomicInteger();

    /// @param connections open at most
    /// @param perSecond new ones at most, and as many at once
    /// @param nanoTime [System#nanoTime], or a test's
    public Admission(
            String listener,
            int connections,
            int perSecond,
            BooleanSupplier memoryShort,
            LongSupplier nanoTime,
            Consumer<GatewayEvent> events) {
        this(listener, connections, perSecond, connections, memoryShort, nanoTime, events);
    }

    /// @param halfOpen of these at most are not decided yet
    private Admission(
            String listener,
            int connections,
            int perSecond,
            int halfOpen,
            BooleanSupplier memoryShort,
            LongSupplier nanoTime,
            Consumer<GatewayEvent> events) {
        this.listener = listener;
        this.connections = connections;
        this.rate = new Rate(perSecond, nanoTime);
        this.halfOpen = new HalfOpen(halfOpen);
        this.memoryShort = memoryShort;
        this.events = events;
    }

    /// Lets everybody in.
    public static Admission unlimited(String listener, Consumer<GatewayEvent> events) {
        return undecided(listener, Integer.MAX_VALUE, events);
    }

    /// How many may be undecided where so many may be connected: a quarter, so that they are no
    /// reason to refuse the others, and enough that a small proxy takes a burst of callers.
    public static int halfOpen(int connections) {
        return Math.max(connections / 4, LEAST_HALF_OPEN);
    }

    /// Lets everybody in; whoever has been undecided for longest goes for them.
    ///
    /// @param halfOpen that are not decided yet, at most
    public static Admission undecided(
            String listener, int halfOpen, Consumer<GatewayEvent> events) {
        return new Admission(
                listener,
                Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                halfOpen,
                () -> false,
                System::nanoTime,
                events);
    }

    /// What is refused for another reason uses no allowance up: a flood must not lengthen itself.
    private Optional<Refusal> objection(BooleanSupplier makeRoom) {
        if (memoryShort.getAsBoolean()) {
            return Optional.of(Refusal.MEMORY_SHORT);
        }
        if (open.get() >= connections && !makeRoom.getAsBoolean()) {
            return Optional.of(Refusal.TOO_MANY_CONNECTIONS);
        }
        return rate.tryTake() ? Optional.empty() : Optional.of(Refusal.TOO_MANY_AT_ONCE);
    }

    /// A new connection is there; what is let in is told of with [#left] when it has gone.
    ///
    /// @return false: it has to be reset
    boolean admits() {
        return admits(() -> false);
    }

    /// The same where somebody else may have to go for it.
    ///
    /// @param makeRoom asked when all places are taken; whether one that has one goes, soon
    boolean admits(BooleanSupplier makeRoom) {
        var refusal = objection(makeRoom);
        if (refusal.isPresent()) {
            events.accept(new GatewayEvent.NotAdmitted(listener, refusal.get()));
            return false;
        }
        open.incrementAndGet();
        return true;
    }

    void left() {
        open.decrementAndGet();
    }

    /// What a connection of a channel was let in with.
    public static Entry entry(Channel channel) {
        return Objects.requireNonNull(
                channel.attr(ENTRY).get(), "expected a channel of a listener's");
    }

    /// A connection that was let in. On its loop only.
    public final class Entry {
        private HalfOpen.@Nullable Waiting waiting;

        private Entry() {}

        /// It has to say what it wants, and may have to go before it has.
        ///
        /// @param goes closes it, soon, unless it is decided; called on any thread, must not wait
        public void waits(Runnable goes) {
            var one = new HalfOpen.Waiting(goes);
            waiting = one;
            halfOpen.enter(one);
        }

        /// It has, or is gone: it need not give way any more.
        public void decided() {
            var one = waiting;
            if (one != null) {
                waiting = null;
                halfOpen.leave(one);
            }
        }
    }

    void acceptFailed(Throwable cause) {
        events.accept(new GatewayEvent.AcceptFailed(listener, String.valueOf(cause)));
    }

    /// The first handler of a listening socket; one for each.
    ChannelHandler door() {
        return new Door();
    }

    private final class Door extends ChannelInboundHandlerAdapter {
        /// What a listening socket reads are connections.
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object accepted) {
            if (!(accepted instanceof Channel connection)) {
                ctx.fireChannelRead(accepted);
                return;
            }
            if (!admits()) {
                // a reset leaves nothing behind: no TIME_WAIT of ours, no wait of theirs
                connection.config().setOption(ChannelOption.SO_LINGER, 0);
                connection.unsafe().closeForcibly();
                return;
            }
            var entry = new Entry();
            connection.attr(ENTRY).set(entry);
            connection
                    .closeFuture()
                    .addListener(_ -> {
                        entry.decided();
                        left();
                    });
            ctx.fireChannelRead(accepted);
        }

        /// Out of descriptors, most of all. The socket stays readable, so without a pause the loop
        /// would do nothing but fail.
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!(cause instanceof IOException)) {
                ctx.fireExceptionCaught(cause);
                return;
            }
            acceptFailed(cause);
            var config = ctx.channel().config();
            if (config.isAutoRead()) {
                config.setAutoRead(false);
                ctx.executor()
                        .schedule(
                                () -> config.setAutoRead(true),
                                ACCEPT_AGAIN.toMillis(),
                                TimeUnit.MILLISECONDS);
            }
        }
    }

    /// So many at once, and so many a second after that.
    private static final class Rate {
        private static final long SECOND = 1_000_000_000;

        private final int perSecond;
        private final LongSupplier nanoTime;
        private double left;
        private long at;

        Rate(int perSecond, LongSupplier nanoTime) {
            this.perSecond = perSecond;
            this.nanoTime = nanoTime;
            this.left = perSecond;
            this.at = nanoTime.getAsLong();
        }

        synchronized boolean tryTake() {
            var now = nanoTime.getAsLong();
            left = Math.min(perSecond, left + (double) (now - at) / SECOND * perSecond);
            at = now;
            if (left < 1) {
                return false;
            }
            left--;
            return true;
        }
    }
}
