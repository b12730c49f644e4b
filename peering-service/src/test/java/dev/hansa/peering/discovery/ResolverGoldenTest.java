package dev.hansa.peering.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Route;
import dev.hansa.failover.ServiceResolver;
import dev.hansa.failover.Spread;
import dev.hansa.failover.Target;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.configentry.ParsedEntry;
import dev.hansa.peering.store.ConfigKey;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.store.TestState;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each folder under `resolver` is a datacenter `eks` with config entries as operators write them,
/// what runs there and at its peers, and the routes that come of it. `-Dgolden.update=true` writes
/// the expectation anew.
class ResolverGoldenTest {
    private static final Path FOLDERS = Path.of("src/test/resources/resolver");
    private static final TrustDomain OURS = new TrustDomain("eks.consul");
    private static final ObjectMapper YAML =
            new ObjectMapper(
                    new YAMLFactory()
                            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                            .disable(YAMLGenerator.Feature.SPLIT_LINES)
                            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES));
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    static List<Path> cases() throws IOException {
        try (var folders = Files.list(FOLDERS)) {
            return folders.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void routesAreWhatTheFolderSays(Path folder) throws IOException {
        var found =
                YAML.writeValueAsString(
                        outcome(YAML.readTree(folder.resolve("input.yaml").toFile())));
        var expected = folder.resolve("expected.yaml");
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(expected, found);
        }
        assertThat(found).isEqualTo(Files.readString(expected));
    }

    private static JsonNode outcome(JsonNode input) {
        var config = new HashMap<ConfigKey, ConfigRecord>();
        for (var entry : input.path("entries")) {
            var refusal = write(config, entry.toString());
            if (refusal.isPresent()) {
                return NODES.objectNode().put("refused", refusal.get());
            }
        }
        var state = state(config);
        var domains = new HashMap<PeerName, TrustDomain>();
        var catalog = new CatalogSnapshot(1, here(input.path("here")), Map.of());
        for (var peer : input.path("peers").properties()) {
            var name = new PeerName(peer.getKey());
            if (peer.getValue().path("bundle").asBoolean(true)) {
                domains.put(name, new TrustDomain(name + ".consul"));
            }
            catalog = catalog.withImported(name, imported(name, peer.getValue()));
        }
        var resolver =
                new ServiceResolver(
                        catalog,
                        ConfigEntries.failoverPolicies(state),
                        new Datacenter("eks"),
                        OURS,
                        domains);
        var routes = NODES.objectNode();
        for (var asked : input.path("ask")) {
            var parts = asked.asText().split("\\.");
            var upstream =
                    new UpstreamName(
                            new ServiceName(parts[0]),
                            parts.length == 1
                                    ? Optional.empty()
                                    : Optional.of(new PeerName(parts[1])));
            var route =
                    ConfigEntries.connections(state)
                            .to(new ServiceName("frontend"), upstream)
                            .on(resolver.resolve(upstream));
            routes.set(asked.asText(), told(route));
        }
        return routes;
    }

    private static Optional<String> write(Map<ConfigKey, ConfigRecord> config, String entry) {
        return switch (ConfigEntries.parse(entry)) {
            case ParsedEntry.Invalid(var sentence, _) -> Optional.of(sentence);
            case ParsedEntry.Valid valid -> {
                var refusal = ConfigEntries.refusal(state(config), valid);
                config.put(
                        new ConfigKey(valid.kind(), valid.name()),
                        new ConfigRecord(valid.kind(), valid.name(), valid.json(), 1, 1));
                yield refusal;
            }
        };
    }

    private static StoreState state(Map<ConfigKey, ConfigRecord> config) {
        return TestState.of(1, config, Map.of(), Map.of());
    }

    /// Each instance with a sidecar, and gateways.
    private static Map<String, List<ServiceInstance>> here(JsonNode instances) {
        var all = new HashMap<String, List<ServiceInstance>>();
        for (var one : instances) {
            var service = one.path("service").asText("mesh-gateway");
            var gateway = service.equals("mesh-gateway");
            var application =
                    instance(
                            one,
                            service,
                            gateway ? ServiceKind.MESH_GATEWAY : ServiceKind.TYPICAL,
                            Optional.empty());
            all.computeIfAbsent(service, _ -> new ArrayList<>()).add(application);
            if (!gateway) {
                var sidecar = one.deepCopy();
                ((ObjectNode) sidecar)
                        .put("id", one.path("id").asText() + ServiceName.SIDECAR_SUFFIX)
                        .put("status", one.path("sidecar").asText("passing"));
                all.computeIfAbsent(service + ServiceName.SIDECAR_SUFFIX, _ -> new ArrayList<>())
                        .add(
                                instance(
                                        sidecar,
                                        service + ServiceName.SIDECAR_SUFFIX,
                                        ServiceKind.CONNECT_PROXY,
                                        Optional.empty()));
            }
        }
        return all;
    }

    private static ImportedCatalog imported(PeerName peer, JsonNode node) {
        var all = new LinkedHashMap<String, List<ServiceInstance>>();
        for (var one : node.path("instances")) {
            var service = one.path("service").asText();
            all.computeIfAbsent(service, _ -> new ArrayList<>())
                    .add(instance(one, service, ServiceKind.TYPICAL, Optional.empty()));
            var meta =
                    new PeerMeta(
                            List.of(service + ".default.default.eks.external." + peer + ".consul"),
                            List.of("spiffe://" + peer + ".consul/ns/default/dc/x/svc/" + service),
                            "tcp");
            var gateway =
                    NODES.objectNode()
                            .put("id", service + "-gateway")
                            .put("address", "198.51.100.2")
                            .put("status", node.path("gateway").asText("passing"));
            all.put(
                    service + ServiceName.SIDECAR_SUFFIX,
                    List.of(
                            instance(
                                    gateway,
                                    service + ServiceName.SIDECAR_SUFFIX,
                                    ServiceKind.CONNECT_PROXY,
                                    Optional.of(meta))));
        }
        return new ImportedCatalog(
                all, Instant.parse("2026-01-01T10:00:00Z"), node.path("connected").asBoolean(true));
    }

    private static ServiceInstance instance(
            JsonNode node, String name, ServiceKind kind, Optional<PeerMeta> peerMeta) {
        var id = node.path("id").asText();
        var meta = new HashMap<String, String>();
        node.path("meta")
                .properties()
                .forEach(one -> meta.put(one.getKey(), one.getValue().asText()));
        return new ServiceInstance(
                new NodeRecord(
                        "",
                        node.path("node").asText("node-a"),
                        "192.0.2.1",
                        "eks",
                        Map.of(),
                        Map.of("zone", node.path("zone").asText("a"))),
                id,
                name,
                kind,
                StreamSupport.stream(node.path("tags").spliterator(), false)
                        .map(JsonNode::asText)
                        .toList(),
                node.path("address").asText("192.0.2.9"),
                node.path("port").asInt(20000),
                Map.of(),
                meta,
                node.path("weight").asInt(1),
                node.path("weightWarning").asInt(1),
                Optional.empty(),
                peerMeta,
                List.of(
                        new HealthCheck(
                                id + ":check",
                                "check",
                                CheckStatus.of(node.path("status").asText("passing")),
                                node.path("output").asText(),
                                "tcp")),
                1,
                1);
    }

    private static ObjectNode told(Route route) {
        var told =
                NODES.objectNode()
                        .put("connectTimeoutMs", route.connectTimeout().toMillis())
                        .put("maxConnections", route.maxConnections())
                        .put(
                                "spread",
                                switch (route.spread()) {
                                    case Spread.Sequential(var failback) ->
                                            failback.isZero()
                                                    ? "sequential"
                                                    : "sequential, back over " + failback;
                                    case Spread.ByLatency _ -> "by latency";
                                    case Spread.Weighted(var weights) ->
                                            "weighted " + new TreeMap<>(weights);
                                });
        var targets = told.putArray("targets");
        for (var target : route.targets()) {
            var one =
                    targets.addObject()
                            .put("target", target.label())
                            .put("healthy", target.health().healthy())
                            .put("evidence", target.health().evidence());
            if (target.health().spare()) {
                one.put("spare", true);
            }
            if (target instanceof Target.PeerTarget) {
                one.put("sni", target.sni()).put("trustDomain", target.trustDomain().name());
            }
            var endpoints = one.putArray("endpoints");
            target.endpoints()
                    .forEach(endpoint ->
                            endpoints.add(endpoint.address() + " " + endpoint.health().evidence()));
        }
        return told;
    }
}
