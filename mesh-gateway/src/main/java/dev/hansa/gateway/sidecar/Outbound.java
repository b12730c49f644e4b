package dev.hansa.gateway.sidecar;

import static java.util.stream.Collectors.joining;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Route;
import dev.hansa.failover.Target;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import dev.hansa.gateway.wire.Relay;
import dev.hansa.gateway.wire.SniGateway;
import dev.hansa.gateway.wire.Transport;
import dev.hansa.gateway.wire.WireBytes;
import dev.hansa.trustbundle.tls.PeerVerifier;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/// One upstream of a service: takes the application's plain connection, finds the first target that
/// can be reached and proves who it is, and only then reads what the application has to say. So an
/// attempt that fails has sent nothing, and the next one may be made within the same connection.
public final class Outbound {
    /// All attempts for one connection; a client that waits longer has gone.
    private static final Duration ALL_ATTEMPTS = Duration.ofSeconds(15);

    /// Endpoints tried of one target: the next target gets its chance while the caller still waits.
    private static final int MAX_ATTEMPTS_EACH = 3;

    /// Attempts for one connection, over all targets.
    private static final int MAX_ATTEMPTS = 12;

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
    private volatile @Nullable LastRefusal lastRefusal;

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

    /// Closes connections to peers that are not trusted any more. Call it after each change of the
    /// ends.
    public void review() {
        for (var connection : standing) {
            connection.channel.eventLoop().execute(connection::review);
        }
    }

    /// Takes an application's connection on its loop; its reading is stopped until there is
    /// somebody to read for.
    public void accept(Channel channel) {
        var connection = new Connection(channel);
        events.accept(new GatewayEvent.ConnectionOpened("upstream"));
        var many = open.incrementAndGet() > maxConnections;
        channel.closeFuture()
                .addListener(_ -> {
                    open.decrementAndGet();
                    standing.remove(connection);
                    if (!connection.carried) {
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
                                "expected at most " + maxConnections + " connections");
                    } else {
                        connection.begin();
                    }
                });
    }

    private record Attempt(Target target, TargetEndpoint endpoint) {}

    private final class Connection {
        private final Channel channel;
        private final Instant began = clock.instant();
        private final long beganNanos = System.nanoTime();
        private final long deadline = System.nanoTime() + ALL_ATTEMPTS.toNanos();
        private final WireBytes downstreamBytes = new WireBytes(_ -> {}, _ -> {});
        private WireBytes upstreamBytes = new WireBytes(bytesIn, bytesOut);
        private final List<String> causes = new ArrayList<>();
        private @Nullable StandingTrust callee;
        private String target = "";
        private String upstreamAddress = "";
        private boolean carried;
        private boolean tried;
        private String refusal = "";
        private String sentence = "";
        private String end = "";

        Connection(Channel channel) {
            this.channel = channel;
        }

        void begin() {
            var present = ends.get();
            var route = present.flatMap(found -> found.snapshot().route(upstream));
            if (present.isEmpty() || route.isEmpty()) {
                refuse(Refusal.NO_ROUTES_YET, "upstream '" + upstream + "': no route yet");
                return;
            }
            var plan = new ArrayDeque<Attempt>();
            for (var candidate : route.get().targets()) {
                var healthy = endpoints(candidate, true);
                if (!candidate.health().healthy()) {
                    causes.add(candidate.label() + ": " + candidate.health().evidence());
                } else if (healthy.isEmpty()) {
                    causes.add(candidate.label() + ": no healthy endpoint" + evidence(candidate));
                }
                plan(candidate, healthy, plan);
            }
            if (stale.getAsBoolean()) {
                // nobody knows whether they are still down, and the caller has nothing to lose
                for (var candidate : route.get().targets()) {
                    plan(candidate, endpoints(candidate, false), plan);
                }
            }
            attempt(present.get(), route.get(), plan);
        }

        /// Those that may be tried, or those to try only when there are no others.
        private static List<TargetEndpoint> endpoints(Target candidate, boolean healthy) {
            return candidate.endpoints().stream()
                    .filter(endpoint ->
                            healthy
                                    == (candidate.health().healthy()
                                            && endpoint.health().healthy()))
                    .toList();
        }

        private void plan(Target candidate, List<TargetEndpoint> endpoints, Deque<Attempt> plan) {
            if (endpoints.isEmpty() || candidate.sni().isEmpty()) {
                return;
            }
            var start = next.getAndIncrement();
            var most = Math.min(endpoints.size(), MAX_ATTEMPTS_EACH);
            for (var i = 0; i < most && plan.size() < MAX_ATTEMPTS; i++) {
                plan.add(
                        new Attempt(
                                candidate,
                                endpoints.get(Math.floorMod(start + i, endpoints.size()))));
            }
        }

        private static String evidence(Target candidate) {
            return candidate.endpoints().stream()
                    .map(endpoint -> endpoint.address() + " " + endpoint.health().evidence())
                    .collect(joining(", ", " (", ")"));
        }

        private void attempt(TlsEnds present, Route route, Deque<Attempt> plan) {
            var attempt = plan.poll();
            if (attempt == null || System.nanoTime() > deadline) {
                refuse(
                        tried ? Refusal.UPSTREAM_FAILED : Refusal.NO_HEALTHY_ENDPOINT,
                        "upstream '"
                                + upstream
                                + "' of '"
                                + service
                                + "' has no healthy target: "
                                + String.join("; ", causes));
                return;
            }
            tried = true;
            upstreamBytes = new WireBytes(bytesIn, bytesOut);
            transport.connect(
                    channel.eventLoop(),
                    attempt.endpoint().address(),
                    route.connectTimeout(),
                    upstreamBytes,
                    (reached, failure) -> {
                        if (failure != null) {
                            failed(attempt, present, route, plan, Inbound.reason(failure));
                        } else if (!channel.isActive()) {
                            reached.close();
                        } else {
                            secure(attempt, present, route, plan, reached);
                        }
                    });
        }

        private void failed(
                Attempt attempt, TlsEnds present, Route route, Deque<Attempt> plan, String why) {
            var cause =
                    attempt.target().label() + " at " + attempt.endpoint().address() + ": " + why;
            causes.add(cause);
            events.accept(
                    new GatewayEvent.AttemptFailed(
                            service.value(), upstream.toString(), attempt.target().label(), cause));
            if (channel.isActive()) {
                attempt(present, route, plan);
            }
        }

        private void secure(
                Attempt attempt,
                TlsEnds present,
                Route route,
                Deque<Attempt> plan,
                Channel reached) {
            SslHandler tls;
            try {
                tls =
                        present.client(attempt.target())
                                .newHandler(
                                        reached.alloc(),
                                        attempt.target().sni(),
                                        attempt.endpoint().address().port());
            } catch (SSLException e) {
                reached.close();
                failed(
                        attempt,
                        present,
                        route,
                        plan,
                        "our own end cannot be made: " + e.getMessage());
                return;
            }
            tls.setHandshakeTimeoutMillis(route.connectTimeout().toMillis());
            // the other end answers our close_notify with its own; leaving before that would reset
            // it
            tls.setCloseNotifyReadTimeoutMillis(Relay.GOODBYE.toMillis());
            reached.pipeline()
                    .addLast(
                            tls,
                            new ChannelInboundHandlerAdapter() {
                                private boolean settled;

                                @Override
                                public void userEventTriggered(
                                        ChannelHandlerContext ctx, Object event) {
                                    if (!(event instanceof SslHandshakeCompletionEvent done)) {
                                        ctx.fireUserEventTriggered(event);
                                    } else if (!done.isSuccess()) {
                                        fail(ctx, told(done.cause()));
                                    } else {
                                        introduced(ctx, chain(tls));
                                    }
                                }

                                private void introduced(
                                        ChannelHandlerContext ctx, List<X509Certificate> chain) {
                                    switch (present.server(attempt.target(), chain)) {
                                        case PeerVerifier.Rejected(_, var why) -> fail(ctx, why);
                                        case PeerVerifier.Trusted trusted -> {
                                            settled = true;
                                            ctx.pipeline().remove(this);
                                            events.accept(
                                                    new GatewayEvent.Secured(
                                                            "upstream",
                                                            tls.engine()
                                                                    .getSession()
                                                                    .getProtocol()));
                                            callee = new StandingTrust(trusted, chain.getFirst());
                                            carry(attempt, reached);
                                        }
                                    }
                                }

                                @Override
                                public void channelInactive(ChannelHandlerContext ctx) {
                                    fail(ctx, "closed during the handshake");
                                }

                                @Override
                                public void exceptionCaught(
                                        ChannelHandlerContext ctx, Throwable cause) {
                                    fail(ctx, told(cause));
                                }

                                private void fail(ChannelHandlerContext ctx, String why) {
                                    if (!settled) {
                                        settled = true;
                                        ctx.close();
                                        failed(attempt, present, route, plan, why);
                                    }
                                }
                            });
            reached.config().setAutoRead(true);
        }

        /// What a handshake's failure means here; the library's own words otherwise.
        private static String told(Throwable failure) {
            var words = Inbound.reason(failure);
            var upper = words.toUpperCase(Locale.ROOT);
            if (upper.contains("INTERNAL_ERROR")) {
                return "TLS alert internal_error: the application there does not accept connections,"
                        + " or a gateway on the way cannot reach it";
            }
            if (upper.contains("UNRECOGNIZED_NAME")) {
                return "TLS alert unrecognized_name: a gateway on the way does not serve the name";
            }
            return words;
        }

        private List<X509Certificate> chain(SslHandler tls) {
            try {
                return Arrays.stream(tls.engine().getSession().getPeerCertificates())
                        .map(X509Certificate.class::cast)
                        .toList();
            } catch (SSLPeerUnverifiedException e) {
                return List.of();
            }
        }

        private void carry(Attempt attempt, Channel reached) {
            if (!channel.isActive()) {
                reached.close();
                return;
            }
            carried = true;
            standing.add(this);
            if (!channel.isActive()) {
                standing.remove(this);
            }
            target = attempt.target().label();
            upstreamAddress = attempt.endpoint().address().toString();
            events.accept(new GatewayEvent.Served(service.value(), upstream.toString(), target));
            reached.config().setAutoRead(false);
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
            if (refusal.isEmpty()) {
                refusal = Refusal.CLOSED_EARLY.word();
                sentence = "the application closed before a target was reached";
            }
        }

        void refuse(Refusal reason, String why) {
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
                                    SniGateway.text(channel),
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
