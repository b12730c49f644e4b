package dev.hansa.peering;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Ends what takes its time at the operators' port: who sends a request a byte at a time, and who
/// keeps a connection that he does not use. Whoever waits for an answer is left alone, however long
/// that takes.
///
/// Where all places are taken, a newcomer takes the one of the connection that has waited longest
/// for a request's headers; and of requests whose body has not come whole there are so many at
/// once, of which one more ends the oldest. So those who send theirs in one go always find a place,
/// also beside thousands who do not.
final class SlowClients implements ConnectionDoor.Keeper {
    /// What an end is counted under.
    static final String HEADER = "header_timeout";

    static final String BODY = "body_timeout";
    static final String CROWD = "too_many_unfinished";

    /// Up to 1 GiB over whatever line an operator has, and nobody sends one who may not.
    private static final String SNAPSHOT = "/v1/snapshot";

    private static final int TOO_SLOW = 408;

    private final Limits limits;
    private final Consumer<String> onEnd;
    private final Map<SocketAddress, Watch> watches = new ConcurrentHashMap<>();

    private final Unfinished<Watch> headers = new Unfinished<>();
    private final Unfinished<Exchange> bodies = new Unfinished<>();

    /// @param header from a connection's first byte, or the first after an answer, to the end of a
    ///   request's headers; of a new connection from its begin, with TLS's handshake
    /// @param body from there to its last byte
    /// @param idle between an answer and the next request on its connection
    /// @param bodies that have not come whole; each may hold 512 KiB
    record Limits(Duration header, Duration body, Duration idle, int bodies) {}

    /// @param onEnd told why something is ended; on an event loop
    SlowClients(Limits limits, Consumer<String> onEnd) {
        this.limits = limits;
        this.onEnd = onEnd;
    }

    /// What has not come whole, the oldest first.
    private static final class Unfinished<T> {
        private final Set<T> all = new LinkedHashSet<>();

        synchronized void add(T one) {
            all.add(one);
        }

        synchronized void remove(T one) {
            all.remove(one);
        }

        /// Takes the oldest out, if there are more than `most`.
        synchronized Optional<T> above(int most) {
            if (all.size() <= most) {
                return Optional.empty();
            }
            var oldest = all.iterator().next();
            all.remove(oldest);
            return Optional.of(oldest);
        }
    }

    @Override
    public boolean makesRoom() {
        var oldest = headers.above(0);
        oldest.ifPresent(Watch::makeRoom);
        return oldest.isPresent();
    }

    @Override
    public void accepted(Channel connection) {
        connection.pipeline().addFirst(new Watch(connection));
    }

    /// Watches the requests of the connections that were [#accepted].
    Handler<HttpServerRequest> watching(Handler<HttpServerRequest> next) {
        return request -> {
            var from = request.remoteAddress();
            var watch =
                    watches.get(
                            new InetSocketAddress(
                                    InetAddress.ofLiteral(from.hostAddress()), from.port()));
            if (watch != null) {
                watch.begun(request);
            }
            next.handle(request);
        };
    }

    private String sentence(String reason) {
        return "request: expected "
                + switch (reason) {
                    case HEADER ->
                            "its line and headers within " + limits.header().toMillis() + " ms";
                    case BODY -> "its body within " + limits.body().toMillis() + " ms";
                    default -> "its whole soon, since too many others wait for a place";
                }
                + "; found a part of it";
    }

    /// One connection, on its event loop. First in its pipeline, so that it sees bytes as they
    /// come.
    private final class Watch extends ChannelInboundHandlerAdapter {
        private final Channel channel;

        /// Requests of which the whole, or the answer, is outstanding.
        private int active;

        private boolean isInHeader;
        private boolean hasSpoken;
        private boolean isHttp2;
        private @Nullable Future<?> timer;

        Watch(Channel channel) {
            this.channel = channel;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            watches.put(channel.remoteAddress(), this);
            channel.closeFuture().addListener(_ -> closed());
            awaitHeader();
        }

        private void closed() {
            stopTimer();
            headers.remove(this);
            watches.remove(channel.remoteAddress(), this);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object bytes) {
            hasSpoken = true;
            // a client of HTTP/2 says more than requests; its connection has the time of idle ones
            if (active == 0 && !isInHeader && !isHttp2) {
                awaitHeader();
            }
            context.fireChannelRead(bytes);
        }

        private void awaitHeader() {
            isInHeader = true;
            headers.add(this);
            restart(limits.header(), () -> end(HEADER));
        }

        void begun(HttpServerRequest request) {
            active++;
            isInHeader = false;
            isHttp2 = request.version() == HttpVersion.HTTP_2;
            stopTimer();
            headers.remove(this);
            new Exchange(this, request).begin();
        }

        void ended(HttpServerRequest request) {
            if (--active == 0 && channel.isOpen()) {
                hasSpoken = false;
                // nothing is lost by it, so it is no refusal
                restart(limits.idle(), () -> request.connection().close());
            }
        }

        private void restart(Duration limit, Runnable end) {
            stopTimer();
            timer = channel.eventLoop().schedule(end, limit.toMillis(), TimeUnit.MILLISECONDS);
        }

        private void stopTimer() {
            if (timer != null) {
                timer.cancel(false);
                timer = null;
            }
        }

        /// From any thread.
        void makeRoom() {
            channel.eventLoop()
                    .execute(() -> {
                        if (isInHeader) {
                            end(ConnectionDoor.TOO_MANY);
                        }
                    });
        }

        /// Who has begun a request of HTTP/1 is told why; who has said nothing, or speaks HTTP/2,
        /// where nothing was asked yet that could be answered, is not.
        private void end(String reason) {
            onEnd.accept(reason);
            stopTimer();
            headers.remove(this);
            var tls = channel.pipeline().context(SslHandler.class);
            var answer = Unpooled.copiedBuffer(answer(reason), StandardCharsets.US_ASCII);
            if (!hasSpoken) {
                channel.close();
            } else if (tls == null) {
                channel.pipeline()
                        .context(this)
                        .writeAndFlush(answer)
                        .addListener(_ -> channel.close());
            } else if (tls.handler() instanceof SslHandler handler
                    && handler.handshakeFuture().isSuccess()
                    && !"h2".equals(handler.applicationProtocol())) {
                tell(tls, handler, answer);
            } else {
                channel.close();
            }
        }

        private void tell(ChannelHandlerContext tls, SslHandler handler, ByteBuf answer) {
            var written = tls.newPromise();
            written.addListener(_ -> channel.close());
            try {
                handler.write(tls, answer, written);
                handler.flush(tls);
            } catch (Exception _) {
                // it cannot be told
                channel.close();
            }
        }

        private String answer(String reason) {
            var sentence = sentence(reason);
            return "HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\n"
                    + "Connection: close\r\nContent-Length: "
                    + sentence.length()
                    + "\r\n\r\n"
                    + sentence;
        }
    }

    /// One request from its headers on, on its connection's event loop.
    private final class Exchange {
        private final Watch watch;
        private final HttpServerRequest request;
        private boolean isWhole;
        private boolean isAnswered;
        private @Nullable Future<?> timer;

        Exchange(Watch watch, HttpServerRequest request) {
            this.watch = watch;
            this.request = request;
        }

        void begin() {
            request.response().endHandler(_ -> answered());
            if (!SNAPSHOT.equals(request.path())) {
                await();
            }
            request.end().onComplete(_ -> whole());
        }

        private void await() {
            bodies.add(this);
            bodies.above(limits.bodies()).ifPresent(Exchange::crowdedOut);
            timer =
                    watch.channel
                            .eventLoop()
                            .schedule(
                                    () -> end(BODY),
                                    limits.body().toMillis(),
                                    TimeUnit.MILLISECONDS);
        }

        private void whole() {
            if (!isWhole) {
                isWhole = true;
                bodies.remove(this);
                if (timer != null) {
                    timer.cancel(false);
                }
                done();
            }
        }

        private void answered() {
            if (!isAnswered) {
                isAnswered = true;
                if (!isWhole && timer == null) {
                    // nobody wants the rest of it
                    await();
                }
                done();
            }
        }

        private void done() {
            if (isWhole && isAnswered) {
                watch.ended(request);
            }
        }

        /// From any thread.
        private void crowdedOut() {
            watch.channel
                    .eventLoop()
                    .execute(() -> {
                        if (!isWhole) {
                            end(CROWD);
                        }
                    });
        }

        private void end(String reason) {
            onEnd.accept(reason);
            bodies.remove(this);
            var response = request.response();
            if (response.headWritten() || response.closed()) {
                hangUp();
                return;
            }
            response.setStatusCode(TOO_SLOW).putHeader("Content-Type", "text/plain; charset=utf-8");
            if (request.version() != HttpVersion.HTTP_2) {
                response.putHeader("Connection", "close");
            }
            response.end(sentence(reason)).onComplete(_ -> hangUp());
        }

        /// The others on a connection of HTTP/2 go on.
        private void hangUp() {
            if (request.version() == HttpVersion.HTTP_2) {
                request.response().reset(0);
            } else {
                request.connection().close();
            }
        }
    }
}
