package dev.hansa.peering.api;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/// Lets each source log in so often: whoever guesses, or makes the server check signatures, gets
/// nowhere, and others do not notice. At the server that is asked, on its event loops.
final class LoginGate implements Handler<RoutingContext> {
    /// A deployment that starts its pods behind one address does not wait.
    static final int BURST = 60;

    /// From then on.
    static final int PER_SECOND = 5;

    /// Sources that are remembered; those that were silent for longest are forgotten.
    private static final int MOST_SOURCES = 10_000;

    private static final double NANOS = 1e9;

    private final LongSupplier nanos;

    private final Map<ClientNetwork, Bucket> sources =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<ClientNetwork, Bucket> eldest) {
                    return size() > MOST_SOURCES;
                }
            };

    LoginGate(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /// @param left how many may come at once
    private record Bucket(double left, long at) {
        Bucket at(long now) {
            return new Bucket(Math.min(BURST, left + (now - at) / NANOS * PER_SECOND), now);
        }
    }

    @Override
    public void handle(RoutingContext call) {
        if (admits(InetAddress.ofLiteral(call.request().remoteAddress().hostAddress()))) {
            call.next();
        } else {
            call.response().putHeader("Retry-After", "1");
            AnswerWriter.plain(
                    call,
                    429,
                    "login: expected at most "
                            + PER_SECOND
                            + " in a second from one address; found more");
        }
    }

    boolean admits(InetAddress client) {
        var source = ClientNetwork.of(client);
        var now = nanos.getAsLong();
        synchronized (sources) {
            var held = sources.getOrDefault(source, new Bucket(BURST, now)).at(now);
            var admitted = held.left() >= 1;
            sources.put(source, admitted ? new Bucket(held.left() - 1, now) : held);
            return admitted;
        }
    }
}
