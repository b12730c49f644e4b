package dev.hansa.peering.api;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.configentry.EntryAccess;
import dev.hansa.peering.configentry.ParsedEntry;
import dev.hansa.peering.discovery.RoutePublisher.Certified;
import dev.hansa.peering.topology.Flows;
import dev.hansa.peering.topology.Topology;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/// Who may talk to whom, and who does. What connections there are changes without being waited for:
/// a waiting reader is woken by rules and services only.
final class TopologyResource {
    private static final String KIND = "service-intentions";

    /// Each judges every service, which for thousands with rules takes a core for a while. The
    /// others wait for their turn in the places that running requests have, which are bounded.
    static final int MOST_AT_ONCE = 2;

    private final Semaphore atOnce = new Semaphore(MOST_AT_ONCE, true);
    private final Supplier<Flows> flows;
    private final Supplier<List<Certified>> connected;
    private final BlockingReads reads;

    /// @param connected every proxy that is
    TopologyResource(
            Supplier<Flows> flows, Supplier<List<Certified>> connected, BlockingReads reads) {
        this.flows = flows;
        this.connected = connected;
        this.reads = reads;
    }

    ApiAnswer read(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var service = new UpstreamName(request.service("service"), request.peer());
        var sight = sight(request.caller());
        return reads.read(
                request,
                Scope.CATALOG,
                () -> ApiAnswer.json(TopologyJson.of(inTurn(service, sight))));
    }

    private Topology inTurn(UpstreamName service, Flows.Sight sight) {
        atOnce.acquireUninterruptibly();
        try {
            return flows.get().of(service, sight);
        } finally {
            atOnce.release();
        }
    }

    private static Flows.Sight sight(Caller caller) {
        return new Flows.Sight(
                name -> caller.sees(Need.read(Resource.SERVICE, name)),
                name -> caller.sees(Need.read(Resource.INTENTIONS, name)),
                () ->
                        caller.access().allows(Need.read(Resource.MESH))
                                || caller.sees(Need.read(Resource.PEERING)));
    }

    /// What the rules in the body would do, which are not written: asks the right to write them.
    ApiAnswer preview(ApiRequest request) throws RefusedRequestException {
        var service = request.service("service");
        return switch (ConfigEntries.parse(request.body())) {
            case ParsedEntry.Invalid(var sentence, _) ->
                    throw RefusedRequestException.bad(sentence);
            case ParsedEntry.Valid valid -> {
                if (!valid.kind().equals(KIND) || !valid.name().equals(service.value())) {
                    throw RefusedRequestException.bad(
                            "preview: expected "
                                    + KIND
                                    + "/"
                                    + service
                                    + "; found "
                                    + valid.kind()
                                    + "/"
                                    + ForeignText.shown(valid.name()));
                }
                request.caller().require(EntryAccess.write(KIND, valid.name()));
                yield ApiAnswer.json(
                        TopologyJson.of(
                                flows.get().preview(service, valid, sight(request.caller()))));
            }
        };
    }

    /// To and from each peer.
    ApiAnswer traffic(ApiRequest request) {
        var now = flows.get();
        return ApiAnswer.json(TopologyJson.traffic(now.sidecars(), now.peers()));
    }

    /// Every connected proxy that whoever asks may see, by the end of its certificate.
    ApiAnswer certificates(ApiRequest request) {
        var caller = request.caller();
        return ApiAnswer.json(
                TopologyJson.certificates(
                        connected.get().stream()
                                .filter(one ->
                                        caller.sees(Need.read(Resource.SERVICE, one.service()))
                                                && caller.sees(
                                                        Need.read(
                                                                Resource.NODE, one.place().node())))
                                .toList()));
    }

    /// The connected sidecars of a service.
    ApiAnswer proxies(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var service = request.service("service");
        return reads.read(
                request,
                Scope.CATALOG,
                () ->
                        ApiAnswer.json(
                                TopologyJson.proxies(
                                        flows.get().proxies(service).stream()
                                                .filter(one ->
                                                        request.caller()
                                                                .sees(
                                                                        Need.read(
                                                                                Resource.NODE,
                                                                                one.place()
                                                                                        .node())))
                                                .toList())));
    }
}
