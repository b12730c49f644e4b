package dev.hansa.gateway.wire;

import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TracedWay;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.AheadOutcome;
import dev.hansa.gateway.route.NamePlaces;
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
import dev.hansa.gateway.wire.Caller.Callee;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The gateway's listener: peek, decide, connect, hand over. It ends no TLS and looks at no byte
/// after the hello.
public final class SniGateway {
    /// One attempt at one endpoint, when no other answers before.
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

    /// No attempt starts after this; a caller's sidecar waits no longer.
    private static final Duration ALL_ATTEMPTS = Duration.ofSeconds(12);

    /// Connections that stand ahead at once; each is an open file.
    public static final int MOST_AHEAD = ConnectionsAhead.MOST;

    /// Callers at once who have been refused and are given time to read why; each is an open file
    /// and has no place.
    public static final int MOST_PARTING = Parting.MOST_AT_ONCE;

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
    private volatile Optional<ConnectionsAhead> ahead = Optional.empty();
    private NamePlaces places = new NamePlaces(Integer.MAX_VALUE);
    private Predicate<SniRoute> announced = _ -> false;

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
        this.deathwatch = new Deathwatch(transport, seen, false);
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

    /// No more connections than these to one name. Once, before anything is accepted.
    public void limitNames(int most) {
        places = new NamePlaces(most);
    }

    /// By such a route the other end is told first who calls ([ProxyHeader]). Once, before anything
    /// is accepted.
    public void announceBy(Predicate<SniRoute> routes) {
        announced = routes;
    }

    /// From now on connections stand ahead to what [#expect] names. Once, before anything is
    /// accepted.
    ///
    /// @param each to one endpoint; at least one on each loop
    public void keepAhead(RawTransport raw, int each) {
        keepAhead(raw, each, ConnectionsAhead.AGE);
    }

    void keepAhead(RawTransport raw, int each, Duration age) {
        ahead =
                Optional.of(
                        new ConnectionsAhead(
                                raw, each, age, seen, deathwatch::sign, bytesIn, bytesOut, events));
    }

    /// Connections stand ahead to these from now on, and to no others; where there are any.
    public void expect(Set<Way> ways) {
        ahead.ifPresent(all -> all.wants(ways));
    }

    /// Nobody is expected any more.
    public void stopAhead() {
        var known = ahead;
        ahead = Optional.empty();
        known.ifPresent(ConnectionsAhead::close);
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
        var caller = new ChannelCaller(transport, channel, bytesIn, bytesOut);
        var entry = Admission.entry(channel);
        var connection = opened(caller, entry);
        caller.begin(
                new HelloGate(
                        new HelloGate.Decision() {
                            @Override
                            public void named(
                                    ChannelHandlerContext ctx, ServerName name, ByteBuf hello) {
                                connection.named(name, hello);
                            }

                            @Override
                            public void begun() {
                                entry.begins();
                            }

                            @Override
                            public void refused(Refusal reason) {
                                connection.refuse(reason, HelloGate.sentence(reason));
                            }

                            @Override
                            public void unfit(Refusal reason, String why) {
                                connection.refuse(reason, why);
                            }
                        }));
        entry.waits(() -> channel.eventLoop().execute(connection::giveWay));
        channel.closeFuture().addListener(_ -> connection.closed());
    }

    /// The same without a channel. When this throws, the connection has not been taken.
    void accept(RawTransport.Accepted accepted) {
        new RawCaller(
                        accepted,
                        bytesIn,
                        bytesOut,
                        caller -> {
                            var connection = opened(caller, accepted.entry());
                            return new RawCaller.Decision() {
                                @Override
                                public void named(ServerName name, ByteBuf hello) {
                                    connection.named(name, hello);
                                }

                                @Override
                                public void refused(Refusal reason, String why) {
                                    connection.refuse(reason, why);
                                }

                                @Override
                                public void closed() {
                                    accepted.entry().left();
                                    connection.closed();
                                }
                            };
                        })
                .begin();
    }

    private Connection opened(Caller caller, Admission.Entry entry) {
        var connection = new Connection(caller, entry);
        events.accept(new GatewayEvent.ConnectionOpened("gateway"));
        // last: what fails before is nobody's to give back
        open.incrementAndGet();
        return connection;
    }

    private final class Connection implements Race.Course<Callee> {
        // what is kept here is kept for each connection that stands: no text that could be made
        // when it ends
        private final Caller caller;
        private final Admission.Entry entry;
        private final long beganMillis = clock.millis();
        private final long beganNanos = System.nanoTime();
        private String failures = "";
        private @Nullable Callee callee;
        private ByteBuf held = Unpooled.EMPTY_BUFFER;
        private @Nullable Race<Callee> race;
        private String name = "";
        private @Nullable SniRoute route;
        private @Nullable Runnable unwatch;
        private boolean hasPlace;
        private boolean carried;
        private int announcement;
        private @Nullable Way upstream;
        private String refusal = "";
        private String sentence = "";
        private String end = "";

        Connection(Caller caller, Admission.Entry entry) {
            this.caller = caller;
            this.entry = entry;
        }

        /// The caller's socket has gone.
        void closed() {
            open.decrementAndGet();
            leavePlace();
            if (!carried) {
                abandon();
                refuse(Refusal.CLOSED_EARLY, "the caller closed before it was carried");
                record();
            }
        }

        /// It is closed soon: a caller who is told why, and has a while to read it, needs no place
        /// for that ([Parting] has bounds of its own).
        void refuse(Refusal reason, String why) {
            entry.left();
            leavePlace();
            if (refusal.isEmpty()) {
                refusal = reason.word();
                sentence = why;
            }
        }

        private void leavePlace() {
            if (hasPlace) {
                hasPlace = false;
                places.giveBack(name);
            }
        }

        /// Others come, and it has not said what it wants.
        void giveWay() {
            if (name.isEmpty() && refusal.isEmpty()) {
                refuse(Refusal.GAVE_WAY, HelloGate.sentence(Refusal.GAVE_WAY));
                caller.reset();
            }
        }

        void named(ServerName asked, ByteBuf hello) {
            name = asked.value();
            entry.decided();
            switch (router.decide(asked)) {
                case RouteDecision.Forward(var found, var endpoints) -> {
                    route = found;
                    // the same text, of which the table has one for all
                    name = found.sni();
                    hasPlace = places.take(name);
                    if (!hasPlace) {
                        turnAway(hello, Refusal.TOO_MANY_TO_ONE_NAME, places.sentence(name));
                        return;
                    }
                    held = hello;
                    var taken =
                            ahead.flatMap(all ->
                                    all.take(
                                            caller.loop(),
                                            endpoints.stream().map(SniRouter::way).toList()));
                    if (taken.isPresent()) {
                        carryOn(taken.get());
                        return;
                    }
                    race =
                            new Race<>(
                                    caller.loop(),
                                    seen,
                                    allowance,
                                    endpoints.stream()
                                            .map(endpoint -> new Endeavour(caller, endpoint))
                                            .toList(),
                                    CONNECT_TIMEOUT,
                                    ALL_ATTEMPTS,
                                    this);
                    race.start();
                }
                case RouteDecision.Refuse(var reason, var why) -> turnAway(hello, reason, why);
            }
        }

        private void turnAway(ByteBuf hello, Refusal reason, String why) {
            hello.release();
            refuse(reason, why);
            caller.alert(
                    reason == Refusal.NOT_SERVED
                            ? HelloGate.UNRECOGNIZED_NAME
                            : HelloGate.INTERNAL_ERROR);
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
        public void failed(Race.Runner<Callee> runner, String why) {
            failures += " " + runner.way() + ": " + why + ";";
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
            caller.alert(HelloGate.INTERNAL_ERROR);
        }

        @Override
        public void won(Race.Runner<Callee> winner, Callee reached, boolean overtaken) {
            if (overtaken) {
                events.accept(new GatewayEvent.RaceOvertaken("gateway", "", ""));
            }
            if (!caller.isOpen()) {
                winner.discard(reached);
                return;
            }
            carry(winner.way(), reached, this::ended);
        }

        private void carry(Way way, Callee reached, Consumer<Relay.End> ended) {
            carried = true;
            entry.served();
            // as long as it is carried, nobody needs it
            race = null;
            callee = reached;
            upstream = way;
            var by = Objects.requireNonNull(route);
            caller.alsoTo(routed.apply(by));
            var said = hello();
            if (announced.test(by)) {
                var hello = said.readableBytes();
                said = ProxyHeader.before(said, caller.ends());
                announcement = said.readableBytes() - hello;
            }
            var carriage = caller.carry(said, reached, idleTimeout, ended);
            if (end.isEmpty()) {
                unwatch = deathwatch.watch(way, caller.loop(), carriage, this::cut);
            }
        }

        private void ended(Relay.End how) {
            end = how.word();
            if (unwatch != null) {
                unwatch.run();
            }
            record();
        }

        /// By a connection that stood before its caller came. Whether it lives nobody knows before
        /// the other end's kernel has acknowledged the hello. If it does not, or if it ends without
        /// an answer, the caller is told so as of any other end: the hello has been sent, and what
        /// was sent is not sent again.
        private void carryOn(ConnectionsAhead.Taken taken) {
            var began = System.nanoTime();
            carry(
                    taken.way(),
                    taken.end(),
                    how -> {
                        ended(how);
                        if (taken.end().in() == 0) {
                            events.accept(new GatewayEvent.AheadTold(AheadOutcome.UNANSWERED));
                        }
                    });
            if (end.isEmpty()) {
                var _ =
                        caller.loop()
                                .schedule(
                                        () -> listen(taken, began),
                                        taken.patience(),
                                        TimeUnit.NANOSECONDS);
            }
        }

        private void listen(ConnectionsAhead.Taken taken, long began) {
            if (end.isEmpty() && !taken.end().isHeard()) {
                ahead.ifPresent(all -> all.unheard(taken.way(), began));
                refuse(
                        Refusal.UPSTREAM_FAILED,
                        "endpoint "
                                + taken.way()
                                + " did not acknowledge the hello in "
                                + TimeUnit.NANOSECONDS.toMillis(taken.patience())
                                + " ms, on a connection that was opened ahead");
                caller.reset();
            }
        }

        private void cut(String why) {
            refuse(Refusal.ENDPOINT_DEAD, why);
            caller.reset();
        }

        private void record() {
            var found = route;
            var to = callee;
            var by = upstream;
            events.accept(
                    new GatewayEvent.ConnectionEnded(
                            new ConnectionRecord(
                                    Instant.ofEpochMilli(beganMillis),
                                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos),
                                    "gateway",
                                    "",
                                    name,
                                    found == null ? "" : found.purpose(),
                                    found == null ? "" : found.peer(),
                                    caller.address(),
                                    by == null ? "" : by.address().toString(),
                                    caller.in(),
                                    caller.out(),
                                    to == null ? 0 : to.in(),
                                    to == null ? 0 : Math.max(0, to.out() - announcement),
                                    end,
                                    refusal,
                                    sentence)));
        }
    }
}
