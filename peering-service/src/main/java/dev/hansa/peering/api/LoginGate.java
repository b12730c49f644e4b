package dev.hansa.peering.api;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.login.KeyRing;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Lets each source log in so often: whoever guesses, or makes the server check signatures, gets
/// nowhere, and others do not notice. Says when to come again to whom nobody could answer. At the
/// server that is asked.
final class LoginGate implements Handler<RoutingContext> {
    /// A deployment that starts its pods behind one address does not wait.
    static final int BURST = 60;

    /// From then on.
    static final int PER_SECOND = 5;

    private static final int UNAVAILABLE = 503;

    private final Consumer<PeeringEvent> events;
    private final ClientPace pace;

    /// @param nanoTime as [System#nanoTime]
    LoginGate(LongSupplier nanoTime, Consumer<PeeringEvent> events) {
        this.events = events;
        pace = new ClientPace(BURST, PER_SECOND, nanoTime);
    }

    @Override
    public void handle(RoutingContext call) {
        var wait = takes(ClientNetwork.client(call));
        if (wait.isZero()) {
            call.addHeadersEndHandler(_ -> sayWhen(call));
            call.next();
        } else {
            events.accept(new PeeringEvent.RequestOverRate());
            AnswerWriter.tooOften(
                    call,
                    wait,
                    "login: expected at most "
                            + PER_SECOND
                            + " in a second from one address; found more");
        }
    }

    /// An issuer is asked for its keys no more often than that.
    private static void sayWhen(RoutingContext call) {
        if (call.response().getStatusCode() == UNAVAILABLE) {
            call.response().putHeader("Retry-After", Long.toString(KeyRing.PAUSE.toSeconds()));
        }
    }

    /// Counts a login.
    ///
    /// @return zero when it may go on, else whole seconds until another may
    Duration takes(InetAddress client) {
        return pace.takes(client);
    }
}
