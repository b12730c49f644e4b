package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control.Order;
import dev.hansa.peering.acl.Level;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.failover.ControlWish;
import dev.hansa.peering.failover.ControlWish.Wanted;
import dev.hansa.peering.failover.FailoverOperations;
import dev.hansa.peering.failover.FailoverOperations.ControlAnswer;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// How operators steer failover. What they say ends by itself.
final class ControlResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// Long enough for a piece of work; one that is forgotten does not matter tomorrow.
    private static final Duration DEFAULT_LIFE = Duration.ofHours(1);

    /// What is to hold for longer belongs into a `service-resolver`.
    private static final Duration LONGEST_LIFE = Duration.ofDays(30);

    /// Both travel to every proxy with every route that they touch.
    private static final int MAX_BY = 64;

    private static final int MAX_REASON = 200;

    private static final String OPERATOR = "operator";
    private static final int CONFLICT = 409;

    private final FailoverOperations failover;
    private final BlockingReads reads;

    ControlResource(FailoverOperations failover, BlockingReads reads) {
        this.failover = failover;
        this.reads = reads;
    }

    ApiAnswer list(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return reads.read(
                request,
                Scope.CONFIG,
                () -> {
                    var all = JSON.arrayNode();
                    failover.controls().stream()
                            .filter(one -> request.caller().sees(need(one.order(), Level.READ)))
                            .forEach(one -> all.add(ExplanationJson.of(one)));
                    return ApiAnswer.json(all);
                });
    }

    /// A service's failover is the service's; a peer takes calls of all of them.
    private static Need need(Order order, Level level) {
        return switch (order) {
            case Order.DrainPeer _ -> new Need(Resource.MESH, "", level);
            case Order.DrainLocal(var service) -> need(service, level);
            case Order.Force(var service, _) -> need(service, level);
            case Order.Hold(var service, _) -> need(service, level);
            case Order.Drill(var service, _) -> need(service, level);
        };
    }

    private static Need need(Wanted wanted) {
        return switch (wanted) {
            case Wanted.DrainPeer _ -> Need.write(Resource.MESH);
            case Wanted.DrainLocal(var service) -> need(service, Level.WRITE);
            case Wanted.Force(var service, _) -> need(service, Level.WRITE);
            case Wanted.Hold(var service) -> need(service, Level.WRITE);
            case Wanted.Drill(var service, _) -> need(service, Level.WRITE);
        };
    }

    private static Need need(ServiceName service, Level level) {
        return new Need(Resource.SERVICE, service.value(), level);
    }

    ApiAnswer order(ApiRequest request) throws RefusedRequestException {
        var body =
                JsonFields.read(request.body(), "Body decoding failed")
                        .only(
                                List.of(
                                        "Kind", "Service", "Peer", "Target", "TTL", "By", "Reason",
                                        "Force"));
        var wanted = wanted(body);
        request.caller().require(need(wanted));
        var ttl = body.text("TTL");
        var wish =
                new ControlWish(
                        wanted,
                        ttl.isEmpty() ? DEFAULT_LIFE : ApiRequest.life("TTL", ttl, LONGEST_LIFE),
                        by(body.text("By")),
                        bounded("Reason", body.text("Reason"), MAX_REASON),
                        body.flag("Force"));
        return switch (failover.order(wish)) {
            case ControlAnswer.Ordered(var control) -> ApiAnswer.json(ExplanationJson.of(control));
            case ControlAnswer.Refused(var sentence) ->
                    throw new RefusedRequestException(CONFLICT, sentence);
        };
    }

    private static Wanted wanted(JsonFields body) throws RefusedRequestException {
        var kind = body.text("Kind");
        return switch (kind) {
            case "drain" -> drain(body);
            case "force" -> new Wanted.Force(service(body), body.text("Target"));
            case "hold" -> new Wanted.Hold(service(body));
            case "drill" -> new Wanted.Drill(service(body), peer(body));
            default ->
                    throw RefusedRequestException.bad(
                            "Kind: expected drain, force, hold or drill; found '"
                                    + ForeignText.shown(kind)
                                    + "'");
        };
    }

    private static Wanted drain(JsonFields body) throws RefusedRequestException {
        var peer = peer(body);
        if (peer.isPresent() != body.text("Service").isEmpty()) {
            throw RefusedRequestException.bad(
                    "drain: expected a Peer or a Service; found "
                            + (peer.isPresent() ? "both" : "neither"));
        }
        return peer.isPresent()
                ? new Wanted.DrainPeer(peer.get())
                : new Wanted.DrainLocal(service(body));
    }

    private static Optional<PeerName> peer(JsonFields body) throws RefusedRequestException {
        var name = body.text("Peer");
        return name.isEmpty() ? Optional.empty() : Optional.of(ApiRequest.read(name, PeerName::of));
    }

    private static ServiceName service(JsonFields body) throws RefusedRequestException {
        return ApiRequest.read(body.text("Service"), ServiceName::new);
    }

    private static String by(String name) throws RefusedRequestException {
        return name.isEmpty() ? OPERATOR : bounded("By", name, MAX_BY);
    }

    private static String bounded(String subject, String text, int most)
            throws RefusedRequestException {
        if (text.length() > most) {
            throw RefusedRequestException.bad(
                    subject + ": expected at most " + most + " characters; found " + text.length());
        }
        return ForeignText.shown(text, most);
    }

    ApiAnswer clear(ApiRequest request) throws RefusedRequestException {
        var id = id(request);
        var held = failover.controls().stream().filter(one -> one.id() == id).findFirst();
        var none =
                new RefusedRequestException(
                        404,
                        "failover control: expected one that is in force; found none of id " + id);
        if (held.isPresent()) {
            request.caller().requireFound(need(held.get().order(), Level.WRITE), none);
        }
        if (held.isEmpty() || !failover.clear(id, by(request.parameter("by").orElse("")))) {
            throw none;
        }
        return ApiAnswer.TRUE;
    }

    private static long id(ApiRequest request) throws RefusedRequestException {
        try {
            return Long.parseLong(request.part("id"));
        } catch (NumberFormatException _) {
            throw RefusedRequestException.bad(
                    "id: expected a number; found '" + ForeignText.shown(request.part("id")) + "'");
        }
    }

    ApiAnswer drill(ApiRequest request) throws RefusedRequestException {
        var id = id(request);
        return failover.drill(id)
                .filter(report -> request.caller().sees(need(report.control().order(), Level.READ)))
                .map(report -> ApiAnswer.json(ExplanationJson.of(report)))
                .orElseThrow(() ->
                        new RefusedRequestException(
                                404,
                                "drill: expected one that this leader has seen; found none of id "
                                        + id));
    }
}
