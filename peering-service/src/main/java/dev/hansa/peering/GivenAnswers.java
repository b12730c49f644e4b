package dev.hansa.peering;

import dev.hansa.peering.api.ClientNetwork;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The answers of one connection that were given whole and that its client has not taken yet. In
/// its pipeline, on its event loop; there are at most as many as it has streams.
///
/// Of HTTP/2 one is taken when its stream ends, which is when its last byte is written to the
/// socket. Until the client gives room for it, Vert.x keeps it before its end is written, or
/// Netty's flow controller does; neither says how much it keeps. Of HTTP/1 one is in the
/// connection's buffer, and the next one, which Vert.x keeps, is written when that has room again;
/// a third is not begun.
///
/// Whoever takes too little of them between two looks loses them, whatever else he says or asks
/// meanwhile: of HTTP/2 those streams alone that were there at both, for others may share the
/// connection and wait, unless it is the socket that he does not read.
///
/// What is made while it is sent, as streams of events and snapshots are, waits for room before
/// more of it is made, and is not counted.
final class GivenAnswers extends ChannelDuplexHandler {
    /// What an end is counted under, of a connection or of a stream.
    static final String UNREAD = "unread_answers";

    private static final int NOT_MODIFIED = 304;

    /// Bytes of an answer that is never refused: of 256 streams they are 16 MiB, and what they hold
    /// beside others' ends the connection.
    private static final long SMALL = 64 * 1024;

    private final Channel channel;
    private final ClientNetwork client;
    private final Outgoing outgoing;
    private final HeldAnswers<GivenAnswers> all;
    private final SlowClients.Limits limits;
    private final Consumer<String> onEnd;

    /// HTTP/2's, by stream.
    private final Map<Integer, Given> streams = new HashMap<>();

    private final Set<Integer> refused = new HashSet<>();
    private long ofStreams;
    private boolean isListening;

    /// Bytes of HTTP/1's: in the connection's buffer, and the next.
    private long written;

    private long next;
    private volatile boolean isEnded;
    private @Nullable Future<?> look;

    /// @param since as [System#nanoTime]
    /// @param most bytes that the connection held at once meanwhile, this one's among them: they
    ///   share the line
    private record Given(long bytes, long since, long most) {
        Given beside(long all) {
            return all > most ? new Given(bytes, since, all) : this;
        }

        /// Though others of the connection may have been taken instead.
        boolean isLate(long now, Duration idle) {
            return now - since > Outgoing.longest(most).plus(idle).toNanos();
        }
    }

    /// @param onEnd told why something is ended; on an event loop
    GivenAnswers(
            Channel channel,
            ClientNetwork client,
            Outgoing outgoing,
            HeldAnswers<GivenAnswers> all,
            SlowClients.Limits limits,
            Consumer<String> onEnd) {
        this.channel = channel;
        this.client = client;
        this.outgoing = outgoing;
        this.all = all;
        this.limits = limits;
        this.onEnd = onEnd;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel.closeFuture().addListener(_ -> forget());
    }

    private void forget() {
        isEnded = true;
        stopLooking();
        all.holds(this, client, 0, 0);
    }

    /// Counts this request's answer when it is given.
    Answer count(HttpServerRequest request) {
        return new Answer(request);
    }

    /// One request's.
    final class Answer {
        private final HttpServerRequest request;
        private volatile boolean isCounted;

        private Answer(HttpServerRequest request) {
            this.request = request;
            request.response().headersEndHandler(_ -> count(wholeBytes(request)));
        }

        private void count(long bytes) {
            isCounted = true;
            if (bytes > 0) {
                inLoop(() -> given(request, bytes));
            }
        }

        /// It has been written as far as it goes. Whoever puts another handler of the headers' end
        /// in place of ours, as routes may, has it counted by now.
        void ended() {
            if (!isCounted) {
                count(wholeBytes(request));
            }
            inLoop(() -> GivenAnswers.this.ended(request.response().streamId()));
        }
    }

    /// 0 for one whose body is made while it is sent: it has not ended yet when its headers are
    /// written.
    private static long wholeBytes(HttpServerRequest request) {
        var response = request.response();
        var length = response.headers().get(HttpHeaders.CONTENT_LENGTH);
        return !response.ended()
                        || length == null
                        || request.method().equals(HttpMethod.HEAD)
                        || response.getStatusCode() == NOT_MODIFIED
                ? 0
                : Long.parseLong(length);
    }

    private void inLoop(Runnable work) {
        if (channel.eventLoop().inEventLoop()) {
            work.run();
        } else {
            channel.eventLoop().execute(work);
        }
    }

    private void given(HttpServerRequest request, long bytes) {
        var stream = request.response().streamId();
        if (stream < 0) {
            if (channel.isWritable()) {
                written += bytes;
            } else {
                next += bytes;
            }
        } else if (!outgoing.isOpen(stream)) {
            return;
        } else if (isRefusable(request, bytes)
                && ofStreams + bytes - Math.max(bytes, longestOfStreams())
                        > limits.unread() / 4 * 3) {
            refused.add(stream);
            return;
        } else {
            listen();
            ofStreams += bytes;
            streams.put(stream, new Given(bytes, System.nanoTime(), ofStreams));
            streams.replaceAll((_, one) -> one.beside(ofStreams));
        }
        say();
    }

    /// Whoever has written learns how that went.
    private static boolean isRefusable(HttpServerRequest request, long bytes) {
        return bytes > SMALL && request.method().equals(HttpMethod.GET);
    }

    private long longestOfStreams() {
        return streams.values().stream().mapToLong(Given::bytes).max().orElse(0);
    }

    private void listen() {
        if (!isListening) {
            isListening = true;
            outgoing.onTaken(stream -> {
                var given = streams.remove(stream);
                if (given != null) {
                    ofStreams -= given.bytes();
                    say();
                }
            });
        }
    }

    /// @param stream of HTTP/2; below 0 otherwise
    private void ended(int stream) {
        if (refused.remove(stream)) {
            onEnd.accept(UNREAD);
            outgoing.reset(stream);
        } else if (stream < 0 && channel.isWritable()) {
            written = 0;
            say();
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes) {
            outgoing.wrote(bytes.readableBytes());
        }
        context.write(message, promise);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        var isTaken = channel.isWritable();
        if (isTaken) {
            written = next;
            next = 0;
        }
        context.fireChannelWritabilityChanged();
        if (isTaken) {
            if (channel.isWritable()) {
                written = 0;
                outgoing.tellOfRoom();
            }
            say();
        }
    }

    private void say() {
        if (isEnded) {
            return;
        }
        var bytes = ofStreams + written + next;
        if (bytes == 0) {
            stopLooking();
        } else if (look == null) {
            lookLater();
        }
        var longest = Math.max(longestOfStreams(), Math.max(written, next));
        all.holds(this, client, bytes, longest).forEach(GivenAnswers::end);
    }

    private void lookLater() {
        var before = outgoing.taken();
        var there = Set.copyOf(streams.keySet());
        look =
                channel.eventLoop()
                        .schedule(
                                () -> look(before, there),
                                limits.idle().toMillis(),
                                TimeUnit.MILLISECONDS);
    }

    private void stopLooking() {
        if (look != null) {
            look.cancel(false);
            look = null;
        }
    }

    /// @param there at the last look
    private void look(long before, Set<Integer> there) {
        var isEnough = Outgoing.isEnough(outgoing.taken() - before, limits.idle());
        var now = System.nanoTime();
        var lost =
                streams.entrySet().stream()
                        .filter(one ->
                                isEnough
                                        ? one.getValue().isLate(now, limits.idle())
                                        : there.contains(one.getKey()))
                        .map(Map.Entry::getKey)
                        .toList();
        if (!isEnough && (streams.isEmpty() || !lost.isEmpty() && !outgoing.isSent())) {
            isEnded = true;
            hangUp();
            return;
        }
        lookLater();
        for (var each : lost) {
            onEnd.accept(UNREAD);
            outgoing.reset(each);
        }
    }

    /// From any thread.
    private void end() {
        isEnded = true;
        channel.eventLoop().execute(this::hangUp);
    }

    /// Past all that waits to be written.
    private void hangUp() {
        if (channel.isOpen()) {
            onEnd.accept(UNREAD);
            channel.unsafe().close(channel.newPromise());
        }
    }
}
