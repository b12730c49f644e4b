package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.RedirectDecision;
import dev.hansa.gateway.route.RedirectRouter;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import dev.hansa.gateway.wire.ProxyHeaderGate;
import dev.hansa.gateway.wire.RedirectedChannel;
import dev.hansa.gateway.wire.Relay;
import dev.hansa.gateway.wire.Transport;
import dev.hansa.gateway.wire.WireBytes;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The way out of an application that knows of no mesh: connections that the kernel has redirected
/// here. One that dialled a virtual address goes the way of that service's upstream, with all that
/// it does; any other goes on as it is, where that is allowed.
public final class Redirected {
    /// Who passes through would wait for the kernel's own attempts, some two minutes; whatever
    /// answers at all does within this.
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

    private static final String LISTENER = "redirected";

    private final ServiceName service;
    private final Function<UpstreamName, Optional<Outbound>> upstreams;
    private final Supplier<Optional<RouteSnapshot>> snapshot;
    private final Transport transport;
    private final int maxConnections;
    private final Duration idleTimeout;
    private final Clock clock;
    private final Consumer<GatewayEvent> events;
    private final LongConsumer bytesIn;
    private final LongConsumer bytesOut;
    private final AtomicInteger open = new AtomicInteger();

    /// What passes through, as the kernel has brought it: at most `maxConnections` and those that
    /// are being refused.
    private final Set<Ends> taken = ConcurrentHashMap.newKeySet();

    /// What was dialled for it here, of which each has one above.
    private final Set<Ends> made = ConcurrentHashMap.newKeySet();

    /// Of a connection, before it was redirected. No two that are open have the same.
    private record Ends(SocketAddress from, SocketAddress to) {}

    /// @param upstreams the ways to services; empty for one that there is no room for
    /// @param maxConnections that pass through at a time
    public Redirected(
            ServiceName service,
            Function<UpstreamName, Optional<Outbound>> upstreams,
            Supplier<Optional<RouteSnapshot>> snapshot,
            Transport transport,
            int maxConnections,
            Duration idleTimeout,
            Clock clock,
            Consumer<GatewayEvent> events,
            LongConsumer bytesIn,
            LongConsumer bytesOut) {
        this.service = service;
        this.upstreams = upstreams;
        this.snapshot = snapshot;
        this.transport = transport;
        this.maxConnections = maxConnections;
        this.idleTimeout = idleTimeout;
        this.clock = clock;
        this.events = events;
        this.bytesIn = bytesIn;
        this.bytesOut = bytesOut;
    }

    /// How many pass through.
    public int open() {
        return open.get();
    }

    /// Takes a connection on its loop, with its reading stopped.
    public void accept(RedirectedChannel channel) {
        accept(channel, channel.dialled());
    }

    /// @param dialled before it was redirected; empty: it cannot be known
    void accept(Channel channel, Optional<InetSocketAddress> dialled) {
        accept(channel, dialled, (InetSocketAddress) channel.localAddress());
    }

    /// @param arrived where it was taken
    void accept(Channel channel, Optional<InetSocketAddress> dialled, InetSocketAddress arrived) {
        switch (RedirectRouter.decide(dialled, arrived, snapshot.get())) {
            case RedirectDecision.ToService(var name) -> {
                var upstream = upstreams.apply(name);
                if (upstream.isPresent()) {
                    upstream.get().accept(channel);
                } else {
                    new Passage(channel, name.toString())
                            .refuse(
                                    Refusal.UNKNOWN_DESTINATION,
                                    "upstream '"
                                            + name
                                            + "': expected room for another upstream; found as many"
                                            + " as this sidecar may have");
                }
            }
            case RedirectDecision.PassThrough(var destination) ->
                    new Passage(channel, destination.toString()).begin(destination);
            case RedirectDecision.Refuse(var reason, var sentence) ->
                    new Passage(channel, dialled.map(Redirected::text).orElse(""))
                            .refuse(reason, sentence);
        }
    }

    private static String text(InetSocketAddress address) {
        return Endpoint.text(address.getAddress().getHostAddress(), address.getPort());
    }

    /// One that is no service's.
    private final class Passage {
        private final Channel channel;
        private final String name;
        private final Instant began = clock.instant();
        private final long beganNanos = System.nanoTime();
        private final WireBytes downstreamBytes = new WireBytes(_ -> {}, _ -> {});
        private final WireBytes upstreamBytes = new WireBytes(bytesIn, bytesOut);
        private String upstreamAddress = "";
        private String end = "";
        private String refusal = "";
        private String sentence = "";
        private @Nullable Ends ends;
        private boolean joined;
        private Transport.@Nullable Connecting connecting;

        Passage(Channel channel, String name) {
            this.channel = channel;
            this.name = name;
            open.incrementAndGet();
            events.accept(new GatewayEvent.ConnectionOpened(LISTENER));
            channel.pipeline().addLast(downstreamBytes);
            channel.closeFuture().addListener(_ -> closed());
        }

        private void closed() {
            open.decrementAndGet();
            if (ends != null) {
                taken.remove(ends);
            }
            if (connecting != null && !joined) {
                connecting.callOff();
            }
            if (!joined) {
                if (refusal.isEmpty()) {
                    refusal = Refusal.CLOSED_EARLY.word();
                    sentence = "the application closed before its destination was reached";
                }
                record();
            }
        }

        /// Not before the channel is there for all who are told of it.
        void begin(Endpoint destination) {
            channel.eventLoop().execute(() -> passTo(destination));
        }

        private void passTo(Endpoint destination) {
            if (!channel.isActive()) {
                return;
            }
            if (open.get() > maxConnections) {
                refuse(
                        Refusal.TOO_MANY_CONNECTIONS,
                        "expected at most "
                                + maxConnections
                                + " connections that pass through; found one more");
                return;
            }
            var own =
                    new Ends(
                            channel.remoteAddress(),
                            new InetSocketAddress(destination.host(), destination.port()));
            ends = own;
            taken.add(own);
            if (made.contains(own)) {
                refuseOwn(destination);
                return;
            }
            connecting =
                    transport.connect(
                            channel.eventLoop(),
                            destination,
                            CONNECT_LIMIT,
                            upstreamBytes,
                            (reached, failure) -> {
                                if (failure == null) {
                                    join(destination, reached);
                                } else {
                                    refuse(
                                            Refusal.UPSTREAM_FAILED,
                                            "connection to "
                                                    + destination
                                                    + ": "
                                                    + failure.getMessage());
                                }
                            });
        }

        private void join(Endpoint destination, Channel reached) {
            if (!channel.isActive()) {
                reached.close();
                return;
            }
            var own = new Ends(reached.localAddress(), reached.remoteAddress());
            made.add(own);
            reached.closeFuture().addListener(_ -> made.remove(own));
            if (taken.contains(own)) {
                reached.close();
                refuseOwn(destination);
                return;
            }
            joined = true;
            upstreamAddress = destination.toString();
            Relay.join(
                    channel,
                    Unpooled.EMPTY_BUFFER,
                    reached,
                    idleTimeout,
                    how -> {
                        end = how.word();
                        record();
                    });
        }

        /// Passed on it would come back again, and again. Whichever of the two sides of such a
        /// connection is looked at last finds the other.
        private void refuseOwn(Endpoint destination) {
            refuse(
                    Refusal.OWN_CONNECTION,
                    "connection to "
                            + destination
                            + ": expected one of an application; found one of this sidecar, whose"
                            + " user is not the one of 'hansa connect redirect-traffic -proxy-uid'");
        }

        void refuse(Refusal reason, String why) {
            refusal = reason.word();
            sentence = why;
            // what was dialled is no label: an application may dial anything
            events.accept(
                    new GatewayEvent.UpstreamRefused(service.value(), "", reason.word(), why));
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.eventLoop().execute(channel::close);
        }

        private void record() {
            events.accept(
                    new GatewayEvent.ConnectionEnded(
                            new ConnectionRecord(
                                    began,
                                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos),
                                    LISTENER,
                                    service.value(),
                                    name,
                                    "",
                                    "",
                                    ProxyHeaderGate.caller(channel),
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
}
