package dev.hansa.gateway.wire;

import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.RouteDecision;
import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.route.SniRouter;
import dev.hansa.gateway.telemetry.ByteCounts;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// The gateway's listener: peek, decide, connect, hand over. It ends no TLS and looks at no byte
/// after the hello.
public final class SniGateway {
    /// One attempt at one endpoint; black holes are left after this.
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

    private final Transport transport;
    private final SniRouter router;
    private final Duration idleTimeout;
    private final Clock clock;
    private final Consumer<GatewayEvent> events;
    private final LongConsumer bytesIn;
    private final LongConsumer bytesOut;
    private final Function<SniRoute, ByteCounts> routed;
    private final AtomicInteger open = new AtomicInteger();

    /// @param routed the counts of what a route has carried; called once for each connection
    public SniGateway(
            Transport transport,
            SniRouter router,
            Duration idleTimeout,
            Clock clock,
            Consumer<GatewayEvent> events,
            LongConsumer bytesIn,
            LongConsumer bytesOut,
            Function<SniRoute, ByteCounts> routed) {
        this.transport = transport;
        this.router = router;
        this.idleTimeout = idleTimeout;
        this.clock = clock;
        this.events = events;
        this.bytesIn = bytesIn;
        this.bytesOut = bytesOut;
        this.routed = routed;
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
                    if (connection.upstream == null) {
                        connection.refuse(
                                Refusal.CLOSED_EARLY, "the caller closed before it was carried");
                        connection.record();
                    }
                });
    }

    private final class Connection implements HelloGate.Decision {
        private final Channel channel;
        private final Instant began = clock.instant();
        private final long beganNanos = System.nanoTime();
        private final WireBytes downstreamBytes = new WireBytes(bytesIn, bytesOut);
        private WireBytes upstreamBytes = new WireBytes(_ -> {}, _ -> {});
        private String name = "";
        private @Nullable SniRoute route;
        private @Nullable Channel upstream;
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
                    attempt(ctx, hello, endpoints, 0, "");
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

        private void attempt(
                ChannelHandlerContext ctx,
                ByteBuf hello,
                List<TargetEndpoint> endpoints,
                int tried,
                String failures) {
            if (!channel.isActive()) {
                hello.release();
                return;
            }
            if (tried == endpoints.size()) {
                hello.release();
                refuse(
                        Refusal.UPSTREAM_FAILED,
                        "no endpoint of '" + name + "' could be reached:" + failures);
                HelloGate.alert(ctx, HelloGate.INTERNAL_ERROR);
                return;
            }
            var endpoint = endpoints.get(tried).address();
            var counted = new WireBytes(bytesIn, bytesOut);
            transport.connect(
                    channel.eventLoop(),
                    endpoint,
                    CONNECT_TIMEOUT,
                    counted,
                    (reached, failure) -> {
                        if (failure == null) {
                            upstreamBytes = counted;
                            carry(ctx, hello, reached, endpoint.toString());
                        } else {
                            var cause = " " + endpoint + ": " + failure.getMessage() + ";";
                            attempt(ctx, hello, endpoints, tried + 1, failures + cause);
                        }
                    });
        }

        private void carry(
                ChannelHandlerContext ctx, ByteBuf hello, Channel reached, String address) {
            if (!channel.isActive()) {
                hello.release();
                reached.close();
                return;
            }
            upstream = reached;
            upstreamAddress = address;
            downstreamBytes.alsoTo(routed.apply(Objects.requireNonNull(route)));
            ctx.pipeline().remove(HelloGate.class);
            Relay.join(
                    channel,
                    hello,
                    reached,
                    idleTimeout,
                    how -> {
                        end = how.word();
                        record();
                    });
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
