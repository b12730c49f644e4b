package dev.hansa.peering.api;

import dev.hansa.bootstrap.Secret;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.Access;
import dev.hansa.peering.acl.AccessControl;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Finds out what a caller may do, and turns away whoever shows a token that is none.
record Doorkeeper(AccessControl control, Places places, Consumer<PeeringEvent> events) {
    /// As Consul says it.
    static final String NO_TOKEN = "ACL not found";

    /// @throws RefusedRequestException 403 when there is no such token, or not any more
    Access access(Optional<Secret> shown) throws RefusedRequestException {
        return control.access(shown).orElseThrow(() -> Caller.denied(NO_TOKEN));
    }

    /// Lets a call on to its next handler, or ends it. For what is no [ApiResource].
    Handler<RoutingContext> admitting(Ask ask) {
        return call -> {
            try {
                var caller = new Caller(access(ShownToken.of(call)));
                ask.of(new ApiRequest(Map.of(), Map.of(), "", places.ours(), caller));
                call.next();
            } catch (RefusedRequestException e) {
                note(e);
                AnswerWriter.plain(call, e.status(), e.sentence());
            }
        };
    }

    /// Whether a call that goes on is still somebody's who may something: his token may be gone.
    BooleanSupplier still(RoutingContext call) {
        return () -> {
            try {
                return !access(ShownToken.of(call)).isNothing();
            } catch (RefusedRequestException _) {
                return false;
            }
        };
    }

    /// Counts refusals for lack of a right.
    void note(RefusedRequestException refusal) {
        if (refusal.status() == 403) {
            events.accept(new PeeringEvent.RequestDenied(refusal.sentence()));
        }
    }

    /// What another server that passes requests on has otherwise; empty: nothing.
    Optional<String> difference(String theirs) {
        return theirs.equals(control.mode())
                ? Optional.empty()
                // one that asks for tokens must not be opened by another that does not
                : Optional.of(
                        "access control: expected acl.enabled and acl.default-policy to be the same at all servers of a datacenter; found '"
                                + theirs
                                + "' at the one that was asked, '"
                                + control.mode()
                                + "' at the one that leads");
    }
}
