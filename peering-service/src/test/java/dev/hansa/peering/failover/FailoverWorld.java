package dev.hansa.peering.failover;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control;
import dev.hansa.failover.Controls;
import dev.hansa.failover.Observation;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.configentry.ParsedEntry;
import dev.hansa.peering.discovery.RoutePublisher.Seen;
import dev.hansa.peering.discovery.RouteView;
import dev.hansa.peering.discovery.RouteWorld;
import dev.hansa.peering.store.BundleRecord;
import dev.hansa.peering.store.ConfigKey;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoredState;
import dev.hansa.peering.store.TestState;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// A datacenter eks, peered with lke and vms, as its leader sees it. What is not said is not there.
final class FailoverWorld {
    static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    static final ServiceName ECHO = new ServiceName("echo");
    static final ServiceName CALLER = new ServiceName("caller");
    static final UpstreamName TO_ECHO = new UpstreamName(ECHO, Optional.empty());
    static final PeerName LKE = new PeerName("lke");
    static final PeerName VMS = new PeerName("vms");
    private static final Datacenter EKS = new Datacenter("eks");
    private static final TrustDomain OURS = new TrustDomain("eks.consul");

    private final Map<ConfigKey, ConfigRecord> config = new HashMap<>();
    private final Map<PeerName, PeeringRecord> peerings = new HashMap<>();
    private final Map<PeerName, BundleRecord> bundles = new HashMap<>();
    private final Map<String, List<ServiceInstance>> local = new HashMap<>();
    private final Map<PeerName, ImportedCatalog> imported = new HashMap<>();
    private final Map<ServiceName, Set<UpstreamName>> asked = new HashMap<>();
    private final List<Seen> seen = new ArrayList<>();
    private Controls controls = Controls.NONE;
    private boolean defaultAllow = true;

    /// echo runs here and at lke, and caller calls it.
    static FailoverWorld ofTwo() {
        return new FailoverWorld()
                .gateway(CheckStatus.PASSING)
                .peer(LKE)
                .here("echo", CheckStatus.PASSING)
                .here("caller", CheckStatus.PASSING)
                .asks("caller", TO_ECHO)
                .exported(LKE, "echo", CheckStatus.PASSING)
                .entry(
                        "{\"Kind\":\"service-resolver\",\"Name\":\"echo\",\"Failover\":"
                                + "{\"*\":{\"Targets\":[{\"Peer\":\"lke\"}]}}}");
    }

    FailoverWorld entry(String json) {
        switch (ConfigEntries.parse(json)) {
            case ParsedEntry.Valid(var kind, var name, var whole) ->
                    config.put(
                            new ConfigKey(kind, name), new ConfigRecord(kind, name, whole, 7, 7));
            case ParsedEntry.Invalid(var sentence, _) -> throw new AssertionError(sentence);
        }
        return this;
    }

    FailoverWorld under(Control... inForce) {
        controls = new Controls(List.of(inForce));
        return this;
    }

    FailoverWorld defaultDeny() {
        defaultAllow = false;
        return this;
    }

    FailoverWorld peer(PeerName name) {
        peerings.put(
                name,
                new PeeringRecord(
                        name,
                        "id-" + name,
                        StoredState.ESTABLISHING,
                        Map.of(),
                        "theirs",
                        Optional.of(domain(name)),
                        name.value(),
                        "server." + name + ".peering." + domain(name),
                        List.of(),
                        List.of("198.51.100.7:8443"),
                        List.of(),
                        Optional.empty(),
                        1,
                        1));
        bundles.put(name, new BundleRecord(name, domain(name).name(), List.of(), 1));
        return this;
    }

    FailoverWorld withoutBundle(PeerName name) {
        bundles.remove(name);
        return this;
    }

    private static TrustDomain domain(PeerName name) {
        return new TrustDomain(name + ".consul");
    }

    FailoverWorld gateway(CheckStatus status) {
        local.put(
                "mesh-gateway",
                List.of(
                        instance(
                                "gw",
                                "mesh-gateway",
                                ServiceKind.MESH_GATEWAY,
                                status,
                                "192.0.2.2",
                                Optional.empty())));
        return this;
    }

    FailoverWorld here(String name, CheckStatus status) {
        local.put(
                name,
                List.of(
                        instance(
                                name + "-1",
                                name,
                                ServiceKind.TYPICAL,
                                status,
                                "192.0.2.10",
                                Optional.empty())));
        local.put(
                name + "-sidecar-proxy",
                List.of(
                        instance(
                                name + "-1-sidecar-proxy",
                                name + "-sidecar-proxy",
                                ServiceKind.CONNECT_PROXY,
                                status,
                                "192.0.2.10",
                                Optional.empty())));
        return this;
    }

    FailoverWorld gone(String name) {
        local.remove(name);
        local.remove(name + "-sidecar-proxy");
        return this;
    }

    /// The sidecar of a caller has met this.
    FailoverWorld sees(String caller, Observation observation) {
        seen.add(new Seen("/" + caller, new ServiceName(caller), observation));
        return this;
    }

    List<Seen> seen(UpstreamName upstream) {
        return seen.stream().filter(one -> one.observation().upstream().equals(upstream)).toList();
    }

    FailoverWorld asks(String caller, UpstreamName... upstreams) {
        asked.put(new ServiceName(caller), Set.of(upstreams));
        return this;
    }

    FailoverWorld exported(PeerName peer, String name, CheckStatus status) {
        var meta =
                new PeerMeta(
                        List.of(name + ".default.default.eks.external." + domain(peer)),
                        List.of(
                                "spiffe://"
                                        + domain(peer)
                                        + "/ns/default/dc/"
                                        + peer
                                        + "/svc/"
                                        + name),
                        "tcp");
        imported.put(
                peer,
                new ImportedCatalog(
                        Map.of(
                                name,
                                List.of(
                                        instance(
                                                name + "-there",
                                                name,
                                                ServiceKind.TYPICAL,
                                                status,
                                                "203.0.113.9",
                                                Optional.of(meta))),
                                name + "-sidecar-proxy",
                                List.of(
                                        instance(
                                                "their-gw",
                                                name + "-sidecar-proxy",
                                                ServiceKind.CONNECT_PROXY,
                                                CheckStatus.PASSING,
                                                "198.51.100.7",
                                                Optional.of(meta)))),
                        NOW.minusSeconds(3),
                        true));
        return this;
    }

    private static ServiceInstance instance(
            String id,
            String name,
            ServiceKind kind,
            CheckStatus status,
            String address,
            Optional<PeerMeta> meta) {
        return new ServiceInstance(
                new NodeRecord("", "n", address, "eks", Map.of(), Map.of()),
                id,
                name,
                kind,
                List.of(),
                address,
                20000,
                Map.of("wan", new Endpoint("198.51.100.7", 8443)),
                Map.of(),
                1,
                1,
                Optional.empty(),
                meta,
                List.of(new HealthCheck("c", "c", status, "", "")),
                1,
                1);
    }

    RouteView view() {
        return new RouteView(world());
    }

    RouteWorld world() {
        var state = TestState.of(7, config, peerings, bundles);
        return new RouteWorld(
                state,
                new CatalogSnapshot(1, local, imported),
                EKS,
                new TrustBundle(OURS, List.of()),
                ExportPolicy.NONE,
                service -> ConfigEntries.failoverPolicy(state, service),
                ConfigEntries.intentionTables(state, defaultAllow),
                controls,
                ConfigEntries.connections(state),
                ConfigEntries.heldDown(state),
                false,
                new Endpoint("192.0.2.1", 8503));
    }

    Optional<Set<UpstreamName>> asked(ServiceName caller) {
        return Optional.ofNullable(asked.get(caller));
    }

    Set<UpstreamName> asked() {
        return asked.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
    }
}
