package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import dev.hansa.gateway.wire.Acceptance;
import dev.hansa.gateway.wire.Admission;
import dev.hansa.gateway.wire.HelloGate;
import dev.hansa.gateway.wire.ProxyHeaderGate;
import dev.hansa.gateway.wire.Relay;
import dev.hansa.gateway.wire.Transport;
import dev.hansa.gateway.wire.WireBytes;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.tls.PeerVerifier;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/// Where mutual TLS for one service ends: the application first, then the handshake, then who it
/// is, then whether it may. While the application is known to be down nobody is let in, and those
/// who are in stay, but for those whom it does not hear ([Unread]).
public final class Inbound {
    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);

    private final ServiceName service;
    private final Endpoint application;
    private final Transport transport;
    private final Acceptance acceptance;
    private final Liveness liveness;
    private final CallerTally callers;
    private final Supplier<Optional<TlsEnds>> ends;
    private final int maxConnections;
    private final Duration idleTimeout;
    private final Clock clock;
    private final Consumer<GatewayEvent> events;
    private final LongConsumer bytesIn;
    private final LongConsumer bytesOut;
    private final AtomicInteger open = new AtomicInteger();
    private final Places places;
    private final Unread unread;

    /// Those that have shown who they are, let in or about to be; at most `maxConnections`.
    private final Set<Connection> standing = ConcurrentHashMap.newKeySet();

    /// Those whose connection the application has not accepted yet; at most `maxConnections`.
    private final Set<Connection> waiting = ConcurrentHashMap.newKeySet();

    public Inbound(
            ServiceName service,
            Endpoint application,
            Transport transport,
            Acceptance acceptance,
            Liveness liveness,
            CallerTally callers,
            Supplier<Optional<TlsEnds>> ends,
            int maxConnections,
            Duration idleTimeout,
            Clock clock,
            Consumer<GatewayEvent> events,
            LongConsumer bytesIn,
            LongConsumer bytesOut) {
        this.service = service;
        this.places = new Places(service);
        this.application = application;
        this.transport = transport;
        this.acceptance = acceptance;
        this.unread = new Unread(acceptance);
        this.liveness = liveness;
        this.callers = callers;
        this.ends = ends;
        this.maxConnections = maxConnections;
        this.idleTimeout = idleTimeout;
        this.clock = clock;
        this.events = events;
        this.bytesIn = bytesIn;
        this.bytesOut = bytesOut;
    }

    /// Those that are not decided yet are among them.
    public int open() {
        return open.get();
    }

    /// Closes what was let in and would not be let in now: a deny or a peer that is gone takes
    /// effect at once. Call it after each change of the ends.
    public void review() {
        for (var connection : standing) {
            connection.channel.eventLoop().execute(connection::review);
        }
    }

    /// Turns away who waits for an application that is down. Call it after each change of its
    /// liveness.
    public void reviewWaiting() {
        if (liveness.down().isPresent()) {
            for (var connection : waiting) {
                connection.channel.eventLoop().execute(connection::waitNoMore);
            }
        }
    }

    /// The application was asked, and has not answered, so many times in a row.
    public void silent(int inARow) {
        unread.silent(inARow, liveness.down().isPresent());
    }

    /// Takes a new connection on its loop. A place of the service, and a connection to its
    /// application, is for whoever has said hello to it: until then it is one of the undecided. One
    /// beyond the limit is told so by an alert, so that its caller takes the next target.
    public void accept(Channel channel) {
        var connection = new Connection(channel);
        open.incrementAndGet();
        events.accept(new GatewayEvent.ConnectionOpened("inbound"));
        channel.pipeline().addLast(connection.downstreamBytes, new HelloGate(connection));
        connection.entry.waits(() -> channel.eventLoop().execute(connection::giveWay));
        channel.closeFuture()
                .addListener(_ -> {
                    open.decrementAndGet();
                    standing.remove(connection);
                    waiting.remove(connection);
                    if (connection.hasPlace) {
                        places.giveBack();
                    }
                    if (connection.place != null) {
                        callers.left(connection.place);
                    } else {
                        connection.abandon();
                        connection.deny(
                                Refusal.CLOSED_EARLY, "the caller closed before it was let in");
                        connection.record();
                    }
                });
    }

    /// What the sidecar allows, or less where the service's own policy says so.
    private int most() {
        return ends.get()
                .flatMap(present -> present.snapshot().inbound())
                .map(policy -> policy.most(maxConnections))
                .orElse(maxConnections);
    }

    private final class Connection implements HelloGate.Decision, HandshakeHold.Waiter {
        private final Channel channel;
        private final Admission.Entry entry;

        /// On its loop only.
        private boolean hasPlace;

        private final Instant began = clock.instant();
        private final long beganNanos = System.nanoTime();
        private final WireBytes downstreamBytes = new WireBytes(bytesIn, bytesOut);
        private final WireBytes upstreamBytes = new WireBytes(_ -> {}, _ -> {});
        private String name = "";
        private String source = "";
        private @Nullable StandingTrust caller;
        private @Nullable Channel toApplication;
        private @Nullable HandshakeHold hold;
        private CallerTally.@Nullable Place place;
        private String refusal = "";
        private String sentence = "";
        private String end = "";

        Connection(Channel channel) {
            this.channel = channel;
            this.entry = Admission.entry(channel);
        }

        /// Others come, and it has been undecided for longest.
        void giveWay() {
            if (!hasPlace && channel.isActive()) {
                turnAway(
                        Refusal.GAVE_WAY,
                        "it had not said what it wants when there were too many of those");
            }
        }

        void deny(Refusal reason, String why) {
            if (refusal.isEmpty()) {
                refusal = reason.word();
                sentence = why;
                if (reason != Refusal.CLOSED_EARLY) {
                    events.accept(
                            new GatewayEvent.InboundDenied(
                                    service.value(), source, reason.word(), why));
                }
            }
        }

        /// @param intention the rule that decided; `default` when none did
        private void forbid(String intention, String why) {
            if (refusal.isEmpty()) {
                deny(Refusal.INTENTION_DENIED, why);
                events.accept(
                        new GatewayEvent.IntentionDenied(
                                clock.instant(), source, service.value(), intention, why));
            }
        }

        void abandon() {
            hold = null;
            if (toApplication != null) {
                toApplication.close();
            }
        }

        @Override
        public void refused(Refusal reason) {
            deny(reason, "no name could be read: " + reason.word());
        }

        @Override
        public void named(ChannelHandlerContext ctx, ServerName asked, ByteBuf hello) {
            name = asked.value();
            if (!refusal.isEmpty()) {
                hello.release();
                HelloGate.alert(ctx, HelloGate.INTERNAL_ERROR);
                return;
            }
            var present = ends.get();
            if (present.isEmpty()) {
                hello.release();
                deny(
                        Refusal.NO_ROUTES_YET,
                        "service '" + service + "' has no certificate or policy yet");
                HelloGate.alert(ctx, HelloGate.INTERNAL_ERROR);
                return;
            }
            if (!asked.isOf(service, present.get().snapshot().trustDomain())) {
                hello.release();
                deny(
                        Refusal.NOT_SERVED,
                        "expected a name of service '" + service + "'; found '" + asked + "'");
                HelloGate.alert(ctx, HelloGate.INTERNAL_ERROR);
                return;
            }
            var most = most();
            if (!places.take(most)) {
                hello.release();
                deny(Refusal.TOO_MANY_CONNECTIONS, places.sentence(most));
                HelloGate.alert(ctx, HelloGate.INTERNAL_ERROR);
                return;
            }
            hasPlace = true;
            entry.decided();
            var down = liveness.down();
            if (down.isPresent()) {
                hello.release();
                deny(Refusal.APPLICATION_DOWN, isDown(down.get()));
                HelloGate.alert(ctx, HelloGate.INTERNAL_ERROR);
                return;
            }
            transport.connect(
                    channel.eventLoop(),
                    application,
                    liveness.patience(),
                    upstreamBytes,
                    (reached, failure) -> {
                        if (failure != null) {
                            hello.release();
                            liveness.hurry();
                            deny(
                                    Refusal.APPLICATION_DOWN,
                                    "application of '"
                                            + service
                                            + "' at "
                                            + application
                                            + ": "
                                            + failure.getMessage());
                            HelloGate.alert(ctx, HelloGate.INTERNAL_ERROR);
                        } else {
                            secure(ctx, hello, reached, present.get());
                        }
                    });
        }

        private String isDown(String why) {
            return "application of '" + service + "' is critical: " + why;
        }

        private void secure(
                ChannelHandlerContext ctx, ByteBuf hello, Channel reached, TlsEnds present) {
            if (!channel.isActive()) {
                hello.release();
                reached.close();
                return;
            }
            toApplication = reached;
            reached.closeFuture()
                    .addListener(_ -> {
                        if (place == null) {
                            channel.close();
                        }
                    });
            var held = new HandshakeHold(acceptance, liveness.patience(), this);
            hold = held;
            var tls = new SslHandler(present.accepting(channel.alloc()));
            tls.setHandshakeTimeoutMillis(HANDSHAKE_TIMEOUT.toMillis());
            tls.setCloseNotifyReadTimeoutMillis(Relay.GOODBYE.toMillis());
            var pipeline = channel.pipeline();
            pipeline.remove(HelloGate.class);
            pipeline.addLast(
                    held,
                    tls,
                    new Introduction(() -> introduced(present, tls), this::handshakeFailed));
            channel.config().setAutoRead(true);
            // the bytes that the gate held are the first that TLS sees
            var bytes = pipeline.context(downstreamBytes);
            bytes.fireChannelRead(hello);
            bytes.fireChannelReadComplete();
            held.await(reached);
        }

        @Override
        public void waits() {
            waiting.add(this);
            // first to where a review finds it: one of the two sees the other
            waitNoMore();
        }

        @Override
        public void accepted() {
            waitIsOver();
        }

        @Override
        public void givenUp(String why) {
            liveness.hurry();
            refuseHeld("application of '" + service + "' at " + application + ": " + why);
        }

        void waitNoMore() {
            liveness.down().ifPresent(why -> refuseHeld(isDown(why)));
        }

        private void waitIsOver() {
            hold = null;
            waiting.remove(this);
        }

        private void refuseHeld(String why) {
            var held = hold;
            if (held != null) {
                waitIsOver();
                deny(Refusal.APPLICATION_DOWN, why);
                held.refuse();
            }
        }

        private void handshakeFailed(Throwable cause) {
            deny(Refusal.HANDSHAKE_FAILED, "handshake failed: " + FailureWords.of(cause));
            channel.close();
        }

        /// The handshake is done: who is it, and may it? A change since the hello counts.
        void introduced(TlsEnds present, SslHandler tls) {
            List<X509Certificate> chain;
            try {
                chain =
                        Arrays.stream(tls.engine().getSession().getPeerCertificates())
                                .map(X509Certificate.class::cast)
                                .toList();
            } catch (SSLPeerUnverifiedException e) {
                chain = List.of();
            }
            // first to where a review finds it, then judged by what holds now: whichever order a
            // change and this come in, one of the two sees the other
            standing.add(this);
            if (!channel.isActive()) {
                standing.remove(this);
            }
            var now = ends.get().orElse(present);
            switch (now.caller(chain)) {
                case PeerVerifier.Rejected(_, var why) -> turnAway(Refusal.IDENTITY_REFUSED, why);
                case PeerVerifier.Trusted trusted -> {
                    var id = trusted.identity();
                    source = id.uri();
                    events.accept(
                            new GatewayEvent.Secured(
                                    "inbound", tls.engine().getSession().getProtocol()));
                    caller = new StandingTrust(trusted, chain.getFirst());
                    Denial.of(now, service, id).ifPresentOrElse(this::turnAway, () -> carry(id));
                }
            }
        }

        /// The policy or the trust may be another than when it was let in.
        void review() {
            var present = ends.get();
            var trust = caller;
            if (place == null || trust == null || present.isEmpty() || !channel.isActive()) {
                return;
            }
            var objection = present.get().callerObjection(trust);
            if (objection.isPresent()) {
                turnAway(
                        Refusal.TRUST_REMOVED,
                        "may not call '" + service + "' any more: " + objection.get());
            } else {
                Denial.of(present.get(), service, trust.identity())
                        .ifPresent(denial -> {
                            forbid(denial.intention(), denial.why());
                            reset();
                        });
            }
        }

        private void turnAway(Denial denial) {
            forbid(denial.intention(), denial.why());
            reset();
        }

        private void turnAway(Refusal reason, String why) {
            deny(reason, why);
            reset();
        }

        /// Past TLS: a goodbye would make an orderly answer of this. The application's side is let
        /// go by what follows a close; before it, its end would say that goodbye.
        private void reset() {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.unsafe().close(channel.voidPromise());
        }

        private void carry(SpiffeId id) {
            var reached = toApplication;
            if (reached == null || !reached.isActive()) {
                turnAway(
                        Refusal.APPLICATION_DOWN,
                        "application of '" + service + "' closed during the handshake");
                return;
            }
            place = callers.entered(id);
            channel.config().setAutoRead(false);
            unread.watch(
                    channel,
                    reached,
                    Relay.join(
                            channel,
                            Unpooled.EMPTY_BUFFER,
                            reached,
                            idleTimeout,
                            how -> {
                                end = how.word();
                                record();
                            }),
                    why -> turnAway(Refusal.APPLICATION_DOWN, isDown(why)));
        }

        void record() {
            events.accept(
                    new GatewayEvent.ConnectionEnded(
                            new ConnectionRecord(
                                    began,
                                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos),
                                    "inbound",
                                    service.value(),
                                    name,
                                    source,
                                    "",
                                    ProxyHeaderGate.caller(channel),
                                    place == null ? "" : application.toString(),
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
