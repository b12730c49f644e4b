package dev.hansa.peering.api;

import dev.hansa.peering.PeeringEvent;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Holds each address to its rate, so that a program gone wild is turned away before its request
/// costs a thread, a look at the store or an entry of the log, and leaves the server to the others.
/// A request that one server passes on to another was counted by the first.
final class RequestPace implements Handler<RoutingContext> {
    private static final int BURST_SECONDS = 2;

    private static final Set<String> READS = Set.of("GET", "HEAD", "OPTIONS");

    private final RequestRates rates;
    private final Consumer<PeeringEvent> events;
    private final ClientPace reads;
    private final ClientPace writes;

    /// @param nanoTime as [System#nanoTime]
    RequestPace(RequestRates rates, LongSupplier nanoTime, Consumer<PeeringEvent> events) {
        this.rates = rates;
        this.events = events;
        this.reads = new ClientPace(rates.reads() * BURST_SECONDS, rates.reads(), nanoTime);
        this.writes = new ClientPace(rates.writes() * BURST_SECONDS, rates.writes(), nanoTime);
    }

    @Override
    public void handle(RoutingContext call) {
        var method = call.request().method().name();
        var wait = takes(ClientNetwork.client(call), method);
        if (wait.isZero()) {
            call.next();
            return;
        }
        events.accept(new PeeringEvent.RequestOverRate());
        var isRead = READS.contains(method);
        AnswerWriter.tooOften(
                call,
                wait,
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
        return (READS.contains(method) ? reads : writes).takes(client);
    }
}
