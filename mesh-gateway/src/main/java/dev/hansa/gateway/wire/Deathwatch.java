package dev.hansa.gateway.wire;

import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Ends connections that stand to an endpoint which is known dead, so that clients connect anew
/// instead of waiting for their own timeouts. The rule:
///
/// 1. A first sign: an attempt to connect got no answer, or a snapshot no longer calls the endpoint
///    healthy or no longer names it.
/// 2. Then it is knocked at, by bare TCP connects one after another. It is dead when [#KNOCKS] in a
///    row get no answer at all, each within its head start and at least [#PATIENCE]. Accepted is
///    alive, and so is refused: a process that drains has closed its port while its connections go
///    on, and where a process is gone its kernel ends them itself.
///
///    A kernel accepts for a process that is stopped too. So where the server does not call the
///    endpoint healthy any more, and a connect is accepted, it is greeted there with what no TLS
///    server takes for a hello ([#GREETING] each). It is dead as well when [#KNOCKS] in a row get
///    no answer. Whatever comes back is alive, an end most of all: a sidecar gives that by itself,
///    where a handshake would ask its application too, which may only be busy. So is an endpoint
///    that the server calls healthy again.
/// 3. When it is dead, a connection is reset if its caller has said something that has not been
///    answered, and nothing at all has come back since the first sign. The others are looked at
///    again after each further knock, as long as there are any, until one is answered.
///
/// Safe for all event loops.
public final class Deathwatch {
    /// One lost packet is no death: TCP itself would try again after a second only.
    static final int KNOCKS = 3;

    /// A machine that is alive answers a connect from its kernel, however busy it is.
    static final Duration PATIENCE = Duration.ofMillis(100);

    /// From an accepted connect to whatever comes back: a process that runs, on whatever machine,
    /// answers one of three in this time. Longer than stalls of a busy machine last.
    static final Duration GREETING = Duration.ofSeconds(1);

    /// A TLS alert, `close_notify`: whoever waits for a hello has none, and ends the connection.
    private static final byte[] GOODBYE = {21, 3, 3, 0, 2, 1, 0};

    /// Between knocks at a dead endpoint that connections still stand to.
    static final Duration PAUSE = Duration.ofMillis(250);

    private final Transport transport;
    private final PassiveHealth seen;
    private final boolean greets;
    private final Map<Way, Set<Standing>> standing = new ConcurrentHashMap<>();
    private final Map<Way, Vigil> vigils = new ConcurrentHashMap<>();
    private volatile Map<Way, Boolean> listed = Map.of();

    /// @param seen for how long an endpoint may take to answer
    /// @param greets whether endpoints are greeted too
    public Deathwatch(Transport transport, PassiveHealth seen, boolean greets) {
        this.transport = transport;
        this.seen = seen;
        this.greets = greets;
    }

    /// Watches a connection until it ends.
    ///
    /// @param channel of its caller; everything is on its loop
    /// @param end resets it, for the reason given
    public void watch(Way way, Channel channel, Carriage carriage, Consumer<String> end) {
        var unwatch = watch(way, channel.eventLoop(), carriage, end);
        channel.closeFuture().addListener(_ -> unwatch.run());
    }

    /// The same until the answer is run.
    Runnable watch(Way way, EventLoop loop, Carriage carriage, Consumer<String> end) {
        var connection = new Standing(way, loop, carriage, end);
        standing.compute(
                way,
                (_, known) -> {
                    var all = known == null ? ConcurrentHashMap.<Standing>newKeySet() : known;
                    all.add(connection);
                    return all;
                });
        return connection;
    }

    /// A connection; run, it is watched no longer. It may stand for weeks: nothing is kept here of
    /// the snapshot that it began with.
    private final class Standing implements Runnable {
        private final Way way;
        private final EventLoop loop;
        private final Carriage carriage;
        private final Consumer<String> end;
        private long answeredBefore;

        Standing(Way way, EventLoop loop, Carriage carriage, Consumer<String> end) {
            this.way = way;
            this.loop = loop;
            this.carriage = carriage;
            this.end = end;
        }

        @Override
        public void run() {
            standing.computeIfPresent(
                    way,
                    (_, known) -> {
                        known.remove(this);
                        return known.isEmpty() ? null : known;
                    });
        }

        void mark() {
            answeredBefore = carriage.answered();
        }

        void endIfItWaits(String why) {
            if (carriage.waits() && carriage.answered() == answeredBefore) {
                end.accept(why);
            }
        }
    }

    /// Something was seen of a way.
    public void sign(Way way, Sign sign) {
        switch (sign) {
            case UNREACHED -> doubt(way);
            case REFUSED, CLOSED, REJECTED, SILENT -> {
                // it has answered, in its way
            }
        }
    }

    /// A snapshot was taken.
    ///
    /// @param now every way that it names, and whether it calls it healthy
    public synchronized void taken(Map<Way, Boolean> now) {
        var before = listed;
        listed = new HashMap<>(now);
        for (var way : standing.keySet()) {
            if (before.getOrDefault(way, false) && !now.getOrDefault(way, false)) {
                doubt(way);
            }
        }
    }

    private void doubt(Way way) {
        if (!standing.containsKey(way)) {
            return;
        }
        var vigil = new Vigil(way, transport.loops().next());
        if (vigils.putIfAbsent(way, vigil) == null) {
            vigil.loop.execute(vigil::begin);
        }
    }

    /// What is done about one way after a first sign. On its loop.
    private final class Vigil {
        private final Way way;
        private final EventLoop loop;
        private int unanswered;

        Vigil(Way way, EventLoop loop) {
            this.way = way;
            this.loop = loop;
        }

        void begin() {
            for (var each : connections()) {
                each.loop.execute(each::mark);
            }
            knock();
        }

        private Set<Standing> connections() {
            return standing.getOrDefault(way, Set.of());
        }

        private void knock() {
            if (connections().isEmpty()) {
                vigils.remove(way);
                return;
            }
            var patience = Math.max(PATIENCE.toNanos(), seen.headStart(way, System.nanoTime()));
            var ear = new Ear();
            transport.connect(
                    loop,
                    way.address(),
                    Duration.ofNanos(patience),
                    ear,
                    (channel, failure) -> {
                        if (failure == null) {
                            accepted(channel, ear);
                        } else if (Transport.sign(failure) == Sign.UNREACHED) {
                            unanswered("connects");
                        } else {
                            vigils.remove(way);
                        }
                    });
        }

        private void accepted(Channel channel, Ear ear) {
            if (!greets || isHealthy()) {
                channel.close();
                vigils.remove(way);
                return;
            }
            var limit =
                    loop.schedule(
                            () -> greeted(channel, ear, false),
                            GREETING.toMillis(),
                            TimeUnit.MILLISECONDS);
            ear.listen(() -> {
                limit.cancel(false);
                greeted(channel, ear, true);
            });
            channel.config().setAutoRead(true);
            channel.writeAndFlush(Unpooled.wrappedBuffer(GOODBYE));
        }

        private boolean isHealthy() {
            return listed.getOrDefault(way, false);
        }

        private void greeted(Channel channel, Ear ear, boolean answered) {
            ear.listen(() -> {});
            channel.close();
            if (answered || isHealthy()) {
                vigils.remove(way);
            } else {
                unanswered("greetings");
            }
        }

        /// @param what has been tried
        private void unanswered(String what) {
            if (++unanswered < KNOCKS) {
                knock();
                return;
            }
            var why =
                    "endpoint "
                            + way
                            + " is dead: "
                            + unanswered
                            + " "
                            + what
                            + " in a row got no answer, and neither did this connection";
            for (var each : connections()) {
                each.loop.execute(() -> each.endIfItWaits(why));
            }
            loop.schedule(this::knock, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /// Tells once whatever comes from the other end, its end too.
    private static final class Ear extends ChannelInboundHandlerAdapter {
        private Runnable heard = () -> {};

        void listen(Runnable next) {
            heard = next;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
            heard.run();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                heard.run();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            heard.run();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            heard.run();
        }
    }
}
