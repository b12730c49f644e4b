package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.peering.api.CatalogResource.Selection;
import dev.hansa.peering.api.ListFilters.Checked;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// Reading of `/v1/health`: how what runs here, or at peers, is.
final class HealthResource {
    private final CatalogReads catalog;

    HealthResource(CatalogReads catalog) {
        this.catalog = catalog;
    }

    ApiAnswer service(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = request.anyService("service");
        return instances(request, (now, peer) -> now.named(peer, name));
    }

    /// The proxies of a service: where mutual TLS for it ends.
    ApiAnswer connect(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = request.anyService("service");
        return instances(request, (now, peer) -> now.proxies(peer, name));
    }

    /// There are no ingress gateways, so none leads to a service.
    ApiAnswer ingress(ApiRequest request) throws RefusedRequestException, InterruptedException {
        request.anyService("service");
        return instances(request, (_, _) -> Stream.empty());
    }

    private ApiAnswer instances(ApiRequest request, Selection selection)
            throws RefusedRequestException, InterruptedException {
        var peer = request.peer();
        if (peer.isPresent()
                && (request.query().containsKey("sg")
                        || request.query().containsKey("sameness-group"))) {
            throw RefusedRequestException.bad(
                    "peer-name and sameness-group are mutually exclusive");
        }
        var passing = request.flag("passing");
        var meta = ListFilters.nodeMeta(request);
        var filter =
                ListFilters.of(request, ListFilters.HEALTH)
                        .and(ListFilters.tags(request))
                        .and(instance -> meta.test(instance.node()))
                        .and(instance -> !passing || instance.status() == CheckStatus.PASSING);
        return catalog.read(
                request,
                now -> {
                    var json = now.json(peer);
                    return CatalogResource.list(
                            selection.of(now, peer).filter(filter),
                            (each, list) -> list.add(json.health(each)));
                });
    }

    /// The checks of a service's instances, without those of their nodes.
    ApiAnswer checks(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = request.anyService("service");
        return checks(
                request,
                now ->
                        now.named(Optional.empty(), name)
                                .flatMap(CatalogView::checks)
                                .filter(one -> !one.check().isOfNode()));
    }

    ApiAnswer node(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = CatalogReads.nodeName(request);
        return checks(
                request,
                now -> now.checks().filter(one -> one.instance().node().name().equals(name)));
    }

    /// @throws RefusedRequestException for a state that no check can be in
    ApiAnswer state(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var state = request.part("state");
        if (state.isEmpty()) {
            throw RefusedRequestException.bad("Missing check state");
        }
        if (!List.of("any", "unknown").contains(state)) {
            ApiRequest.read(state, CheckStatus::of);
        }
        return checks(
                request,
                now ->
                        now.checks()
                                .filter(one ->
                                        state.equals("any")
                                                || one.check().status().word().equals(state)));
    }

    private ApiAnswer checks(ApiRequest request, Function<CatalogView, Stream<Checked>> selection)
            throws RefusedRequestException, InterruptedException {
        var meta = ListFilters.nodeMeta(request);
        var filter =
                ListFilters.of(request, ListFilters.CHECK)
                        .and(one -> meta.test(one.instance().node()));
        return catalog.read(
                request,
                now -> {
                    var list = JsonNodeFactory.instance.arrayNode();
                    selection
                            .apply(now)
                            .filter(filter)
                            .forEach(one ->
                                    list.add(ServiceJson.LOCAL.check(one.instance(), one.check())));
                    return ApiAnswer.json(list);
                });
    }
}
