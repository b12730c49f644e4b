package dev.hansa.gateway.sidecar;

import dev.hansa.failover.TracedWay;
import dev.hansa.gateway.GatewayEvent;
import dev.hansa.gateway.route.PassiveHealth.Sign;
import dev.hansa.gateway.sidecar.Handshake.Reached;
import dev.hansa.gateway.wire.Race;
import dev.hansa.gateway.wire.Transport;
import dev.hansa.gateway.wire.WireBytes;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Opens a real connection to each endpoint of each target, one after another so that none slows
/// another, says nothing on it and closes it. What it finds changes no connection's way. On one
/// event loop.
///
/// With TLS 1.3 a handshake is over here before the other end has seen who calls. What it thinks of
/// that comes a round trip later, as an end: so each connection is looked at a little longer.
final class UpstreamTrace {
    /// To connect, and as long for the handshake.
    private static final Duration LIMIT = Duration.ofSeconds(2);

    /// Beside as long as the handshake took, which has round trips in it: for the other end to
    /// judge.
    private static final Duration SETTLE = Duration.ofMillis(250);

    /// None starts after this: whoever asked waits a little longer.
    private static final Duration ALL = Duration.ofSeconds(8);

    private final Transport transport;
    private final EventLoop loop;
    private final TlsEnds ends;
    private final Consumer<GatewayEvent> events;
    private final Consumer<List<TracedWay>> done;
    private final Deque<Plan.Attempt> waiting;
    private final List<TracedWay> ways = new ArrayList<>();
    private final long deadline = System.nanoTime() + ALL.toNanos();

    UpstreamTrace(
            Transport transport,
            TlsEnds ends,
            Plan plan,
            Consumer<GatewayEvent> events,
            Consumer<List<TracedWay>> done) {
        this.transport = transport;
        this.loop = transport.loops().next();
        this.ends = ends;
        this.waiting = new ArrayDeque<>(plan.attempts());
        this.events = events;
        this.done = done;
    }

    void start() {
        loop.execute(this::next);
    }

    private void next() {
        var attempt = waiting.poll();
        if (attempt == null) {
            done.accept(ways);
        } else if (System.nanoTime() - deadline >= 0) {
            ways.add(
                    new TracedWay(
                            attempt.target().label(),
                            attempt.endpoint().address(),
                            Optional.empty(),
                            Duration.ZERO,
                            "",
                            "",
                            Optional.of(
                                    "not tried: the "
                                            + ALL.toSeconds()
                                            + " s of the trace were over")));
            next();
        } else {
            new One(attempt).start();
        }
    }

    private final class One implements Race.Finish<Reached> {
        private final Plan.Attempt attempt;
        private final long began = System.nanoTime();
        private @Nullable Handshake handshake;

        One(Plan.Attempt attempt) {
            this.attempt = attempt;
        }

        void start() {
            handshake =
                    new Handshake(
                            loop,
                            transport,
                            ends,
                            attempt.target(),
                            attempt.endpoint().address(),
                            LIMIT,
                            new WireBytes(_ -> {}, _ -> {}),
                            events,
                            this);
        }

        @Override
        public void reached(Reached result) {
            var took = System.nanoTime() - began;
            var channel = result.channel();
            var protocol =
                    channel.pipeline().get(SslHandler.class).engine().getSession().getProtocol();
            var judgement =
                    new Judgement(refusal -> {
                        add(took, protocol, result.trust().identity().uri(), refusal);
                        channel.close();
                        next();
                    });
            channel.pipeline().addLast(judgement);
            loop.schedule(
                    () -> judgement.over(Optional.empty()),
                    Math.min(took + SETTLE.toNanos(), LIMIT.toNanos()),
                    TimeUnit.NANOSECONDS);
        }

        @Override
        public void failed(Optional<Sign> sign, String why) {
            add(System.nanoTime() - began, "", "", Optional.of(why));
            next();
        }

        private void add(long took, String protocol, String identity, Optional<String> failure) {
            ways.add(
                    new TracedWay(
                            attempt.target().label(),
                            attempt.endpoint().address(),
                            Optional.ofNullable(handshake)
                                    .flatMap(Handshake::connectedAt)
                                    .map(at -> Duration.ofNanos(at - began)),
                            Duration.ofNanos(took),
                            protocol,
                            identity,
                            failure));
        }
    }

    /// Waits for what the other end does when it knows who calls. Told once.
    private static final class Judgement extends ChannelInboundHandlerAdapter {
        private static final Optional<String> REFUSED =
                Optional.of(
                        "closed after the handshake: the other end does not believe our identity,"
                                + " an intention denies the call, or the application ended it");

        private final Consumer<Optional<String>> told;
        private boolean isOver;

        Judgement(Consumer<Optional<String>> told) {
            this.told = told;
        }

        void over(Optional<String> refusal) {
            if (!isOver) {
                isOver = true;
                told.accept(refusal);
            }
        }

        /// An application that speaks first has taken the call.
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
            over(Optional.empty());
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent
                    || event instanceof SslCloseCompletionEvent) {
                over(REFUSED);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            over(REFUSED);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            over(REFUSED);
        }
    }
}
