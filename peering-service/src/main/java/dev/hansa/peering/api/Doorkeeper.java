package dev.hansa.peering.api;

import dev.hansa.bootstrap.Secret;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.Access;
import dev.hansa.peering.acl.AccessControl;
import dev.hansa.peering.acl.Actor;
import dev.hansa.peering.audit.Author;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Finds out what a caller may do, and turns away whoever shows a token that is none.
record Doorkeeper(
        AccessControl control, Places places, AuditNotes notes, Consumer<PeeringEvent> events) {
    /// Where a call keeps who was let on.
    private static final String WHO = "hansa.who";

    /// As Consul says it.
    static final String NO_TOKEN = "ACL not found";

    /// The same while nobody has a token yet.
    private static final String NOT_BOOTSTRAPPED =
            "ACL system must be bootstrapped before making any requests that require authorization: "
                    + NO_TOKEN;

    /// @throws RefusedRequestException 403 when there is no such token, or not any more
    Access access(Optional<Secret> shown) throws RefusedRequestException {
        return control.access(shown)
                .orElseThrow(() ->
                        Caller.denied(control.isBootstrapped() ? NO_TOKEN : NOT_BOOTSTRAPPED));
    }

    /// Whether who shows this may do nothing.
    boolean isStranger(Optional<Secret> shown) {
        return control.access(shown).map(Access::isNothing).orElse(true);
    }

    /// Lets a call on to its next handler, or ends it. For what is no [ApiResource].
    Handler<RoutingContext> admitting(Ask ask) {
        return call -> {
            call.put(WHO, Author.UNKNOWN);
            try {
                var caller = new Caller(access(ShownToken.of(call)), Optional.empty());
                call.put(WHO, Actor.name(caller.access()));
                ask.of(new ApiRequest(Map.of(), Map.of(), "", places.ours(), caller));
                call.next();
            } catch (RefusedRequestException e) {
                Author.at(entrance(call), () -> as(call, () -> note(e)));
                AnswerWriter.plain(call, e.status(), e.sentence());
            }
        };
    }

    /// Whether a call that goes on is still somebody's who may what was asked of him at its start.
    BooleanSupplier still(RoutingContext call, Ask ask) {
        return () -> {
            try {
                var caller = new Caller(access(ShownToken.of(call)), Optional.empty());
                ask.of(new ApiRequest(Map.of(), Map.of(), "", places.ours(), caller));
                return true;
            } catch (RefusedRequestException _) {
                return false;
            }
        };
    }

    /// How a call has come in, for what is no [ApiResource].
    private static Author.Entrance entrance(RoutingContext call) {
        return entrance(call, call.normalizedPath());
    }

    /// How a call has come in.
    static Author.Entrance entrance(RoutingContext call, String route) {
        var from = call.request().remoteAddress();
        return new Author.Entrance(
                from == null ? "" : String.valueOf(from.hostAddress()),
                call.request().method().name() + " " + route);
    }

    private static <T> T as(RoutingContext call, Supplier<T> work) {
        return Author.as(call.get(WHO, Author.UNKNOWN), work);
    }

    /// Works in the name of whoever was let on.
    static <T> Callable<T> inTheNameOf(RoutingContext call, Callable<T> work) {
        var entrance = entrance(call);
        String who = call.get(WHO, Author.UNKNOWN);
        return () -> Author.call(entrance, who, work);
    }

    /// Counts refusals for lack of a right, and tells of them.
    ///
    /// @return whether it was one
    boolean note(RefusedRequestException refusal) {
        if (refusal.status() != 403) {
            return false;
        }
        events.accept(new PeeringEvent.RequestDenied(refusal.sentence()));
        notes.denied(refusal.sentence());
        return true;
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
