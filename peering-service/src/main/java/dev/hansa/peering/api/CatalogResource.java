package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.trustbundle.PeerName;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/// Reading of `/v1/catalog` and `/v1/health`: what runs here, what peers let us see, and how it is.
final class CatalogResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final ApiSettings settings;
    private final Latest<CatalogSnapshot> catalog;
    private final BlockingReads reads;

    CatalogResource(ApiSettings settings, Latest<CatalogSnapshot> catalog, BlockingReads reads) {
        this.settings = settings;
        this.catalog = catalog;
        this.reads = reads;
    }

    /// Peers are not datacenters: only our own is one.
    ApiAnswer datacenters(ApiRequest request) {
        return ApiAnswer.json(JSON.arrayNode().add(settings.datacenter().name()));
    }

    ApiAnswer nodes(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return read(
                request,
                now -> {
                    var byName = new TreeMap<String, ServiceInstance>();
                    instances(now).forEach(each -> byName.putIfAbsent(each.node().name(), each));
                    var nodes = JSON.arrayNode();
                    byName.values()
                            .forEach(each -> nodes.add(ServiceJson.LOCAL.node(each.node(), each)));
                    return ApiAnswer.json(nodes);
                });
    }

    ApiAnswer node(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = request.part("node");
        if (name.isEmpty()) {
            throw RefusedRequestException.bad("Missing node name");
        }
        return read(
                request,
                now -> {
                    var here =
                            instances(now).filter(each -> each.node().name().equals(name)).toList();
                    if (here.isEmpty()) {
                        return ApiAnswer.json(JSON.nullNode());
                    }
                    var json = JSON.objectNode();
                    json.set(
                            "Node",
                            ServiceJson.LOCAL.node(here.getFirst().node(), here.getFirst()));
                    var services = json.putObject("Services");
                    here.forEach(each -> services.set(each.id(), ServiceJson.LOCAL.agent(each)));
                    return ApiAnswer.json(json);
                });
    }

    ApiAnswer services(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return read(
                request,
                now -> {
                    var services = JSON.objectNode();
                    new TreeMap<>(now.local())
                            .forEach((name, instances) -> {
                                var tags = new TreeSet<String>();
                                instances.forEach(each -> tags.addAll(each.tags()));
                                ServiceJson.texts(services, name, tags);
                            });
                    return ApiAnswer.json(services);
                });
    }

    ApiAnswer service(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = request.service("service");
        var peer = request.peer();
        var tag = request.parameter("tag");
        var json = new ServiceJson(peer);
        return read(
                request,
                now ->
                        list(
                                named(now, peer, name.value()).filter(each -> tagged(each, tag)),
                                (each, list) -> list.add(json.catalog(each))));
    }

    ApiAnswer health(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = request.service("service");
        return health(request, (now, peer) -> named(now, peer, name.value()));
    }

    /// The proxies of a service: where mutual TLS for it ends.
    ApiAnswer connect(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = request.service("service");
        return health(
                request,
                (now, peer) ->
                        peer.isPresent() ? named(now, peer, name.sidecar()) : proxies(now, name));
    }

    private static Stream<ServiceInstance> proxies(CatalogSnapshot now, ServiceName service) {
        return instances(now)
                .filter(each ->
                        each.kind() == ServiceKind.CONNECT_PROXY
                                && each.destination().equals(Optional.of(service)));
    }

    private ApiAnswer health(ApiRequest request, Selection selection)
            throws RefusedRequestException, InterruptedException {
        var peer = request.peer();
        if (peer.isPresent()
                && (request.query().containsKey("sg")
                        || request.query().containsKey("sameness-group"))) {
            throw RefusedRequestException.bad(
                    "peer-name and sameness-group are mutually exclusive");
        }
        var passing = request.flag("passing");
        var tag = request.parameter("tag");
        var json = new ServiceJson(peer);
        return read(
                request,
                now ->
                        list(
                                selection
                                        .of(now, peer)
                                        .filter(each -> tagged(each, tag))
                                        .filter(each ->
                                                !passing || each.status() == CheckStatus.PASSING),
                                (each, list) -> list.add(json.health(each))));
    }

    ApiAnswer checks(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var name = request.service("service");
        return read(
                request,
                now ->
                        list(
                                named(now, Optional.empty(), name.value()),
                                (each, list) -> list.addAll(ServiceJson.LOCAL.checks(each))));
    }

    /// The services of this server's own node.
    ApiAnswer agentServices(ApiRequest request) {
        var services = JSON.objectNode();
        instances(catalog.get())
                .filter(each -> each.node().name().equals(settings.nodeName()))
                .forEach(each -> services.set(each.id(), ServiceJson.LOCAL.agent(each)));
        return ApiAnswer.json(services);
    }

    /// Every imported service with how many instances there are and may be called.
    ApiAnswer imported(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return read(
                request,
                now -> {
                    var all = JSON.arrayNode();
                    new TreeMap<>(now.imported())
                            .forEach((peer, imported) -> {
                                for (var name : imported.serviceNames()) {
                                    var instances = imported.named(name);
                                    var one =
                                            all.addObject()
                                                    .put("Service", name)
                                                    .put("Peer", peer.value())
                                                    .put("Instances", instances.size())
                                                    .put(
                                                            "Healthy",
                                                            instances.stream()
                                                                    .filter(
                                                                            ServiceInstance
                                                                                    ::isHealthy)
                                                                    .count())
                                                    // the last that was heard stays when a peer is
                                                    // lost
                                                    .put("Stale", !imported.connected());
                                    if (imported.heardAt().isAfter(Instant.EPOCH)) {
                                        one.put("HeardAt", imported.heardAt().toString());
                                    }
                                }
                            });
                    return ApiAnswer.json(all);
                });
    }

    private ApiAnswer read(ApiRequest request, Function<CatalogSnapshot, ApiAnswer> answer)
            throws RefusedRequestException, InterruptedException {
        // To leave a filter out would answer with what the caller asked not to see.
        for (var filter : List.of("filter", "node-meta")) {
            if (!request.query().getOrDefault(filter, "").isEmpty()) {
                throw RefusedRequestException.bad(
                        filter + ": filters are not supported yet: expected none");
            }
        }
        return reads.read(request, Scope.CATALOG, () -> answer.apply(catalog.get()));
    }

    private static Stream<ServiceInstance> instances(CatalogSnapshot now) {
        return new TreeMap<>(now.local()).values().stream().flatMap(List::stream);
    }

    private static Stream<ServiceInstance> named(
            CatalogSnapshot now, Optional<PeerName> peer, String name) {
        return peer
                .map(from -> now.from(from).named(name))
                .orElseGet(() -> now.named(name))
                .stream();
    }

    private static boolean tagged(ServiceInstance instance, Optional<String> tag) {
        return tag.isEmpty() || tag.get().isEmpty() || instance.tags().contains(tag.get());
    }

    private static ApiAnswer list(Stream<ServiceInstance> instances, Item item) {
        var list = JSON.arrayNode();
        instances.forEach(each -> item.add(each, list));
        return ApiAnswer.json(list);
    }

    @FunctionalInterface
    private interface Selection {
        Stream<ServiceInstance> of(CatalogSnapshot now, Optional<PeerName> peer);
    }

    @FunctionalInterface
    private interface Item {
        void add(ServiceInstance instance, ArrayNode list);
    }
}
