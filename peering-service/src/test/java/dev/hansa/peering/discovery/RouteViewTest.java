package dev.hansa.peering.discovery;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.hansa.failover.FailoverPolicy;
import dev.hansa.failover.Route;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.failover.VirtualServices;
import dev.hansa.peering.store.BundleRecord;
import dev.hansa.peering.store.ConfigKey;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoredState;
import dev.hansa.peering.store.TestState;
import dev.hansa.peering.store.VirtualAddresses;
import dev.hansa.peering.store.VirtualRecord;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RouteViewTest {
    private static final TrustDomain OURS = new TrustDomain("eks.consul");
    private static final PeerName LKE = new PeerName("lke");
    private static final PeerName VMS = new PeerName("vms");
    private static final ServiceName SHIPPING = new ServiceName("shippingservice");
    private static final String THEIR_SNI =
            "shippingservice.default.default.eks.external.lke.consul";

    private final Map<String, List<ServiceInstance>> local = new HashMap<>();
    private final Map<PeerName, ImportedCatalog> imported = new HashMap<>();
    private final Map<PeerName, PeeringRecord> peerings = new HashMap<>();
    private final Map<PeerName, BundleRecord> bundles = new HashMap<>();
    private ExportPolicy exports = ExportPolicy.NONE;
    private boolean throughGateways;
    private Map<ConfigKey, ConfigRecord> config = Map.of();
    private Map<String, VirtualRecord> virtual = Map.of();

    private RouteView view() {
        var state = TestState.of(1, config, peerings, bundles, new VirtualAddresses(1, virtual));
        return new RouteView(
                new RouteWorld(
                        state,
                        new CatalogSnapshot(1, local, imported),
                        new Datacenter("eks"),
                        new TrustBundle(OURS, List.of()),
                        exports,
                        FailoverPolicy::none,
                        _ -> new IntentionTable(false, List.of()),
                        throughGateways,
                        new Endpoint("192.0.2.1", 8503)));
    }

    private static UpstreamName name(String service, Optional<PeerName> peer) {
        return new UpstreamName(new ServiceName(service), peer);
    }

    @Test
    void transparentSidecarIsToldTheWayToEachServiceWithAVirtualAddress() {
        shippingHere(CheckStatus.PASSING);
        peer(LKE, "lke.consul", StoredState.ESTABLISHING);
        imports(LKE, THEIR_SNI);
        virtual =
                Map.of(
                        "shippingservice", new VirtualRecord("shippingservice", "", 3),
                        "shippingservice.lke", new VirtualRecord("shippingservice", "lke", 2));
        var web = new ServiceName("web");
        var here = name("shippingservice", Optional.empty());
        var there = name("shippingservice", Optional.of(LKE));

        var told = view().transparent(web, List.of(), "n");

        assertThat(told.virtual())
                .contains(
                        new VirtualServices(
                                Map.of(new VirtualAddress(3), here, new VirtualAddress(2), there),
                                false,
                                Map.of()));
        assertThat(told.routes()).extracting(Route::upstream).containsExactly(there, here);
        assertThat(told.bundles().of(new TrustDomain("lke.consul"))).isPresent();
        // what it has dialled besides is known already, so that there is nothing to send
        assertThat(view().transparent(web, List.of(here), "n")).isEqualTo(told);
        assertThat(view().sidecar(web, List.of()).virtual()).isEmpty();
    }

    private static ConfigRecord shown(String name, String cluster, String address, String service) {
        return new ConfigRecord(
                "cluster-ips",
                name,
                """
                {"Kind":"cluster-ips","Name":"%s","Cluster":"%s",
                 "Services":[{"Name":"%s","Addresses":["%s"],"Ports":[80]}]}\
                """
                        .formatted(name, cluster, service, address),
                1,
                1);
    }

    private static Map<ConfigKey, ConfigRecord> entries(ConfigRecord... records) {
        var all = new HashMap<ConfigKey, ConfigRecord>();
        for (var record : records) {
            all.put(new ConfigKey(record.kind(), record.name()), record);
        }
        return all;
    }

    private Map<Endpoint, UpstreamName> clusterIps(String node) {
        return view().transparent(new ServiceName("web"), List.of(), node)
                .virtual()
                .orElseThrow()
                .clusterIps();
    }

    @Test
    void sidecarIsToldTheAddressesOfItsOwnClusterAlone() {
        shippingHere(CheckStatus.PASSING);
        virtual = Map.of("shippingservice", new VirtualRecord("shippingservice", "", 3));
        var here = name("shippingservice", Optional.empty());
        var first = shown("a", "eks/1", "10.96.0.10", "shippingservice");
        // two clusters may use one address, and a name that the mesh knows nothing of is nobody's
        config =
                entries(
                        first,
                        shown("b", "lke/2", "10.96.0.11", "shippingservice"),
                        shown("c", "eks/1", "10.96.0.12", "unknown"));
        assertThat(clusterIps("k8s-n1")).isEmpty();

        atMachine("k8s-n1", "eks/1");
        assertThat(clusterIps("k8s-n1"))
                .containsOnly(Map.entry(new Endpoint("10.96.0.10", 80), here));
        assertThat(clusterIps("k8s-n2")).isEmpty();
        atMachine("k8s-n2", "lke/2");
        assertThat(clusterIps("k8s-n2"))
                .containsOnly(Map.entry(new Endpoint("10.96.0.11", 80), here));

        // one that two entries of the cluster give to two services
        config = entries(first, shown("c", "eks/1", "10.96.0.10", "unknown"));
        assertThat(clusterIps("k8s-n1")).isEmpty();
        config = entries(first);
        assertThat(clusterIps("k8s-n1")).hasSize(1);
        // a machine that two clusters call their own
        atMachine("k8s-n1", "lke/2");
        assertThat(clusterIps("k8s-n1")).isEmpty();
    }

    /// It may call itself of any machine, and of any cluster.
    @Test
    void sidecarOfATenantTakesNoMachineFromItsCluster() {
        shippingHere(CheckStatus.PASSING);
        virtual = Map.of("shippingservice", new VirtualRecord("shippingservice", "", 3));
        config = entries(shown("a", "eks/1", "10.96.0.10", "shippingservice"));
        atMachine("k8s-n1", "eks/1");
        assertThat(clusterIps("k8s-n1")).hasSize(1);

        for (var one : ProxyInstancesTest.sidecar("k8s-n1", "lke/2")) {
            local.put(one.name(), List.of(one));
        }
        assertThat(clusterIps("k8s-n1")).hasSize(1);

        // nor does it bring one to a cluster
        for (var one : ProxyInstancesTest.sidecar("k8s-n2", "eks/1")) {
            local.put(one.name(), List.of(one));
        }
        assertThat(clusterIps("k8s-n2")).isEmpty();
    }

    private void atMachine(String node, String cluster) {
        local.put(
                "on-" + node + "-" + cluster.length() + cluster.charAt(0),
                List.of(
                        new ServiceInstance(
                                new NodeRecord("", node, "192.0.2.9", "eks", Map.of(), Map.of()),
                                "x",
                                "on",
                                ServiceKind.TYPICAL,
                                List.of(),
                                "",
                                80,
                                Map.of(),
                                Map.of("k8s-cluster", cluster),
                                1,
                                1,
                                Optional.empty(),
                                Optional.empty(),
                                List.of(),
                                0,
                                0)));
    }

    @Test
    void meshEntryKeepsTransparentSidecarsToTheMesh() {
        config =
                Map.of(
                        new ConfigKey("mesh", "mesh"),
                        new ConfigRecord(
                                "mesh",
                                "mesh",
                                "{\"TransparentProxy\":{\"MeshDestinationsOnly\":true}}",
                                1,
                                1));

        assertThat(view().transparent(new ServiceName("web"), List.of(), "n").virtual())
                .contains(new VirtualServices(Map.of(), true, Map.of()));
    }

    /// The default of this world is to deny, and nobody knows what a peer's says.
    @Test
    void sidecarIsToldOfAsManyServicesAsItCanHoldAndOfThoseFirstThatItMayCall() {
        var many = new HashMap<String, VirtualRecord>();
        for (var i = 1; i <= VirtualServices.MOST; i++) {
            var record = new VirtualRecord("a" + i, "", i);
            many.put(record.key(), record);
        }
        var ofPeer = new VirtualRecord("z", "lke", VirtualServices.MOST + 1);
        many.put(ofPeer.key(), ofPeer);
        virtual = many;

        var told =
                view().transparent(new ServiceName("web"), List.of(), "n").virtual().orElseThrow();

        assertThat(told.services()).hasSize(VirtualServices.MOST).containsValue(ofPeer.name());
    }

    private void peer(PeerName name, String trustDomain, StoredState state) {
        peerings.put(
                name,
                new PeeringRecord(
                        name,
                        "id-" + name,
                        state,
                        Map.of(),
                        "theirs",
                        Optional.of(new TrustDomain(trustDomain)),
                        name.value(),
                        "server." + name + ".peering." + trustDomain,
                        List.of(),
                        List.of("198.51.100.7:8443"),
                        List.of(),
                        Optional.empty(),
                        1,
                        1));
        bundles.put(name, new BundleRecord(name, trustDomain, List.of(), 1));
    }

    private static ServiceInstance instance(
            String id, String name, ServiceKind kind, CheckStatus status, Optional<PeerMeta> meta) {
        return new ServiceInstance(
                new NodeRecord("", "n", "192.0.2.9", "eks", Map.of(), Map.of()),
                id,
                name,
                kind,
                List.of(),
                "192.0.2.13",
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

    private void shippingHere(CheckStatus status) {
        local.put(
                "shippingservice",
                List.of(
                        instance(
                                "s",
                                "shippingservice",
                                ServiceKind.TYPICAL,
                                status,
                                Optional.empty())));
        local.put(
                "shippingservice-sidecar-proxy",
                List.of(
                        instance(
                                "s-sidecar-proxy",
                                "shippingservice-sidecar-proxy",
                                ServiceKind.CONNECT_PROXY,
                                status,
                                Optional.empty())));
    }

    private void imports(PeerName peer, String sni) {
        imported.put(
                peer,
                new ImportedCatalog(
                        Map.of(
                                "shippingservice-sidecar-proxy",
                                List.of(
                                        instance(
                                                "p",
                                                "shippingservice-sidecar-proxy",
                                                ServiceKind.CONNECT_PROXY,
                                                CheckStatus.PASSING,
                                                Optional.of(
                                                        new PeerMeta(
                                                                List.of(sni),
                                                                List.of("spiffe://x"),
                                                                "tcp"))))),
                        Instant.EPOCH,
                        true));
    }

    private static Optional<SniRoute> route(RouteSnapshot snapshot, String sni) {
        return snapshot.sniRoutes().stream().filter(route -> route.sni().equals(sni)).findFirst();
    }

    @Test
    void gatewayServesAnExportedServiceUnderOneNameForEachPeer() {
        peer(LKE, "lke.consul", StoredState.PENDING);
        shippingHere(CheckStatus.PASSING);
        exports =
                new ExportPolicy(List.of(new ExportPolicy.Export("shippingservice", Set.of(LKE))));

        var snapshot = view().gateway();

        assertThat(snapshot.sniRoutes())
                .singleElement()
                .satisfies(route -> {
                    assertThat(route.sni())
                            .isEqualTo("shippingservice.default.default.lke.external.eks.consul");
                    assertThat(route.purpose()).isEqualTo(SniRoute.EXPORTED);
                    assertThat(route.endpoints())
                            .extracting(e -> e.address().toString())
                            .containsExactly("192.0.2.13:20000");
                });
        assertThat(snapshot.bundles().bundles()).containsOnlyKeys(OURS);
    }

    @Test
    void gatewayNamesWhyAnExportedServiceHasNoHealthyEndpointAndKnowsTheOthers() {
        peer(LKE, "lke.consul", StoredState.PENDING);
        shippingHere(CheckStatus.CRITICAL);
        exports = new ExportPolicy(List.of(new ExportPolicy.Export("*", Set.of(LKE))));

        assertThat(view().gateway().sniRoutes())
                .singleElement()
                .satisfies(route -> {
                    assertThat(route.isHealthy()).isFalse();
                    assertThat(route.endpoints())
                            .extracting(e -> e.address() + " " + e.health().evidence())
                            .containsExactly("192.0.2.13:20000 s-sidecar-proxy is critical");
                    assertThat(route.evidence())
                            .isEqualTo("service 'shippingservice' has no healthy instance here");
                });
    }

    @Test
    void withdrawnOrTerminatedMeansNoRoute() {
        peer(LKE, "lke.consul", StoredState.PENDING);
        shippingHere(CheckStatus.PASSING);
        assertThat(view().gateway().sniRoutes()).isEmpty();

        exports = new ExportPolicy(List.of(new ExportPolicy.Export("*", Set.of(LKE))));
        peer(LKE, "lke.consul", StoredState.TERMINATED);
        assertThat(view().gateway().sniRoutes()).isEmpty();
    }

    @Test
    void importedNameLeadsToThePeersGateways() {
        peer(LKE, "lke.consul", StoredState.ESTABLISHING);
        imports(LKE, THEIR_SNI);

        assertThat(route(view().gateway(), THEIR_SNI))
                .hasValueSatisfying(route -> {
                    assertThat(route.purpose()).isEqualTo(SniRoute.IMPORTED);
                    assertThat(route.endpoints())
                            .extracting(e -> e.address().toString())
                            .containsExactly("198.51.100.7:8443");
                });
    }

    @Test
    void peerCannotClaimANameOfOursOrOfAnotherPeer() {
        peer(LKE, "lke.consul", StoredState.ESTABLISHING);
        peer(VMS, "vms.consul", StoredState.ESTABLISHING);
        imports(LKE, "shippingservice.default.default.lke.external.eks.consul");
        assertThat(view().gateway().sniRoutes()).isEmpty();

        imports(LKE, "shippingservice.default.default.eks.external.vms.consul");
        assertThat(view().gateway().sniRoutes()).isEmpty();
    }

    @Test
    void bundleThatNamesOurTrustDomainOrAnUnpinnedOneIsNotUsed() {
        peer(LKE, "lke.consul", StoredState.ESTABLISHING);
        imports(LKE, THEIR_SNI);
        var upstream = new UpstreamName(SHIPPING, Optional.of(LKE));

        bundles.put(LKE, new BundleRecord(LKE, "eks.consul", List.of(), 1));
        assertThat(
                        view().sidecar(new ServiceName("frontend"), List.of(upstream))
                                .bundles()
                                .bundles())
                .containsOnlyKeys(OURS);

        bundles.put(LKE, new BundleRecord(LKE, "other.consul", List.of(), 1));
        assertThat(
                        view().sidecar(new ServiceName("frontend"), List.of(upstream))
                                .bundles()
                                .bundles())
                .containsOnlyKeys(OURS);
    }

    @Test
    void sidecarGetsTheBundlesOfPeersThatMayCallItOrThatItCallsAndNoOther() {
        peer(LKE, "lke.consul", StoredState.ESTABLISHING);
        peer(VMS, "vms.consul", StoredState.ESTABLISHING);
        exports =
                new ExportPolicy(List.of(new ExportPolicy.Export("shippingservice", Set.of(VMS))));

        var destination = view().sidecar(SHIPPING, List.of());
        var caller =
                view().sidecar(
                                new ServiceName("frontend"),
                                List.of(new UpstreamName(SHIPPING, Optional.of(LKE))));

        assertThat(destination.bundles().bundles())
                .containsOnlyKeys(OURS, new TrustDomain("vms.consul"));
        assertThat(destination.inbound().orElseThrow().peers())
                .containsOnlyKeys(new TrustDomain("vms.consul"));
        assertThat(caller.bundles().bundles())
                .containsOnlyKeys(OURS, new TrustDomain("lke.consul"));
        assertThat(caller.inbound().orElseThrow().peers()).isEmpty();
    }

    @Test
    void peeringGoesThroughGatewaysOnlyWhenTheMeshEntrySaysSo() {
        peer(LKE, "lke.consul", StoredState.PENDING);
        assertThat(view().gateway().sniRoutes()).isEmpty();

        throughGateways = true;
        var snapshot = view().gateway();

        assertThat(route(snapshot, "server.eks.peering.eks.consul"))
                .hasValueSatisfying(route ->
                        assertThat(route.endpoints())
                                .extracting(e -> e.address().toString())
                                .containsExactly("192.0.2.1:8503"));
        assertThat(route(snapshot, "server.lke.peering.lke.consul"))
                .hasValueSatisfying(route ->
                        assertThat(route.endpoints())
                                .extracting(e -> e.address().toString())
                                .containsExactly("198.51.100.7:8443"));
    }
}
