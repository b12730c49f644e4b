package dev.hansa.peering.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.hansa.peering.PeeringEvent;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Holds each address to its rate, so that a program gone wild is turned away before its request
/// costs a thread, a look at the store or an entry of the log, and leaves the server to the others.
/// A request that one server passes on to another was counted by the first.
final class RequestPace implements Handler<RoutingContext> {
    /// Half a KiB each. Who comes from more addresses than that is not stopped by counting them,
    /// but by `http.max-connections`.
    static final int MAX_CLIENTS = 16_384;

    /// After so long without a request the buckets are full again, so that nothing is forgiven.
    private static final Duration FORGOTTEN = Duration.ofSeconds(10);

    private static final int BURST_SECONDS = 2;

    private static final Set<String> READS = Set.of("GET", "HEAD", "OPTIONS");

    private final RequestRates rates;
    private final Consumer<PeeringEvent> events;
    private final TimeMeter time;
    private final Cache<ClientNetwork, Buckets> clients;

    private record Buckets(Bucket reads, Bucket writes) {}

    /// @param nanoTime as [System#nanoTime]
    RequestPace(RequestRates rates, LongSupplier nanoTime, Consumer<PeeringEvent> events) {
        this.rates = rates;
        this.events = events;
        this.time = new Nanos(nanoTime);
        Ticker ticker = nanoTime::getAsLong;
        this.clients =
                Caffeine.newBuilder()
                        .maximumSize(MAX_CLIENTS)
                        .expireAfterAccess(FORGOTTEN)
                        .ticker(ticker)
                        .executor(Runnable::run)
                        .build();
    }

    @Override
    public void handle(RoutingContext call) {
        var client = InetAddress.ofLiteral(call.request().remoteAddress().hostAddress());
        var method = call.request().method().name();
        var wait = takes(client, method);
        if (wait.isZero()) {
            call.next();
            return;
        }
        events.accept(new PeeringEvent.RequestOverRate());
        var isRead = READS.contains(method);
        call.response().putHeader("Retry-After", Long.toString(wait.toSeconds()));
        AnswerWriter.plain(
                call,
                429,
                "request: expected at most "
                        + (isRead ? rates.reads() : rates.writes())
                        + (isRead ? " reads" : " writes")
                        + " a second from one address ("
                        + (isRead ? "http.max-read-rate" : "http.max-write-rate")
                        + "); found more");
    }

    /// Counts a request.
    ///
    /// @return zero when it may go on, else whole seconds until another may
    Duration takes(InetAddress client, String method) {
        var buckets = clients.get(ClientNetwork.of(client), _ -> fresh());
        var bucket = READS.contains(method) ? buckets.reads() : buckets.writes();
        var probe = bucket.tryConsumeAndReturnRemaining(1);
        return probe.isConsumed()
                ? Duration.ZERO
                : Duration.ofSeconds(
                        1 + TimeUnit.NANOSECONDS.toSeconds(probe.getNanosToWaitForRefill()));
    }

    private Buckets fresh() {
        return new Buckets(bucket(rates.reads()), bucket(rates.writes()));
    }

    private Bucket bucket(int perSecond) {
        return Bucket.builder()
                .addLimit(limit ->
                        limit.capacity((long) perSecond * BURST_SECONDS)
                                .refillGreedy(perSecond, Duration.ofSeconds(1)))
                .withCustomTimePrecision(time)
                .build();
    }

    private record Nanos(LongSupplier now) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            return now.getAsLong();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
