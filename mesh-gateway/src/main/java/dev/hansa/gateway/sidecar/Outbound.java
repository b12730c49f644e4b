package dev.hansa.gateway.sidecar;

import static java.util.stream.Collectors.toSet;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Observation;
import dev.hansa.failover.Route;
import dev.hansa.failover.Target;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.TracedWay;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.PassiveHealth;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.route.PassiveHealth.Way;
import dev.hansa.gateway.route.RaceAllowance;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.sidecar.Handshake.Reached;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import dev.hansa.gateway.wire.Deathwatch;
import dev.hansa.gateway.wire.ProxyHeaderGate;
import dev.hansa.gateway.wire.Race;
import dev.hansa.gateway.wire.Relay;
import dev.hansa.gateway.wire.Transport;
import dev.hansa.gateway.wire.WireBytes;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One upstream of a service: takes the application's plain connection, finds the first target that
/// can be reached and proves who it is ([Race]), and only then reads what the application has to
/// say. So an attempt that fails or is overtaken has sent nothing.
public final class Outbound {
    /// All attempts for one connection; a client that waits longer has gone.
    private static final Duration ALL_ATTEMPTS = Duration.ofSeconds(15);

    private final ServiceName service;
    private final UpstreamName upstream;
    private final Transport transport;
    private final Supplier<Optional<TlsEnds>> ends;
    private final BooleanSupplier stale;
    private final int maxConnections;
    private final Duration idleTimeout;
    private final Clock clock;
    private final Consumer<GatewayEvent> events;
    private final LongConsumer bytesIn;
    private final LongConsumer bytesOut;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger next = new AtomicInteger();
    private final PassiveHealth seen;
    private final Deathwatch deathwatch;
    private final RaceAllowance allowance = new RaceAllowance();
    private final Tally tally = new Tally();
    private final Failback failback = new Failback();
    private final LiveTarget live = new LiveTarget();
    private volatile @Nullable LastRefusal lastRefusal;

    /// Those that have not reached a target yet; at most `maxConnections`.
    private final Set<Connection> racing = ConcurrentHashMap.newKeySet();

    /// Those that reached a target; at most `maxConnections`.
    private final Set<Connection> standing = ConcurrentHashMap.newKeySet();

    /// The newest refusal, for `/health`.
    public record LastRefusal(Instant at, String reason, String sentence) {}

    /// @param stale whether the server has not been heard, so that what it said of a target's
    ///   health may have changed since
    public Outbound(
            ServiceName service,
            UpstreamName upstream,
            Transport transport,
            Supplier<Optional<TlsEnds>> ends,
            BooleanSupplier stale,
            int maxConnections,
            Duration idleTimeout,
            Clock clock,
            Consumer<GatewayEvent> events,
            LongConsumer bytesIn,
            LongConsumer bytesOut) {
        this.service = service;
        this.upstream = upstream;
        this.transport = transport;
        this.ends = ends;
        this.stale = stale;
        this.maxConnections = maxConnections;
        this.idleTimeout = idleTimeout;
        this.clock = clock;
        this.events = events;
        this.bytesIn = bytesIn;
        this.bytesOut = bytesOut;
        this.seen = new PassiveHealth(this::suspicion);
        this.deathwatch = new Deathwatch(transport, seen, true);
    }

    private void suspicion(Way way, Optional<Sign> sign, int suspects) {
        events.accept(
                new GatewayEvent.SuspicionChanged(
                        "upstream", service.value(), upstream.toString(), way, sign, suspects));
    }

    public UpstreamName upstream() {
        return upstream;
    }

    public int open() {
        return open.get();
    }

    public Optional<LastRefusal> lastRefusal() {
        return Optional.ofNullable(lastRefusal);
    }

    /// The way that a connection would take now.
    public Optional<Route> route() {
        return ends.get().flatMap(present -> present.snapshot().route(upstream));
    }

    /// Since when new connections go where they go now; empty while no target is healthy.
    public Optional<Instant> liveSince() {
        return live.since();
    }

    /// How far connections have gone back to a target that is healthy again, in words; empty while
    /// they do not.
    public Optional<String> goingBack() {
        return failback.told(System.nanoTime());
    }

    /// What this proxy has seen itself of a way to a target.
    public PassiveHealth.View seen(Target target, TargetEndpoint endpoint) {
        return seen.view(Plan.way(target, endpoint), System.nanoTime());
    }

    /// What this proxy has seen of the whole upstream since it started: of the route's targets, and
    /// of those that it has no more and connections still go to.
    public Observation observation() {
        var targets = route().map(Route::targets).orElse(List.of());
        var labels = targets.stream().map(Target::label).collect(toSet());
        return new Observation(
                upstream,
                tally.refusals(),
                tally.times(),
                Stream.concat(
                                targets.stream().map(this::observation),
                                tally.standing()
                                        .filter(label -> !labels.contains(label))
                                        .sorted()
                                        .map(label -> observation(label, List.of())))
                        .limit(Observation.MOST_TARGETS)
                        .toList());
    }

    private Observation.OfTarget observation(Target target) {
        var suspects = new ArrayList<Observation.Suspect>();
        for (var endpoint : target.endpoints()) {
            seen(target, endpoint)
                    .suspicion()
                    .ifPresent(suspicion ->
                            suspects.add(
                                    new Observation.Suspect(
                                            endpoint.address(),
                                            suspicion.sign().word(),
                                            suspicion.failures(),
                                            suspicion.since().truncatedTo(ChronoUnit.SECONDS))));
        }
        return observation(
                target.label(),
                suspects.subList(0, Math.min(suspects.size(), Observation.MOST_SUSPECTS)));
    }

    private Observation.OfTarget observation(String label, List<Observation.Suspect> suspects) {
        return new Observation.OfTarget(
                label,
                tally.carriedBy(label),
                OptionalLong.of(tally.openTo(label)),
                tally.failedAt(label),
                suspects);
    }

    /// Takes a changed snapshot into account, also for connections that have not reached a target
    /// yet, and closes those to peers that are not trusted any more. Call it after each change of
    /// the ends.
    public void review() {
        var known = route();
        live.taken(known, clock.instant());
        known.ifPresent(route -> failback.taken(route, System.nanoTime()));
        var listed = known.map(Plan::listed).orElse(Map.of());
        tally.routeHas(listed.keySet().stream().map(Way::target).collect(toSet()));
        seen.taken(listed);
        deathwatch.taken(listed);
        for (var connection : racing) {
            connection.channel.eventLoop().execute(connection::replan);
        }
        for (var connection : standing) {
            connection.channel.eventLoop().execute(connection::review);
        }
    }

    /// Tries each way once; `done` is told of them in the order of the targets, those that are down
    /// among them.
    ///
    /// @throws IllegalArgumentException when there is no route yet
    public void trace(Consumer<List<TracedWay>> done) {
        var present = ends.get();
        var route = present.flatMap(found -> found.snapshot().route(upstream));
        if (present.isEmpty() || route.isEmpty()) {
            throw new IllegalArgumentException(
                    "upstream '" + upstream + "': expected a route; found none yet");
        }
        new UpstreamTrace(transport, present.get(), Plan.every(route.get()), events, done).start();
    }

    /// Takes an application's connection on its loop; its reading is stopped until there is
    /// somebody to read for.
    public void accept(Channel channel) {
        var connection = new Connection(channel);
        events.accept(new GatewayEvent.ConnectionOpened("upstream"));
        var most = route().map(known -> known.most(maxConnections)).orElse(maxConnections);
        var many = open.incrementAndGet() > most;
        channel.closeFuture()
                .addListener(_ -> {
                    open.decrementAndGet();
                    racing.remove(connection);
                    standing.remove(connection);
                    if (connection.place != null) {
                        connection.place.ended();
                    } else {
                        connection.gone();
                        connection.record();
                    }
                });
        channel.pipeline().addLast(connection.downstreamBytes);
        channel.eventLoop()
                .execute(() -> {
                    if (many) {
                        connection.refuse(
                                Refusal.TOO_MANY_CONNECTIONS,
                                "expected at most " + most + " connections");
                    } else {
                        connection.begin();
                    }
                });
    }

    /// The route in the order in which one connection tries its targets.
    private Route ordered(Route route) {
        var random = ThreadLocalRandom.current();
        var ordered =
                route.withTargets(route.spread().order(route.targets(), random, this::measured));
        return failback.shaped(ordered, random.nextDouble(), System.nanoTime());
    }

    /// How long the target's best way usually takes until it has shown who it is.
    private OptionalLong measured(Target target) {
        return target.endpoints().stream()
                .flatMap(endpoint -> seen(target, endpoint).usual().stream())
                .mapToLong(Duration::toNanos)
                .min();
    }

    private final class Connection implements Race.Course<Reached> {
        private final Channel channel;
        private final Instant began = clock.instant();
        private final long beganNanos = System.nanoTime();
        private final WireBytes downstreamBytes = new WireBytes(_ -> {}, _ -> {});
        private WireBytes upstreamBytes = new WireBytes(bytesIn, bytesOut);
        private final Set<String> causes = new LinkedHashSet<>();
        private @Nullable Race<Reached> race;
        private @Nullable StandingTrust callee;
        private String target = "";
        private String upstreamAddress = "";
        private Tally.@Nullable Counts place;
        private String refusal = "";
        private String sentence = "";
        private String end = "";

        Connection(Channel channel) {
            this.channel = channel;
        }

        void begin() {
            if (!channel.isActive()) {
                return; // closed before its turn, and accounted for
            }
            // first, so that a snapshot is either in what is read now or told of later
            racing.add(this);
            var present = ends.get();
            var route = present.flatMap(this::route);
            if (present.isEmpty() || route.isEmpty()) {
                refuse(Refusal.NO_ROUTES_YET, "upstream '" + upstream + "': no route yet");
                return;
            }
            var plan = plan(route.get());
            causes.addAll(plan.causes());
            if (plan.attempts().isEmpty()) {
                refuseAll(Refusal.NO_HEALTHY_ENDPOINT);
                return;
            }
            race =
                    new Race<>(
                            channel.eventLoop(),
                            seen,
                            allowance,
                            runners(present.get(), plan),
                            route.get().connectTimeout(),
                            ALL_ATTEMPTS,
                            this);
            race.start();
        }

        /// There is a new snapshot. Who waits for a target that says nothing, or has tried what
        /// there was, need not wait for what it names now to be offered to the next connection.
        void replan() {
            var present = ends.get();
            if (race != null && place == null && refusal.isEmpty() && present.isPresent()) {
                var route = present.flatMap(this::route);
                if (route.isPresent()) {
                    race.replan(runners(present.get(), plan(route.get())));
                }
            }
        }

        private Optional<Route> route(TlsEnds present) {
            return present.snapshot().route(upstream).map(Outbound.this::ordered);
        }

        private Plan plan(Route route) {
            return Plan.of(route, stale.getAsBoolean(), seen, next.getAndIncrement());
        }

        private List<Endeavour> runners(TlsEnds present, Plan plan) {
            return plan.attempts().stream()
                    .map(attempt ->
                            new Endeavour(
                                    channel.eventLoop(),
                                    transport,
                                    present,
                                    attempt,
                                    () -> new WireBytes(bytesIn, bytesOut),
                                    events))
                    .toList();
        }

        @Override
        public void began() {
            events.accept(
                    new GatewayEvent.RaceBegan("upstream", service.value(), upstream.toString()));
        }

        @Override
        public void failed(Race.Runner<Reached> runner, String why) {
            var cause = runner.way() + ": " + why;
            causes.add(cause);
            tally.attemptFailed(runner.way().target());
            events.accept(
                    new GatewayEvent.AttemptFailed(
                            service.value(), upstream.toString(), runner.way().target(), cause));
        }

        @Override
        public void seen(Way way, Sign sign) {
            deathwatch.sign(way, sign);
        }

        @Override
        public void lost() {
            refuseAll(Refusal.UPSTREAM_FAILED);
        }

        private void refuseAll(Refusal reason) {
            refuse(
                    reason,
                    "upstream '"
                            + upstream
                            + "' of '"
                            + service
                            + "' has no healthy target: "
                            + String.join("; ", causes));
        }

        @Override
        public void won(Race.Runner<Reached> winner, Reached reached, boolean overtaken) {
            if (overtaken) {
                events.accept(
                        new GatewayEvent.RaceOvertaken(
                                "upstream", service.value(), upstream.toString()));
            }
            if (!channel.isActive()) {
                winner.discard(reached);
                return;
            }
            race = null; // and the snapshot with it
            place = tally.carried(winner.way().target(), System.nanoTime() - beganNanos);
            racing.remove(this);
            standing.add(this);
            callee = reached.trust();
            upstreamBytes = reached.bytes();
            target = winner.way().target();
            upstreamAddress = winner.way().address().toString();
            events.accept(new GatewayEvent.Served(service.value(), upstream.toString(), target));
            reached.channel().config().setAutoRead(false);
            deathwatch.watch(
                    winner.way(),
                    channel,
                    Relay.join(
                            channel,
                            Unpooled.EMPTY_BUFFER,
                            reached.channel(),
                            idleTimeout,
                            how -> {
                                end = how.word();
                                record();
                            }),
                    why -> refuse(Refusal.ENDPOINT_DEAD, "upstream '" + upstream + "': " + why));
        }

        void review() {
            var present = ends.get();
            var trust = callee;
            if (trust != null && present.isPresent() && channel.isActive()) {
                present.get()
                        .calleeObjection(trust)
                        .ifPresent(why ->
                                refuse(
                                        Refusal.TRUST_REMOVED,
                                        "upstream '" + upstream + "': " + why));
            }
        }

        /// The application has closed before there was a way.
        void gone() {
            if (race != null) {
                race.abandon();
            }
            if (refusal.isEmpty()) {
                refusal = Refusal.CLOSED_EARLY.word();
                sentence = "the application closed before a target was reached";
            }
        }

        void refuse(Refusal reason, String why) {
            if (place == null) {
                tally.refused();
            }
            refusal = reason.word();
            sentence = why;
            lastRefusal = new LastRefusal(clock.instant(), reason.word(), why);
            events.accept(
                    new GatewayEvent.UpstreamRefused(
                            service.value(), upstream.toString(), reason.word(), why));
            // a reset tells the application at once; there is no protocol here in which to say more
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }

        void record() {
            events.accept(
                    new GatewayEvent.ConnectionEnded(
                            new ConnectionRecord(
                                    began,
                                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos),
                                    "upstream",
                                    service.value(),
                                    upstream.toString(),
                                    target,
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
