package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.InboundPolicy;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.Refusal;
import dev.hansa.gateway.route.ServerName;
import dev.hansa.gateway.telemetry.ConnectionRecord;
import dev.hansa.gateway.wire.HelloGate;
import dev.hansa.gateway.wire.Relay;
import dev.hansa.gateway.wire.SniGateway;
import dev.hansa.gateway.wire.Transport;
import dev.hansa.gateway.wire.WireBytes;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.tls.PeerVerifier;
import io.netty.buffer.ByteBuf;
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
/// is, then whether it may.
public final class Inbound {
    /// Loopback; an application that does not accept within this is as good as gone.
    private static final Duration APPLICATION_TIMEOUT = Duration.ofSeconds(1);

    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);

    /// Callers beyond the limit that are being told so, which takes their ClientHello: without it a
    /// close would reset the alert away. More than these at once are a flood, and are closed unread.
    static final int MOST_TURNED_AWAY = 256;

    private final ServiceName service;
    private final Endpoint application;
    private final Transport transport;
    private final Supplier<Optional<TlsEnds>> ends;
    private final int maxConnections;
    private final Duration idleTimeout;
    private final Clock clock;
    private final Consumer<GatewayEvent> events;
    private final Runnable applicationRefused;
    private final LongConsumer bytesIn;
    private final LongConsumer bytesOut;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger turnedAway = new AtomicInteger();

    /// Those that have shown who they are, let in or about to be; at most `maxConnections`.
    private final Set<Connection> standing = ConcurrentHashMap.newKeySet();

    public Inbound(
            ServiceName service,
            Endpoint application,
            Transport transport,
            Supplier<Optional<TlsEnds>> ends,
            int maxConnections,
            Duration idleTimeout,
            Clock clock,
            Consumer<GatewayEvent> events,
            Runnable applicationRefused,
            LongConsumer bytesIn,
            LongConsumer bytesOut) {
        this.service = service;
        this.application = application;
        this.transport = transport;
        this.ends = ends;
        this.maxConnections = maxConnections;
        this.idleTimeout = idleTimeout;
        this.clock = clock;
        this.events = events;
        this.applicationRefused = applicationRefused;
        this.bytesIn = bytesIn;
        this.bytesOut = bytesOut;
    }

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

    /// Takes a new connection on its loop. One beyond the limit is told so by an alert, so that its
    /// caller takes the next target.
    public void accept(Channel channel) {
        var connection = new Connection(channel);
        var place = takePlace();
        events.accept(new GatewayEvent.ConnectionOpened("inbound"));
        if (!place) {
            connection.deny(
                    Refusal.TOO_MANY_CONNECTIONS,
                    "expected at most " + maxConnections + " connections to '" + service + "'");
        }
        if (place || turnedAway.incrementAndGet() <= MOST_TURNED_AWAY) {
            channel.pipeline().addLast(connection.downstreamBytes, new HelloGate(connection));
        } else {
            channel.close();
        }
        channel.closeFuture()
                .addListener(_ -> {
                    (place ? open : turnedAway).decrementAndGet();
                    standing.remove(connection);
                    if (!connection.carried) {
                        connection.abandon();
                        connection.deny(
                                Refusal.CLOSED_EARLY, "the caller closed before it was let in");
                        connection.record();
                    }
                });
    }

    private boolean takePlace() {
        if (open.incrementAndGet() <= maxConnections) {
            return true;
        }
        open.decrementAndGet();
        return false;
    }

    /// Why a caller whose identity is known may not come in.
    ///
    /// @param intention the rule's label; [#DEFAULT] when none decided
    private record Denial(String intention, String why) {
        static final String DEFAULT = "default";

        static Optional<Denial> of(String why) {
            return Optional.of(new Denial(DEFAULT, why));
        }
    }

    private final class Connection implements HelloGate.Decision {
        private final Channel channel;
        private final Instant began = clock.instant();
        private final long beganNanos = System.nanoTime();
        private final WireBytes downstreamBytes = new WireBytes(bytesIn, bytesOut);
        private final WireBytes upstreamBytes = new WireBytes(_ -> {}, _ -> {});
        private String name = "";
        private String source = "";
        private @Nullable StandingTrust caller;
        private @Nullable Channel toApplication;
        private boolean carried;
        private String refusal = "";
        private String sentence = "";
        private String end = "";

        Connection(Channel channel) {
            this.channel = channel;
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
            if (!isOurs(asked.value(), present.get().snapshot().trustDomain().name())) {
                hello.release();
                deny(
                        Refusal.NOT_SERVED,
                        "expected a name of service '" + service + "'; found '" + asked + "'");
                HelloGate.alert(ctx, HelloGate.INTERNAL_ERROR);
                return;
            }
            transport.connect(
                    channel.eventLoop(),
                    application,
                    APPLICATION_TIMEOUT,
                    upstreamBytes,
                    (reached, failure) -> {
                        if (failure != null) {
                            hello.release();
                            applicationRefused.run();
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

        /// `<service>.…internal.<own domain>` or `<service>.…external.<own domain>`.
        private boolean isOurs(String asked, String domain) {
            return asked.startsWith(service + ".default.")
                    && (asked.endsWith(".internal." + domain)
                            || asked.endsWith(".external." + domain));
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
                        if (!carried) {
                            channel.close();
                        }
                    });
            var tls = new SslHandler(present.accepting(channel.alloc()));
            tls.setHandshakeTimeoutMillis(HANDSHAKE_TIMEOUT.toMillis());
            tls.setCloseNotifyReadTimeoutMillis(Relay.GOODBYE.toMillis());
            var pipeline = channel.pipeline();
            pipeline.remove(HelloGate.class);
            pipeline.addLast(tls, new Introduction(this, present, tls));
            channel.config().setAutoRead(true);
            // the bytes that the gate held are the first that TLS sees
            var bytes = pipeline.context(downstreamBytes);
            bytes.fireChannelRead(hello);
            bytes.fireChannelReadComplete();
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
                    permitted(now, id).ifPresentOrElse(this::turnAway, this::carry);
                }
            }
        }

        /// The policy or the trust may be another than when it was let in.
        void review() {
            var present = ends.get();
            var trust = caller;
            if (!carried || trust == null || present.isEmpty() || !channel.isActive()) {
                return;
            }
            var objection = present.get().callerObjection(trust);
            if (objection.isPresent()) {
                turnAway(
                        Refusal.TRUST_REMOVED,
                        "may not call '" + service + "' any more: " + objection.get());
            } else {
                permitted(present.get(), trust.identity())
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

        /// Why the caller may not come in; empty when it may.
        private Optional<Denial> permitted(TlsEnds present, SpiffeId id) {
            var snapshot = present.snapshot();
            var named = id.asService();
            if (named.isEmpty()) {
                return Denial.of("expected the certificate of a service; found '" + id + "'");
            }
            var policy = snapshot.inbound();
            if (policy.isEmpty()) {
                return Denial.of("service '" + service + "' has no policy yet");
            }
            var peer =
                    Optional.ofNullable(
                            policy.map(InboundPolicy::peers).get().get(id.trustDomain()));
            var decision =
                    policy.get().intentions().decide(peer, named.get().name(), service.value());
            return decision.allowed()
                    ? Optional.empty()
                    : Optional.of(
                            new Denial(
                                    decision.by().map(Intention::label).orElse(Denial.DEFAULT),
                                    "'"
                                            + named.get().name()
                                            + "'"
                                            + peer.map(p -> " of peer '" + p + "'").orElse("")
                                            + " may not call '"
                                            + service
                                            + "': "
                                            + decision.by()
                                                    .map(rule ->
                                                            "intention " + rule.label() + " denies")
                                                    .orElse(
                                                            "no intention allows it and the default is to deny")));
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

        private void carry() {
            var reached = toApplication;
            if (reached == null || !reached.isActive()) {
                turnAway(
                        Refusal.APPLICATION_DOWN,
                        "application of '" + service + "' closed during the handshake");
                return;
            }
            carried = true;
            channel.config().setAutoRead(false);
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
                                    SniGateway.text(channel),
                                    carried ? application.toString() : "",
                                    downstreamBytes.in(),
                                    downstreamBytes.out(),
                                    upstreamBytes.in(),
                                    upstreamBytes.out(),
                                    end,
                                    refusal,
                                    sentence)));
        }
    }

    /// Waits for the end of the handshake, then makes way.
    private static final class Introduction extends ChannelInboundHandlerAdapter {
        private final Connection connection;
        private final TlsEnds present;
        private final SslHandler tls;

        Introduction(Connection connection, TlsEnds present, SslHandler tls) {
            this.connection = connection;
            this.present = present;
            this.tls = tls;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof SslHandshakeCompletionEvent done)) {
                ctx.fireUserEventTriggered(event);
                return;
            }
            if (done.isSuccess()) {
                ctx.pipeline().remove(this);
                connection.introduced(present, tls);
            } else {
                connection.deny(
                        Refusal.HANDSHAKE_FAILED, "handshake failed: " + reason(done.cause()));
                connection.channel.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            connection.deny(Refusal.HANDSHAKE_FAILED, "handshake failed: " + reason(cause));
            ctx.close();
        }
    }

    /// The innermost cause: a verifier's sentence, where there is one.
    static String reason(Throwable failure) {
        var cause = failure;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
