package dev.hansa.exportedservices;

import static dev.hansa.exportedservices.Fixtures.check;
import static dev.hansa.exportedservices.Fixtures.gateway;
import static dev.hansa.exportedservices.Fixtures.service;
import static dev.hansa.exportedservices.Fixtures.sidecar;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExportedViewTest {
    private static final TrustDomain OURS =
            new TrustDomain("11111111-2222-3333-4444-555555555555.consul");
    private static final PeerName EKS = new PeerName("eks");

    private static ExportedView view(Map<String, List<ServiceInstance>> local, String... services) {
        return ExportedView.of(
                new CatalogSnapshot(1, local, Map.of()),
                new ExportPolicy(
                        List.of(services).stream()
                                .map(name -> new ExportPolicy.Export(name, Set.of(EKS)))
                                .toList()),
                EKS,
                OURS,
                new Datacenter("lke"));
    }

    private static Map<String, List<ServiceInstance>> shop() {
        return Map.of(
                "billing", List.of(service("billing", check("tcp", CheckStatus.WARNING))),
                "billing-sidecar-proxy", List.of(sidecar("billing")),
                "batch", List.of(service("batch")),
                "consul", List.of(service("consul")),
                "mesh-gateway",
                        List.of(
                                gateway(
                                        "g0",
                                        "203.0.113.7:8443",
                                        check("alive", CheckStatus.PASSING)),
                                gateway("g1", "203.0.113.8:8444")));
    }

    @Test
    void nothingIsExportedWithoutAPolicy() {
        assertThat(view(shop())).isEqualTo(ExportedView.EMPTY);
    }

    @Test
    void meshServiceTravelsWithACompanionForEachGateway() {
        var view = view(shop(), "billing");

        assertThat(view.names()).containsExactly("billing");
        assertThat(view.services()).containsOnlyKeys("billing", "billing-sidecar-proxy");
        var companions = view.named("billing-sidecar-proxy");
        assertThat(companions)
                .extracting(ServiceInstance::id)
                .containsExactly(
                        "billing-sidecar-proxy-instance-0", "billing-sidecar-proxy-instance-1");
        assertThat(companions.getFirst().peerMeta())
                .contains(
                        new PeerMeta(
                                List.of("billing.default.default.eks.external." + OURS),
                                List.of(
                                        "spiffe://" + OURS + "/ns/default/dc/lke/svc/billing",
                                        "spiffe://" + OURS + "/gateway/mesh/dc/lke"),
                                "tcp"));
        assertThat(companions.getLast().wanEndpoint()).contains(new Endpoint("203.0.113.8", 8444));
        assertThat(companions.getFirst().destination()).contains(new ServiceName("billing"));
        assertThat(companions.getFirst().checks())
                .extracting(HealthCheck::id)
                .containsExactly("billing-sidecar-proxy-instance-0:overall-check");
    }

    @Test
    void serviceOutsideTheMeshHasNoCompanion() {
        assertThat(view(shop(), "batch").services()).containsOnlyKeys("batch");
    }

    @Test
    void wildcardMeansEveryServiceButProxiesGatewaysAndServers() {
        assertThat(view(shop(), "*").names()).containsExactly("batch", "billing");
        assertThat(view(shop(), "consul", "billing-sidecar-proxy").names()).isEmpty();
    }

    @Test
    void namedServiceThatDoesNotRunIsListedWithoutInstances() {
        var view = view(shop(), "later");

        assertThat(view.names()).containsExactly("later");
        assertThat(view.services()).containsEntry("later", List.of());
    }

    @Test
    void checksAreFlattenedToTheWorst() {
        var view =
                view(
                        Map.of(
                                "billing",
                                List.of(
                                        service(
                                                "billing",
                                                check("a", CheckStatus.PASSING),
                                                check("b", CheckStatus.CRITICAL),
                                                check("c", CheckStatus.WARNING)))),
                        "billing");

        assertThat(view.named("billing").getFirst().checks())
                .containsExactly(
                        new HealthCheck(
                                "billing:overall-check",
                                "overall-check",
                                CheckStatus.CRITICAL,
                                "",
                                ""));
    }

    @Test
    void maintenanceOutranksEveryVerdict() {
        var view =
                view(
                        Map.of(
                                "billing",
                                List.of(
                                        service(
                                                "billing",
                                                check("_node_maintenance", CheckStatus.CRITICAL)))),
                        "billing");

        assertThat(view.named("billing").getFirst().status()).isEqualTo(CheckStatus.MAINTENANCE);
    }

    @Test
    void indexesOfOurStoreDoNotTravel() {
        var instance = view(shop(), "billing").named("billing").getFirst();

        assertThat(instance.modifyIndex()).isZero();
        assertThat(instance.createIndex()).isZero();
    }

    @Test
    void consumersOfAServiceAreThoseOfItsOwnLinesAndOfTheLineForEveryService() {
        var lke = new PeerName("lke");
        var policy =
                new ExportPolicy(
                        List.of(
                                new ExportPolicy.Export("billing", Set.of(EKS)),
                                new ExportPolicy.Export(ExportPolicy.ANY, Set.of(lke))));

        assertThat(policy.consumers("billing")).containsExactlyInAnyOrder(EKS, lke);
        assertThat(policy.consumers("batch")).containsExactly(lke);
        assertThat(policy.consumers("consul")).isEmpty();
        assertThat(policy.consumers("billing-sidecar-proxy")).isEmpty();
    }
}
