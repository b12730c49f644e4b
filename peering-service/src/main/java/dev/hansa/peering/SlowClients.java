package dev.hansa.peering;

import dev.hansa.peering.api.BodyDoor;
import dev.hansa.peering.api.ClientNetwork;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Ends what takes its time at the operators' port: who sends a request a byte at a time, and who
/// keeps a connection that he does not use. Whoever waits for an answer is left alone, however long
/// that takes.
///
/// Where all places are taken, a newcomer takes one of the client that has most: the one of the
/// connection that has been unused for longest, and where each is used the one that has waited
/// longest for a request's headers; and of requests whose body has not come whole there are so many
/// at once, of which one more ends the oldest of the client that has most. So those who send theirs
/// in one go find a place, also beside thousands who do not.
///
/// Who is ended is not waited for: what he does not read goes with the connection.
final class SlowClients implements ConnectionDoor.Keeper {
    /// What an end is counted under.
    static final String HEADER = "header_timeout";

    static final String BODY = "body_timeout";
    static final String CROWD = "too_many_unfinished";

    /// PUT, up to 1 GiB over whatever line an operator has: as long as some of it comes within each
    /// time that another body has for its whole. With the slash, since the router takes both; one
    /// that is spelled otherwise has the time of other bodies.
    private static final Set<String> UPLOADS = Set.of("/v1/snapshot", "/v1/snapshot/");

    /// For the last word to who is ended for his slowness: a round trip to the other end of the
    /// world, and the loss of a packet. A place that a newcomer waits for is not held so long.
    private static final Duration LAST_WORD = Duration.ofSeconds(2);

    private static final int TOO_SLOW = 408;

    private final Limits limits;
    private final Consumer<String> onEnd;
    private final Map<SocketAddress, Watch> watches = new ConcurrentHashMap<>();

    private final YieldingPlaces<Watch> places = new YieldingPlaces<>();
    private final CrowdByClient<Exchange> bodies;

    /// Of those that are answered already: they take no places of the others.
    private final CrowdByClient<Exchange> unwanted;

    private final HeldAnswers<GivenAnswers> held;

    /// @param header from a connection's first byte, or the first after an answer, to the end of a
    ///   request's headers; of a new connection from its begin, with TLS's handshake
    /// @param body from there to its last byte
    /// @param idle between an answer and the next request on its connection, and between two looks
    ///   at how much of an answer is taken
    /// @param bodies that have not come whole. As many again that are answered, of which nothing is
    ///   kept
    /// @param unfinished bytes that those bodies will have when they are whole, of all together
    /// @param unread bytes of answers that their clients have not taken, of all together; of one
    ///   connection of HTTP/2 three quarters of them. The longest answer comes on top
    record Limits(
            Duration header,
            Duration body,
            Duration idle,
            int bodies,
            long unfinished,
            long unread) {}

    /// @param onEnd told why something is ended; on an event loop
    SlowClients(Limits limits, Consumer<String> onEnd) {
        this.limits = limits;
        this.onEnd = onEnd;
        this.bodies = new CrowdByClient<>(limits.bodies(), limits.unfinished());
        this.unwanted = new CrowdByClient<>(limits.bodies(), Long.MAX_VALUE);
        this.held = new HeldAnswers<>(limits.unread());
    }

    @Override
    public boolean letsIn(Channel newcomer, boolean isFull) {
        var watch = new Watch(newcomer);
        if (isFull && !takesAPlace(watch)) {
            return false;
        }
        newcomer.pipeline().addFirst(watch.given, watch);
        return true;
    }

    private boolean takesAPlace(Watch newcomer) {
        var other = places.next();
        other.ifPresent(one -> one.makeRoom(newcomer));
        return other.isPresent();
    }

    /// Watches the requests of the connections that were [#letsIn].
    Handler<HttpServerRequest> watching(Handler<HttpServerRequest> next) {
        return request -> {
            var from = request.remoteAddress();
            var watch =
                    watches.get(
                            new InetSocketAddress(
                                    InetAddress.ofLiteral(from.hostAddress()), from.port()));
            if (watch == null) {
                next.handle(request);
                return;
            }
            var exchange = watch.begun(request);
            next.handle(request);
            exchange.handed();
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
        private final ClientNetwork client;
        private final Outgoing outgoing;
        private final GivenAnswers given;

        /// Requests of which the whole, or the answer, is outstanding.
        private int active;

        private boolean isInHeader;
        private boolean hasSpoken;
        private boolean isHttp2;
        private volatile boolean isRefused;
        private @Nullable Future<?> timer;

        Watch(Channel channel) {
            this.channel = channel;
            this.client =
                    ClientNetwork.of(((InetSocketAddress) channel.remoteAddress()).getAddress());
            this.outgoing = new Outgoing(channel);
            this.given = new GivenAnswers(channel, client, outgoing, held, limits, onEnd);
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            watches.put(channel.remoteAddress(), this);
            channel.closeFuture().addListener(_ -> closed());
            if (isRefused) {
                channel.eventLoop().execute(this::hangUp);
            }
            if (channel.isOpen()) {
                awaitHeader();
            }
        }

        private void closed() {
            stopTimer();
            places.ended(this, client);
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
            places.inHeader(this, client);
            restart(limits.header(), () -> end(HEADER));
        }

        Exchange begun(HttpServerRequest request) {
            active++;
            isInHeader = false;
            isHttp2 = request.version() == HttpVersion.HTTP_2;
            stopTimer();
            places.used(this, client);
            var exchange = new Exchange(this, request);
            exchange.begin();
            return exchange;
        }

        /// @param connection this one's; the request is let go of
        void ended(HttpConnection connection) {
            if (--active == 0 && channel.isOpen()) {
                hasSpoken = false;
                outgoing.isTaken(limits.idle());
                rest(connection);
            }
        }

        private void rest(HttpConnection connection) {
            places.unused(this, client);
            restart(
                    limits.idle(),
                    () -> {
                        if (outgoing.isTaken(limits.idle())) {
                            rest(connection);
                            return;
                        }
                        places.used(this, client);
                        // nothing is lost by it, so it is no refusal
                        connection.close();
                        hangUpSoon();
                    });
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

        /// From any thread. One that has begun to be used meanwhile, or is sent an answer still, is
        /// passed over; the latter until its next look.
        void makeRoom(Watch newcomer) {
            channel.eventLoop()
                    .execute(() -> {
                        if (!channel.isOpen()) {
                            return;
                        }
                        if (isInHeader) {
                            end(ConnectionDoor.TOO_MANY);
                            hangUp();
                        } else if (active == 0 && outgoing.isEmpty()) {
                            onEnd.accept(ConnectionDoor.TOO_MANY);
                            hangUp();
                        } else if (!takesAPlace(newcomer)) {
                            newcomer.refuse();
                        }
                    });
        }

        /// From any thread, also before it has a loop.
        private void refuse() {
            onEnd.accept(ConnectionDoor.TOO_MANY);
            isRefused = true;
            if (channel.isRegistered()) {
                channel.eventLoop().execute(this::hangUp);
            }
        }

        /// Past all that waits to be written, which an ordinary close waits for.
        private void hangUp() {
            if (channel.isOpen()) {
                channel.unsafe().close(channel.newPromise());
            }
        }

        void hangUpSoon() {
            later(this::hangUp);
        }

        void later(Runnable end) {
            var _ = channel.eventLoop().schedule(end, LAST_WORD.toMillis(), TimeUnit.MILLISECONDS);
        }

        private void end(String reason) {
            onEnd.accept(reason);
            stopTimer();
            places.used(this, client);
            hangUpSoon();
            if (hasSpoken) {
                LastWord.say(channel.pipeline().context(this), sentence(reason));
            } else {
                channel.close();
            }
        }
    }

    /// One request from its headers on, on its connection's event loop.
    private final class Exchange {
        private final Watch watch;
        private final HttpServerRequest request;
        private final GivenAnswers.Answer answer;
        private final ClientNetwork client;
        private final boolean isUpload;
        private boolean isWhole;
        private boolean isAnswered;
        private boolean isEnded;
        private @Nullable Future<?> timer;

        Exchange(Watch watch, HttpServerRequest request) {
            this.watch = watch;
            this.request = request;
            this.answer = watch.given.count(request);
            this.client = watch.client;
            this.isUpload =
                    HttpMethod.PUT.equals(request.method()) && UPLOADS.contains(request.path());
        }

        void begin() {
            request.response().endHandler(_ -> answered());
            if (isUpload) {
                awaitMore();
            } else if (hasBody()) {
                restart(() -> end(BODY));
            }
            request.end().onComplete(_ -> whole());
        }

        /// One that is held before it is read is not whole, though nothing more comes of it.
        private boolean hasBody() {
            if (request.version() == HttpVersion.HTTP_2) {
                return watch.outgoing.isBodyComing(request.response().streamId());
            }
            var length = request.getHeader("Content-Length");
            return request.headers().contains("Transfer-Encoding")
                    || length != null && !length.equals("0");
        }

        /// Its handler has it: who was turned away at once takes no place of another.
        void handed() {
            if (!isUpload && timer != null && !isWhole && !isAnswered) {
                bodies.add(this, client, size()).forEach(Exchange::crowdedOut);
            }
        }

        /// Of its body, as the client says; who does not say may send as much as anybody.
        private long size() {
            var length = request.getHeader("Content-Length");
            try {
                return length == null
                        ? BodyDoor.MAX_BODY
                        : Math.clamp(Long.parseLong(length), 0, BodyDoor.MAX_BODY);
            } catch (NumberFormatException _) {
                return BodyDoor.MAX_BODY;
            }
        }

        private void awaitMore() {
            var before = request.bytesRead();
            restart(() -> {
                if (request.bytesRead() > before) {
                    awaitMore();
                } else {
                    end(BODY);
                }
            });
        }

        private void restart(Runnable end) {
            stopTimer();
            timer =
                    watch.channel
                            .eventLoop()
                            .schedule(end, limits.body().toMillis(), TimeUnit.MILLISECONDS);
        }

        private void stopTimer() {
            if (timer != null) {
                timer.cancel(false);
            }
        }

        private void whole() {
            if (!isWhole) {
                isWhole = true;
                bodies.remove(this, client);
                unwanted.remove(this, client);
                stopTimer();
                done();
            }
        }

        private void answered() {
            if (!isAnswered) {
                isAnswered = true;
                answer.ended();
                bodies.remove(this, client);
                if (!isWhole && !isEnded) {
                    // nobody wants the rest of it
                    unwanted.add(this, client, 0).forEach(Exchange::crowdedOut);
                    if (isUpload || timer == null) {
                        restart(() -> end(BODY));
                    }
                }
                done();
            }
        }

        private void done() {
            if (isWhole && isAnswered) {
                watch.ended(request.connection());
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
            if (isEnded) {
                return;
            }
            isEnded = true;
            onEnd.accept(reason);
            bodies.remove(this, client);
            unwanted.remove(this, client);
            stopTimer();
            hangUpSoon();
            var response = request.response();
            if (response.headWritten() || response.closed()) {
                hangUp();
                return;
            }
            response.setStatusCode(TOO_SLOW).putHeader("Content-Type", "text/plain; charset=utf-8");
            if (request.version() != HttpVersion.HTTP_2) {
                response.putHeader("Connection", "close");
            }
            response.end(isUpload && BODY.equals(reason) ? stalled() : sentence(reason))
                    .onComplete(_ -> hangUp());
        }

        private String stalled() {
            return "request: expected some of its body every "
                    + limits.body().toMillis()
                    + " ms; found none";
        }

        private void hangUpSoon() {
            if (request.version() != HttpVersion.HTTP_2) {
                watch.hangUpSoon();
                return;
            }
            watch.later(() -> {
                if (!request.response().closed()) {
                    request.response().reset(0);
                }
            });
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
