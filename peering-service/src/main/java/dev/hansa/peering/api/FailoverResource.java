package dev.hansa.peering.api;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.failover.CallTrace;
import dev.hansa.peering.failover.Explainer;
import dev.hansa.peering.failover.FailoverOperations;
import java.util.Optional;

/// Failover, as an operator sees it.
final class FailoverResource {
    private final FailoverOperations failover;
    private final BlockingReads reads;

    FailoverResource(FailoverOperations failover, BlockingReads reads) {
        this.failover = failover;
        this.reads = reads;
    }

    ApiAnswer explain(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var upstream = new UpstreamName(request.service("service"), request.peer());
        var from = request.parameter("from").orElse("");
        if (from.startsWith("peer:")) {
            throw RefusedRequestException.bad(
                    "from: expected a service of this datacenter; found one of a peer, whose own server explains its calls");
        }
        Optional<ServiceName> caller =
                from.isEmpty()
                        ? Optional.empty()
                        : Optional.of(ApiRequest.read(from, ServiceName::new));
        if (caller.isPresent()) {
            request.caller().require(Need.read(Resource.SERVICE, caller.get().value()));
        }
        var seesAll = seesAll(request.caller());
        return reads.read(
                request,
                Scope.CATALOG,
                () ->
                        switch (failover.explain(upstream, caller)) {
                            case Explainer.Answer.Explained(var explanation) ->
                                    ApiAnswer.json(ExplanationJson.of(explanation));
                            case Explainer.Answer.Unknown(var sentence) ->
                                    ApiAnswer.text(404, seesAll ? sentence : unknown(upstream));
                        });
    }

    /// A real connection on each way: that is why it is no GET.
    ApiAnswer trace(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var upstream = new UpstreamName(request.service("service"), request.peer());
        var from = request.parameter("from").orElse("");
        if (from.isEmpty() || from.startsWith("peer:")) {
            throw RefusedRequestException.bad(
                    "from: expected a service of this datacenter, whose sidecar opens the connections; found "
                            + (from.isEmpty() ? "none" : "one of a peer"));
        }
        var caller = ApiRequest.read(from, ServiceName::new);
        // its sidecar opens the connections
        request.caller().require(Need.write(Resource.SERVICE, caller.value()));
        var seesAll = seesAll(request.caller());
        return switch (failover.trace(upstream, caller)) {
            case CallTrace.Answer.Traced(var trace) -> ApiAnswer.json(TraceJson.of(trace));
            case CallTrace.Answer.Refused(var known, var sentence) ->
                    ApiAnswer.text(known ? 409 : 404, seesAll ? sentence : unknown(upstream));
        };
    }

    /// Who may see everything is told what else there is.
    private static boolean seesAll(Caller caller) {
        return caller.access().allows(Need.read(Resource.SERVICE, ""))
                && caller.access().allows(Need.read(Resource.PEERING));
    }

    private static String unknown(UpstreamName upstream) {
        return "service '"
                + upstream.service()
                + "': expected one that is known here and that the caller's sidecar calls; found none";
    }

    /// Those after the index that is given.
    ApiAnswer failovers(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var seen = BlockingReads.seen(request);
        return reads.read(
                request,
                Scope.FAILOVERS,
                () ->
                        ApiAnswer.json(
                                ExplanationJson.events(
                                        failover.failovers(seen).stream()
                                                .filter(event ->
                                                        sees(request.caller(), event.service()))
                                                .toList())));
    }

    ApiAnswer readiness(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return reads.read(
                request,
                Scope.CATALOG,
                () ->
                        ApiAnswer.json(
                                ExplanationJson.of(
                                        failover.readiness().stream()
                                                .filter(one ->
                                                        sees(request.caller(), one.service()))
                                                .toList())));
    }

    private static boolean sees(Caller caller, ServiceName service) {
        return caller.sees(Need.read(Resource.SERVICE, service.value()));
    }
}
