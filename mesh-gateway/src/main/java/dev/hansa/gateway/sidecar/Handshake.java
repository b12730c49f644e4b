package dev.hansa.gateway.sidecar;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.Target;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.wire.Race;
import dev.hansa.gateway.wire.Relay;
import dev.hansa.gateway.wire.Transport;
import dev.hansa.gateway.wire.WireBytes;
import dev.hansa.trustbundle.tls.PeerVerifier;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/// One attempt at one endpoint of a target: TCP, TLS with the target's name, and then who it is.
/// Told once: reached, with its reading under way and nothing of the application said, or failed.
/// On one event loop.
final class Handshake implements Race.Attempt {
    private final TlsEnds ends;
    private final Target target;
    private final Endpoint endpoint;
    private final Duration limit;
    private final WireBytes counted;
    private final Consumer<GatewayEvent> events;
    private final Race.Finish<Reached> finish;
    private final Transport.Connecting connecting;
    private Optional<Long> connectedAt = Optional.empty();
    private boolean settled;

    /// A target that has shown who it is.
    record Reached(Channel channel, WireBytes bytes, StandingTrust trust) {}

    /// Begins.
    ///
    /// @param limit to connect, and as much for the handshake
    /// @param counted the first handler of the new channel
    Handshake(
            EventLoop loop,
            Transport transport,
            TlsEnds ends,
            Target target,
            Endpoint endpoint,
            Duration limit,
            WireBytes counted,
            Consumer<GatewayEvent> events,
            Race.Finish<Reached> finish) {
        this.ends = ends;
        this.target = target;
        this.endpoint = endpoint;
        this.limit = limit;
        this.counted = counted;
        this.events = events;
        this.finish = finish;
        this.connecting =
                transport.connect(
                        loop,
                        endpoint,
                        limit,
                        counted,
                        (reached, failure) -> {
                            if (failure == null) {
                                secure(reached);
                            } else {
                                fail(Transport.sign(failure), FailureWords.of(failure));
                            }
                        });
    }

    @Override
    public void callOff() {
        settled = true;
        connecting.callOff();
    }

    @Override
    public Sign silence() {
        return connectedAt.isPresent() ? Sign.SILENT : Sign.UNREACHED;
    }

    /// The `System.nanoTime` at which TCP stood; empty: it does not yet.
    Optional<Long> connectedAt() {
        return connectedAt;
    }

    private void fail(Sign sign, String why) {
        if (!settled) {
            callOff();
            finish.failed(Optional.of(sign), why);
        }
    }

    private void secure(Channel channel) {
        connectedAt = Optional.of(System.nanoTime());
        SslHandler tls;
        try {
            tls = ends.client(target).newHandler(channel.alloc(), target.sni(), endpoint.port());
        } catch (SSLException e) {
            callOff();
            finish.failed(Optional.empty(), "our own end cannot be made: " + e.getMessage());
            return;
        }
        tls.setHandshakeTimeoutMillis(limit.toMillis());
        // the other end answers our close_notify with its own; leaving before that would reset it
        tls.setCloseNotifyReadTimeoutMillis(Relay.GOODBYE.toMillis());
        channel.pipeline().addLast(tls, new Introduction(tls));
        channel.config().setAutoRead(true);
    }

    private void introduced(ChannelHandlerContext ctx, SslHandler tls) {
        var chain = chain(tls);
        switch (ends.server(target, chain)) {
            case PeerVerifier.Rejected(_, var why) -> fail(Sign.REJECTED, why);
            case PeerVerifier.Trusted trusted -> {
                settled = true;
                var channel = ctx.channel();
                events.accept(
                        new GatewayEvent.Secured(
                                "upstream", tls.engine().getSession().getProtocol()));
                finish.reached(
                        new Reached(
                                channel, counted, new StandingTrust(trusted, chain.getFirst())));
            }
        }
    }

    private static List<X509Certificate> chain(SslHandler tls) {
        try {
            return Arrays.stream(tls.engine().getSession().getPeerCertificates())
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (SSLPeerUnverifiedException e) {
            return List.of();
        }
    }

    /// What a handshake's failure says of the other end.
    private static Sign sign(Throwable failure) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SslHandshakeTimeoutException) {
                return Sign.SILENT;
            }
            if (cause instanceof ClosedChannelException) {
                return Sign.CLOSED;
            }
        }
        return failure instanceof SSLException ? Sign.REJECTED : Sign.CLOSED;
    }

    /// What a handshake's failure means here; the library's own words otherwise.
    private static String told(Throwable failure) {
        if (sign(failure) == Sign.CLOSED && failure instanceof ClosedChannelException) {
            return "closed during the handshake";
        }
        var words = FailureWords.of(failure);
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

    /// Waits for the end of the handshake, then makes way.
    private final class Introduction extends ChannelInboundHandlerAdapter {
        private final SslHandler tls;

        Introduction(SslHandler tls) {
            this.tls = tls;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            switch (event) {
                // half of a connection may be closed here, and then this is all that is said of it
                case ChannelInputShutdownEvent _ ->
                        fail(Sign.CLOSED, "closed during the handshake");
                case SslHandshakeCompletionEvent done when !done.isSuccess() ->
                        fail(sign(done.cause()), told(done.cause()));
                case SslHandshakeCompletionEvent _ when !settled -> {
                    ctx.pipeline().remove(this);
                    introduced(ctx, tls);
                }
                case SslHandshakeCompletionEvent _ -> {
                    // it was called off
                }
                default -> ctx.fireUserEventTriggered(event);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail(Sign.CLOSED, "closed during the handshake");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail(sign(cause), told(cause));
        }
    }
}
