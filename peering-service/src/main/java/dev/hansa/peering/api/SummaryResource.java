package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.trustbundle.PeerName;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// What a page shows of everything at once: one line for each service, and what has changed.
final class SummaryResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final CatalogReads catalog;
    private final Supplier<Map<String, Set<PeerName>>> exports;
    private final BlockingReads reads;

    /// @param exports to whom each service of ours is shown
    SummaryResource(
            CatalogReads catalog,
            Supplier<Map<String, Set<PeerName>>> exports,
            BlockingReads reads) {
        this.catalog = catalog;
        this.exports = exports;
        this.reads = reads;
    }

    /// Every service here and every one that peers let us see, by name. Sidecars are counted with
    /// the service that they stand for.
    ApiAnswer services(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return catalog.read(
                request,
                view -> {
                    var rows = JSON.arrayNode();
                    local(rows, view);
                    view.imported((peer, imported, name) -> {
                        var row = row(rows, name, imported.named(name));
                        row.put("Peer", peer.value());
                        ServiceJson.heard(row, imported);
                    });
                    return ApiAnswer.json(rows);
                });
    }

    private void local(ArrayNode rows, CatalogView view) {
        var shown = exports.get();
        view.instances()
                .collect(
                        Collectors.groupingBy(
                                ServiceInstance::name, TreeMap::new, Collectors.toList()))
                .forEach((name, instances) -> {
                    var kind = instances.getFirst().kind();
                    if (kind == ServiceKind.CONNECT_PROXY) {
                        return;
                    }
                    var row = row(rows, name, instances);
                    row.put("Peer", "").put("Kind", kind.word());
                    row.put(
                            "Proxies",
                            view.named(Optional.empty(), name + ServiceName.SIDECAR_SUFFIX)
                                    .filter(one -> !one.isUnjoinedProxy())
                                    .count());
                    ServiceJson.texts(
                            row,
                            "ExportedTo",
                            shown.getOrDefault(name, Set.of()).stream()
                                    .map(PeerName::value)
                                    .toList());
                });
    }

    private static ObjectNode row(ArrayNode rows, String name, List<ServiceInstance> instances) {
        var row = rows.addObject().put("Service", name).put("Instances", instances.size());
        var tags = new TreeSet<String>();
        var counts = new EnumMap<CheckStatus, Integer>(CheckStatus.class);
        for (var instance : instances) {
            tags.addAll(instance.tags());
            counts.merge(instance.status(), 1, Integer::sum);
        }
        row.put("Passing", counts.getOrDefault(CheckStatus.PASSING, 0))
                .put("Warning", counts.getOrDefault(CheckStatus.WARNING, 0))
                .put("Critical", counts.getOrDefault(CheckStatus.CRITICAL, 0))
                .put("Maintenance", counts.getOrDefault(CheckStatus.MAINTENANCE, 0));
        ServiceJson.texts(row, "Tags", tags);
        return row;
    }

    /// The parts of what there is, each with a number that is another after each change of it.
    ApiAnswer changes(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return reads.read(
                request,
                Scope.ALL,
                () -> {
                    var json = JSON.objectNode();
                    new TreeMap<>(reads.parts()).forEach(json::put);
                    return ApiAnswer.json(json);
                });
    }
}
