package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.exportedservices.Remarks;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.trustbundle.PeerName;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Reading of `/v1/catalog`: what runs here, and what peers let us see.
final class CatalogResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// As Consul counts them; of most there is none here.
    private static final List<String> MESH_KINDS =
            List.of(
                    "api-gateway",
                    "connect-native",
                    "connect-proxy",
                    "ingress-gateway",
                    "mesh-gateway",
                    "terminating-gateway");

    private final ApiSettings settings;
    private final CatalogReads catalog;

    CatalogResource(ApiSettings settings, CatalogReads catalog) {
        this.settings = settings;
        this.catalog = catalog;
    }

    /// Peers are not datacenters: only our own is one.
    ApiAnswer datacenters(ApiRequest request) {
        return ApiAnswer.json(JSON.arrayNode().add(settings.datacenter().name()));
    }

    ApiAnswer nodes(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var filter = ListFilters.of(request, ListFilters.NODE).and(ListFilters.nodeMeta(request));
        return catalog.read(
                request,
                now -> {
                    var nodes = JSON.arrayNode();
                    now.nodes().values().stream()
                            .filter(each -> filter.test(each.node()))
                            .forEach(each -> nodes.add(ServiceJson.LOCAL.node(each.node(), each)));
                    return ApiAnswer.json(nodes);
                });
    }

    ApiAnswer node(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = CatalogReads.nodeName(request);
        var filter = ListFilters.of(request, ListFilters.SERVICE);
        return catalog.read(
                request,
                now -> {
                    var node = now.node(name);
                    if (node.isEmpty()) {
                        return ApiAnswer.json(JSON.nullNode());
                    }
                    var json = JSON.objectNode();
                    json.set("Node", ServiceJson.LOCAL.node(node.get().node(), node.get()));
                    var services = json.putObject("Services");
                    var shown = now.json(Optional.empty());
                    now.at(name)
                            .filter(filter)
                            .forEach(each -> services.set(each.id(), shown.agent(each)));
                    return ApiAnswer.json(json);
                });
    }

    /// The same with a list.
    ApiAnswer nodeServices(ApiRequest request)
            throws RefusedRequestException, InterruptedException {
        var name = CatalogReads.nodeName(request);
        var filter = ListFilters.of(request, ListFilters.SERVICE);
        return catalog.read(
                request,
                now -> {
                    var node = now.node(name);
                    var json = JSON.objectNode();
                    if (node.isEmpty()) {
                        json.putNull("Node").putArray("Services");
                        return ApiAnswer.json(json);
                    }
                    json.set("Node", ServiceJson.LOCAL.node(node.get().node(), node.get()));
                    var services = json.putArray("Services");
                    var shown = now.json(Optional.empty());
                    now.at(name).filter(filter).forEach(each -> services.add(shown.agent(each)));
                    return ApiAnswer.json(json);
                });
    }

    ApiAnswer services(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var meta = ListFilters.nodeMeta(request);
        var filter =
                ListFilters.of(request, ListFilters.CATALOG)
                        .and(instance -> meta.test(instance.node()));
        return catalog.read(
                request,
                now -> {
                    var tags = new TreeMap<String, TreeSet<String>>();
                    now.instances()
                            .filter(filter)
                            .forEach(each ->
                                    tags.computeIfAbsent(each.name(), _ -> new TreeSet<>())
                                            .addAll(each.tags()));
                    var services = JSON.objectNode();
                    tags.forEach((name, all) -> ServiceJson.texts(services, name, all));
                    return ApiAnswer.json(services);
                });
    }

    ApiAnswer service(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = request.anyService("service");
        return listed(request, (now, peer) -> now.named(peer, name));
    }

    /// The proxies of a service.
    ApiAnswer connect(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = request.anyService("service");
        return listed(request, (now, peer) -> now.proxies(peer, name));
    }

    private ApiAnswer listed(ApiRequest request, Selection selection)
            throws RefusedRequestException, InterruptedException {
        var peer = request.peer();
        var meta = ListFilters.nodeMeta(request);
        var filter =
                ListFilters.of(request, ListFilters.CATALOG)
                        .and(ListFilters.tags(request))
                        .and(instance -> meta.test(instance.node()));
        return catalog.read(
                request,
                now -> {
                    var json = now.json(peer);
                    return list(
                            selection.of(now, peer).filter(filter),
                            (each, list) -> list.add(json.catalog(each)));
                });
    }

    /// Every imported service with how many instances there are and may be called.
    ApiAnswer imported(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return catalog.read(
                request,
                view -> {
                    var all = JSON.arrayNode();
                    view.imported((peer, imported, name) -> {
                        var instances = imported.named(name);
                        var healthy = instances.stream().filter(ServiceInstance::isHealthy).count();
                        var one =
                                all.addObject()
                                        .put("Service", name)
                                        .put("Peer", peer.value())
                                        .put("Instances", instances.size())
                                        .put("Healthy", healthy);
                        ServiceJson.heard(one, imported);
                    });
                    return ApiAnswer.json(all);
                });
    }

    /// As Consul lists them: by name and peer, and no more.
    ApiAnswer importedNames(ApiRequest request)
            throws RefusedRequestException, InterruptedException {
        return catalog.read(
                request,
                view -> {
                    var all = JSON.arrayNode();
                    view.imported((peer, _, name) ->
                            all.addObject().put("Service", name).put("SourcePeer", peer.value()));
                    return ApiAnswer.json(all);
                });
    }

    /// How much runs here, whoever may see it: of names nothing is told.
    ApiAnswer usage(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return catalog.read(
                request,
                view -> {
                    var local = view.now().local();
                    var all = local.values().stream().flatMap(List::stream).toList();
                    var nodes = all.stream().map(each -> each.node().name()).distinct().count();
                    var json = JSON.objectNode();
                    var usage =
                            json.putObject("Usage")
                                    .putObject(settings.datacenter().name())
                                    .put("Nodes", nodes)
                                    .put("Services", local.size())
                                    .put("ServiceInstances", all.size());
                    var connect = usage.putObject("ConnectServiceInstances");
                    MESH_KINDS.forEach(kind ->
                            connect.put(
                                    kind, all.stream().filter(each -> isOf(kind, each)).count()));
                    usage.put(
                            "BillableServiceInstances",
                            all.stream()
                                    .filter(each -> each.kind() == ServiceKind.TYPICAL)
                                    .filter(each -> !each.name().equals(ServerInfo.SERVICE))
                                    .count());
                    return ApiAnswer.json(json);
                });
    }

    private static boolean isOf(String kind, ServiceInstance instance) {
        return kind.equals("connect-native")
                ? instance.remarks().map(Remarks::speaksMesh).orElse(false)
                : instance.kind().word().equals(kind);
    }

    static ApiAnswer list(Stream<ServiceInstance> instances, Item item) {
        var list = JSON.arrayNode();
        instances.forEach(each -> item.add(each, list));
        return ApiAnswer.json(list);
    }

    @FunctionalInterface
    interface Selection {
        Stream<ServiceInstance> of(CatalogView now, Optional<PeerName> peer);
    }

    @FunctionalInterface
    interface Item {
        void add(ServiceInstance instance, ArrayNode list);
    }
}
