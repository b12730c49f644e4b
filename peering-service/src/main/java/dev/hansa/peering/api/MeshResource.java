package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.api.BlockingReads.Scope;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.store.Store;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/// What holds the mesh together: roots, exports, intentions, and the tokens that proxies join with.
final class MeshResource {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private static final Duration DEFAULT_JOIN_LIFE = Duration.ofHours(24);

    /// Longer, and a forgotten file is a standing invitation.
    private static final Duration MAX_JOIN_LIFE = Duration.ofDays(7);

    private final ApiSettings settings;
    private final Store store;
    private final Supplier<CatalogSnapshot> catalog;
    private final Supplier<TrustBundle> bundle;
    private final JoinTokens joinTokens;
    private final BlockingReads reads;

    MeshResource(
            ApiSettings settings,
            Store store,
            Supplier<CatalogSnapshot> catalog,
            Supplier<TrustBundle> bundle,
            JoinTokens joinTokens,
            BlockingReads reads) {
        this.settings = settings;
        this.store = store;
        this.catalog = catalog;
        this.bundle = bundle;
        this.joinTokens = joinTokens;
        this.reads = reads;
    }

    ApiAnswer roots(ApiRequest request) throws RefusedRequestException, InterruptedException {
        // without a value it is as if it were not there, as in Consul
        var word = request.parameter("pem").filter(given -> !given.isEmpty()).orElse("false");
        var isPem =
                ApiRequest.truth(word)
                        .orElseThrow(() ->
                                RefusedRequestException.bad(
                                        "The 'pem' query parameter must be a boolean value"));
        return reads.read(
                request,
                Scope.CONFIG,
                () -> {
                    var now = bundle.get();
                    return isPem
                            ? new ApiAnswer.Plain(
                                    200,
                                    "application/pem-certificate-chain",
                                    String.join("", now.pems()),
                                    OptionalLong.empty())
                            : json(now);
                });
    }

    private ApiAnswer json(TrustBundle now) {
        var json = JSON.objectNode();
        // The first of a bundle is the one that signs.
        json.put(
                        "ActiveRootID",
                        now.roots().isEmpty() ? "" : TrustBundle.rootId(now.roots().getFirst()))
                .put("TrustDomain", now.trustDomain().name());
        var roots = json.putArray("Roots");
        var cluster = now.trustDomain().name().replaceFirst("\\.consul$", "");
        for (var root : now.roots()) {
            var entry =
                    roots.addObject()
                            .put("ID", TrustBundle.rootId(root))
                            .put("Name", root.getSubjectX500Principal().getName())
                            .put("SerialNumber", root.getSerialNumber())
                            .put("SigningKeyID", "")
                            .put("ExternalTrustDomain", cluster)
                            .put("NotBefore", root.getNotBefore().toInstant().toString())
                            .put("NotAfter", root.getNotAfter().toInstant().toString())
                            .put("RootCert", TrustBundle.pem(root))
                            .put("Active", root.equals(now.roots().getFirst()));
            if (root.equals(now.roots().getFirst())) {
                intermediates(entry);
            } else {
                entry.putNull("IntermediateCerts");
            }
            switch (root.getPublicKey()) {
                case ECPublicKey key ->
                        entry.put("PrivateKeyType", "ec")
                                .put(
                                        "PrivateKeyBits",
                                        key.getParams().getCurve().getField().getFieldSize());
                case RSAPublicKey key ->
                        entry.put("PrivateKeyType", "rsa")
                                .put("PrivateKeyBits", key.getModulus().bitLength());
                default -> entry.put("PrivateKeyType", "").put("PrivateKeyBits", 0);
            }
            entry.put("CreateIndex", 1).put("ModifyIndex", 1);
        }
        return ApiAnswer.json(json);
    }

    /// What travels behind a leaf of the signing root: Consul's clients put it into their chains.
    private void intermediates(ObjectNode entry) {
        var ca = store.now().ca();
        if (ca.isEmpty()) {
            entry.putNull("IntermediateCerts");
            return;
        }
        var pems = entry.putArray("IntermediateCerts");
        pems.add(ca.get().intermediatePem());
        ca.get().bridgePem().ifPresent(pems::add);
    }

    ApiAnswer exported(ApiRequest request) throws RefusedRequestException, InterruptedException {
        return reads.read(
                request,
                Scope.CATALOG,
                () -> {
                    var all = JSON.arrayNode();
                    exports()
                            .forEach((service, peers) -> {
                                var entry = all.addObject().put("Service", service);
                                var names = entry.putObject("Consumers").putArray("Peers");
                                peers.forEach(peer -> names.add(peer.value()));
                            });
                    return ApiAnswer.json(all);
                });
    }

    /// The last good trust bundle that a peer has told: whom we believe in its name.
    ApiAnswer peerBundle(ApiRequest request) throws RefusedRequestException, InterruptedException {
        var peer = ApiRequest.read(request.part("name"), PeerName::of);
        return reads.read(
                request,
                Scope.PEERINGS,
                () -> {
                    var bundle = store.now().bundles().get(peer);
                    if (bundle == null) {
                        return ApiAnswer.text(
                                404,
                                "peer '"
                                        + ForeignText.shown(peer.value())
                                        + "': expected a trust bundle that it has told; found none");
                    }
                    var json =
                            JSON.objectNode()
                                    .put("Peer", peer.value())
                                    .put("TrustDomain", bundle.trustDomain());
                    bundle.rootPems().forEach(json.putArray("Roots")::add);
                    return ApiAnswer.json(json);
                });
    }

    /// By service, with `*` as the services that it stands for at the moment.
    Map<String, Set<PeerName>> exports() {
        var policy = ConfigEntries.exportPolicy(store.now());
        var exports = new TreeMap<String, Set<PeerName>>();
        for (var export : policy.exports()) {
            var names =
                    export.service().equals(ExportPolicy.ANY)
                            ? typicalServices()
                            : Set.of(export.service());
            for (var name : names) {
                for (var peer : export.peers()) {
                    if (policy.exports(name, peer)) {
                        exports.computeIfAbsent(name, _ -> new TreeSet<>()).add(peer);
                    }
                }
            }
        }
        return exports;
    }

    private Set<String> typicalServices() {
        var names = new TreeSet<String>();
        catalog.get().local().values().stream()
                .flatMap(List::stream)
                .filter(instance -> instance.kind() == ServiceKind.TYPICAL)
                .map(ServiceInstance::name)
                .forEach(names::add);
        return names;
    }

    /// May `source` (`name`, or `peer:<peer>/<name>`) call `destination`?
    private static String required(ApiRequest request, String parameter)
            throws RefusedRequestException {
        var value = request.query().getOrDefault(parameter, "");
        if (value.isEmpty()) {
            throw RefusedRequestException.bad(
                    "required query parameter '" + parameter + "' not set");
        }
        return value;
    }

    ApiAnswer issueJoinToken(ApiRequest request) throws RefusedRequestException {
        var body =
                JsonFields.read(request.body(), "Body decoding failed")
                        .only(List.of("Services", "MeshGateway", "Server", "TTL"));
        var services = new LinkedHashSet<ServiceName>();
        for (var name : body.texts("Services")) {
            var service = ApiRequest.read(name, ServiceName::new);
            if (service.value().equals(ServerInfo.SERVICE)) {
                throw RefusedRequestException.bad(
                        "join token: expected a service of your own; found 'consul', which is the servers'");
            }
            services.add(service);
        }
        var meshGateway = body.flag("MeshGateway");
        var server = body.flag("Server");
        if (services.isEmpty() && !meshGateway && !server) {
            throw RefusedRequestException.bad(
                    "join token: expected Services, MeshGateway or Server; found none");
        }
        for (var service : services) {
            request.caller().require(Need.write(Resource.SERVICE, service.value()));
        }
        if (meshGateway) {
            request.caller().require(Need.write(Resource.MESH));
        }
        if (server) {
            // a server is given the authority's keys
            request.caller().requireRule(Need.write(Resource.OPERATOR));
        }
        var ttl = body.text("TTL");
        var life = ttl.isEmpty() ? DEFAULT_JOIN_LIFE : ApiRequest.life("TTL", ttl, MAX_JOIN_LIFE);
        return ApiAnswer.json(
                JSON.objectNode()
                        .put("JoinToken", joinTokens.issue(services, meshGateway, server, life)));
    }
}
