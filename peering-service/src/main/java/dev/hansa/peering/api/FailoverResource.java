package dev.hansa.peering.api;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.UpstreamName;
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
        return reads.read(
                request,
                Scope.CATALOG,
                () ->
                        switch (failover.explain(upstream, caller)) {
                            case Explainer.Answer.Explained(var explanation) ->
                                    ApiAnswer.json(ExplanationJson.of(explanation));
                            case Explainer.Answer.Unknown(var sentence) ->
                                    ApiAnswer.text(404, sentence);
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
        return switch (failover.trace(upstream, ApiRequest.read(from, ServiceName::new))) {
            case CallTrace.Answer.Traced(var trace) -> ApiAnswer.json(TraceJson.of(trace));
            case CallTrace.Answer.Refused(var known, var sentence) ->
                    ApiAnswer.text(known ? 409 : 404, sentence);
        };
    }

    /// Those after the index that is given.
    ApiAnswer failovers(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var seen = BlockingReads.seen(request);
        return reads.read(
                request,
                Scope.FAILOVERS,
                () -> ApiAnswer.json(ExplanationJson.events(failover.failovers(seen))));
    }

    ApiAnswer readiness(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return reads.read(
                request,
                Scope.CATALOG,
                () -> ApiAnswer.json(ExplanationJson.of(failover.readiness())));
    }
}
