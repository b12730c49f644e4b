package dev.hansa.gateway.wire;

import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.TracedWay;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import dev.hansa.gateway.route.RaceAllowance;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.RouteDecision;
import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.route.SniRouter;
import dev.hansa.gateway.telemetry.ByteCounts;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// The gateway's listener: peek, decide, connect, hand over. It ends no TLS and looks at no byte
/// after the hello.
public final class SniGateway {
    /// One attempt at one endpoint, when no other answers before.
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

    /// No attempt starts after this; a caller's sidecar waits no longer.
    private static final Duration ALL_ATTEMPTS = Duration.ofSeconds(12);

    private final Transport transport;
    private final SniRouter router;
    private final PassiveHealth seen;
    private final Deathwatch deathwatch;
    private final RaceAllowance allowance = new RaceAllowance();
    private final Duration idleTimeout;
    private final Clock clock;
    private final Consumer<GatewayEvent> events;
    private final LongConsumer bytesIn;
    private final LongConsumer bytesOut;
    private final Function<SniRoute, ByteCounts> routed;
    private final AtomicInteger open = new AtomicInteger();

    /// @param seen what this gateway has seen of the endpoints; the router's too
    /// @param routed the counts of what a route has carried; called once for each connection
    public SniGateway(
            Transport transport,
            SniRouter router,
            PassiveHealth seen,
            Duration idleTimeout,
            Clock clock,
            Consumer<GatewayEvent> events,
            LongConsumer bytesIn,
            LongConsumer bytesOut,
            Function<SniRoute, ByteCounts> routed) {
        this.transport = transport;
        this.router = router;
        this.seen = seen;
        this.deathwatch = new Deathwatch(transport, seen);
        this.idleTimeout = idleTimeout;
        this.clock = clock;
        this.events = events;
        this.bytesIn = bytesIn;
        this.bytesOut = bytesOut;
        this.routed = routed;
    }

    /// Takes a changed table into account. Call it after each change.
    ///
    /// @param listed every endpoint, and whether the server calls it healthy
    public void review(Map<Way, Boolean> listed) {
        seen.taken(listed);
        deathwatch.taken(listed);
    }

    /// Tries each endpoint of a name once.
    ///
    /// @throws IllegalArgumentException when the name is not served here
    public void trace(String name, Consumer<List<TracedWay>> done) {
        var route = router.find(new ServerName(name));
        if (route.isEmpty()) {
            throw new IllegalArgumentException("name '" + name + "' is not served here");
        }
        new NameTrace(transport, route.get().endpoints(), done).start();
    }

    /// How many connections are open; for draining.
    public int open() {
        return open.get();
    }

    /// Takes a new connection on its loop.
    public void accept(Channel channel) {
        var connection = new Connection(channel);
        open.incrementAndGet();
        channel.pipeline().addLast(connection.downstreamBytes, new HelloGate(connection));
        events.accept(new GatewayEvent.ConnectionOpened("gateway"));
        channel.closeFuture()
                .addListener(_ -> {
                    open.decrementAndGet();
                    if (!connection.carried) {
                        connection.abandon();
                        connection.refuse(
                                Refusal.CLOSED_EARLY, "the caller closed before it was carried");
                        connection.record();
                    }
                });
    }

    /// One endpoint, for one connection.
    private final class Endeavour implements Race.Runner<Reached> {
        private final EventLoop loop;
        private final TargetEndpoint endpoint;

        Endeavour(EventLoop loop, TargetEndpoint endpoint) {
            this.loop = loop;
            this.endpoint = endpoint;
        }

        @Override
        public Way way() {
            return SniRouter.way(endpoint);
        }

        @Override
        public int rank() {
            return 0;
        }

        @Override
        public Race.Attempt start(Duration limit, Race.Finish<Reached> finish) {
            var counted = new WireBytes(bytesIn, bytesOut);
            var connecting =
                    transport.connect(
                            loop,
                            endpoint.address(),
                            limit,
                            counted,
                            (channel, failure) -> {
                                if (failure == null) {
                                    finish.reached(new Reached(channel, counted));
                                } else {
                                    finish.failed(
                                            Optional.of(Transport.sign(failure)),
                                            String.valueOf(failure.getMessage()));
                                }
                            });
            return new Race.Attempt() {
                @Override
                public void callOff() {
                    connecting.callOff();
                }

                @Override
                public Sign silence() {
                    return Sign.UNREACHED;
                }
            };
        }

        @Override
        public void discard(Reached result) {
            result.channel().close();
        }
    }

    private record Reached(Channel channel, WireBytes bytes) {}

    private final class Connection implements HelloGate.Decision, Race.Course<Reached> {
        private final Channel channel;
        private final Instant began = clock.instant();
        private final long beganNanos = System.nanoTime();
        private final WireBytes downstreamBytes = new WireBytes(bytesIn, bytesOut);
        private final StringBuilder failures = new StringBuilder();
        private WireBytes upstreamBytes = new WireBytes(_ -> {}, _ -> {});
        private ByteBuf held = Unpooled.EMPTY_BUFFER;
        private @Nullable Race<Reached> race;
        private String name = "";
        private @Nullable SniRoute route;
        private boolean carried;
        private String upstreamAddress = "";
        private String refusal = "";
        private String sentence = "";
        private String end = "";

        Connection(Channel channel) {
            this.channel = channel;
        }

        void refuse(Refusal reason, String why) {
            if (refusal.isEmpty()) {
                refusal = reason.word();
                sentence = why;
            }
        }

        @Override
        public void refused(Refusal reason) {
            refuse(reason, "no name could be read: " + reason.word());
        }

        @Override
        public void named(ChannelHandlerContext ctx, ServerName asked, ByteBuf hello) {
            name = asked.value();
            switch (router.decide(asked)) {
                case RouteDecision.Forward(var found, var endpoints) -> {
                    route = found;
                    held = hello;
                    race =
                            new Race<>(
                                    channel.eventLoop(),
                                    seen,
                                    allowance,
                                    endpoints.stream()
                                            .map(endpoint ->
                                                    new Endeavour(channel.eventLoop(), endpoint))
                                            .toList(),
                                    CONNECT_TIMEOUT,
                                    ALL_ATTEMPTS,
                                    this);
                    race.start();
                }
                case RouteDecision.Refuse(var reason, var why) -> {
                    hello.release();
                    refuse(reason, why);
                    HelloGate.alert(
                            ctx,
                            reason == Refusal.NOT_SERVED
                                    ? HelloGate.UNRECOGNIZED_NAME
                                    : HelloGate.INTERNAL_ERROR);
                }
            }
        }

        /// The caller has gone before it was carried.
        void abandon() {
            if (race != null) {
                race.abandon();
            }
            hello().release();
        }

        /// What the caller has said so far; whoever takes it sends or releases it.
        private ByteBuf hello() {
            var taken = held;
            held = Unpooled.EMPTY_BUFFER;
            return taken;
        }

        @Override
        public void began() {
            events.accept(new GatewayEvent.RaceBegan("gateway", "", ""));
        }

        @Override
        public void failed(Race.Runner<Reached> runner, String why) {
            failures.append(' ').append(runner.way()).append(": ").append(why).append(';');
        }

        @Override
        public void seen(Way way, Sign sign) {
            deathwatch.sign(way, sign);
        }

        @Override
        public void lost() {
            hello().release();
            refuse(
                    Refusal.UPSTREAM_FAILED,
                    "no endpoint of '" + name + "' could be reached:" + failures);
            HelloGate.alert(channel, HelloGate.INTERNAL_ERROR);
        }

        @Override
        public void won(Race.Runner<Reached> winner, Reached reached, boolean overtaken) {
            if (overtaken) {
                events.accept(new GatewayEvent.RaceOvertaken("gateway", "", ""));
            }
            if (!channel.isActive()) {
                winner.discard(reached);
                return;
            }
            carried = true;
            upstreamBytes = reached.bytes();
            upstreamAddress = winner.way().address().toString();
            downstreamBytes.alsoTo(routed.apply(Objects.requireNonNull(route)));
            channel.pipeline().remove(HelloGate.class);
            deathwatch.watch(
                    winner.way(),
                    channel,
                    Relay.join(
                            channel,
                            hello(),
                            reached.channel(),
                            idleTimeout,
                            how -> {
                                end = how.word();
                                record();
                            }),
                    this::cut);
        }

        private void cut(String why) {
            refuse(Refusal.ENDPOINT_DEAD, why);
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }

        private void record() {
            var found = route;
            events.accept(
                    new GatewayEvent.ConnectionEnded(
                            new ConnectionRecord(
                                    began,
                                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos),
                                    "gateway",
                                    "",
                                    name,
                                    found == null ? "" : found.purpose(),
                                    found == null ? "" : found.peer(),
                                    text(channel),
                                    upstreamAddress,
                                    downstreamBytes.in(),
                                    downstreamBytes.out(),
                                    upstreamBytes.in(),
                                    upstreamBytes.out(),
                                    end,
                                    refusal,
                                    sentence)));
        }
    }

    /// The other end of a channel as `host:port`.
    public static String text(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress() + ":" + address.getPort()
                : "";
    }
}
