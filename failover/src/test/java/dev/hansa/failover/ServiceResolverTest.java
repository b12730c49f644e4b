package dev.hansa.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy.Destination;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ServiceResolverTest {
    private static final ServiceName SHIPPING = new ServiceName("shippingservice");
    private static final PeerName LKE = new PeerName("lke");
    private static final TrustDomain OURS = new TrustDomain("eks.consul");
    private static final TrustDomain THEIRS = new TrustDomain("lke.consul");
    private static final UpstreamName BY_NAME = new UpstreamName(SHIPPING, Optional.empty());
    private static final UpstreamName AT_PEER = new UpstreamName(SHIPPING, Optional.of(LKE));
    private static final PeerMeta META =
            new PeerMeta(
                    List.of("shippingservice.default.default.eks.external.lke.consul"),
                    List.of("spiffe://lke.consul/ns/default/dc/lke/svc/shippingservice"),
                    "tcp");

    private final Map<String, List<ServiceInstance>> local = new TreeMap<>();
    private Map<String, List<ServiceInstance>> imported = Map.of();
    private Map<PeerName, TrustDomain> domains = Map.of(LKE, THEIRS);
    private FailoverPolicy policy = FailoverPolicy.none(SHIPPING);

    private Route resolve(UpstreamName name) {
        var catalog =
                new CatalogSnapshot(
                        1, local, Map.of(LKE, new ImportedCatalog(imported, Instant.EPOCH, true)));
        return new ServiceResolver(
                        catalog,
                        service -> service.equals(SHIPPING) ? policy : FailoverPolicy.none(service),
                        new Datacenter("eks"),
                        OURS,
                        domains)
                .resolve(name);
    }

    private static ServiceInstance instance(
            String id,
            String name,
            ServiceKind kind,
            String address,
            int port,
            CheckStatus status,
            Optional<PeerMeta> meta) {
        var check =
                new HealthCheck(
                        id + ":c",
                        "c",
                        status,
                        status == CheckStatus.PASSING ? "" : "refused",
                        "tcp");
        return new ServiceInstance(
                new NodeRecord("", "n", "192.0.2.1", "eks", Map.of(), Map.of()),
                id,
                name,
                kind,
                List.of(),
                address,
                port,
                Map.of(),
                Map.of(),
                1,
                1,
                Optional.empty(),
                meta,
                List.of(check),
                1,
                1);
    }

    private void localShipping(CheckStatus status) {
        local.put(
                "shippingservice-sidecar-proxy",
                List.of(
                        instance(
                                "s1",
                                "shippingservice-sidecar-proxy",
                                ServiceKind.CONNECT_PROXY,
                                "192.0.2.13",
                                20000,
                                status,
                                Optional.empty())));
    }

    private void gateway(CheckStatus status) {
        local.put(
                "mesh-gateway",
                List.of(
                        instance(
                                "g1",
                                "mesh-gateway",
                                ServiceKind.MESH_GATEWAY,
                                "192.0.2.2",
                                8443,
                                status,
                                Optional.empty())));
    }

    private void importedShipping(CheckStatus service, CheckStatus theirGateway) {
        imported =
                Map.of(
                        "shippingservice",
                        List.of(
                                instance(
                                        "p1",
                                        "shippingservice",
                                        ServiceKind.TYPICAL,
                                        "10.2.0.13",
                                        50051,
                                        service,
                                        Optional.empty())),
                        "shippingservice-sidecar-proxy",
                        List.of(
                                instance(
                                        "p2",
                                        "shippingservice-sidecar-proxy",
                                        ServiceKind.CONNECT_PROXY,
                                        "198.51.100.2",
                                        8443,
                                        theirGateway,
                                        Optional.of(META))));
    }

    @Test
    void withoutPolicyThereIsOneTargetHere() {
        localShipping(CheckStatus.PASSING);

        var route = resolve(BY_NAME);

        assertThat(route.targets())
                .singleElement()
                .satisfies(target -> {
                    assertThat(target.label()).isEqualTo("shippingservice");
                    assertThat(target.sni())
                            .isEqualTo("shippingservice.default.eks.internal.eks.consul");
                    assertThat(target.spiffeIds())
                            .containsExactly(
                                    "spiffe://eks.consul/ns/default/dc/eks/svc/shippingservice");
                    assertThat(target.health()).isEqualTo(HealthView.GOOD);
                    assertThat(target.endpoints())
                            .containsExactly(
                                    new TargetEndpoint(
                                            new Endpoint("192.0.2.13", 20000), HealthView.GOOD));
                });
    }

    @Test
    void unhealthyTargetStaysListedWithItsEvidence() {
        localShipping(CheckStatus.CRITICAL);

        assertThat(resolve(BY_NAME).targets().getFirst().health())
                .isEqualTo(HealthView.bad("no healthy instance: s1 is critical (refused)"));
    }

    @Test
    void serviceThatNobodyRegisteredSaysSo() {
        assertThat(resolve(BY_NAME).targets().getFirst().health().evidence())
                .isEqualTo("no instance of 'shippingservice' is registered in eks");
    }

    @Test
    void failoverTargetsFollowInOrderAndAreReachedThroughOurOwnGateways() {
        localShipping(CheckStatus.CRITICAL);
        gateway(CheckStatus.PASSING);
        importedShipping(CheckStatus.PASSING, CheckStatus.PASSING);
        policy =
                new FailoverPolicy(
                        SHIPPING,
                        Route.DEFAULT_CONNECT_TIMEOUT,
                        Optional.empty(),
                        List.of(new Destination(SHIPPING, Optional.of(LKE))));

        var targets = resolve(BY_NAME).targets();

        assertThat(targets)
                .extracting(Target::label)
                .containsExactly("shippingservice", "shippingservice.peer.lke");
        var peer = targets.getLast();
        assertThat(peer.health()).isEqualTo(HealthView.GOOD);
        assertThat(peer.sni()).isEqualTo(META.sni().getFirst());
        assertThat(peer.trustDomain()).isEqualTo(THEIRS);
        assertThat(peer.endpoints())
                .containsExactly(
                        new TargetEndpoint(new Endpoint("192.0.2.2", 8443), HealthView.GOOD));
    }

    @Test
    void upstreamOfAPeerNeedsNoPolicyAndHasNoOtherTarget() {
        localShipping(CheckStatus.PASSING);
        gateway(CheckStatus.PASSING);
        importedShipping(CheckStatus.PASSING, CheckStatus.PASSING);

        assertThat(resolve(AT_PEER).targets())
                .extracting(Target::label)
                .containsExactly("shippingservice.peer.lke");
    }

    @Test
    void peerTargetIsJudgedByTheServicesOwnChecksAndNotByItsGatewayAlone() {
        gateway(CheckStatus.PASSING);
        importedShipping(CheckStatus.CRITICAL, CheckStatus.PASSING);

        assertThat(resolve(AT_PEER).targets().getFirst().health().evidence())
                .isEqualTo("no healthy instance at peer 'lke': p1 is critical (refused)");
    }

    @Test
    void whatIsMissingOnTheWayToAPeerIsNamed() {
        assertThat(resolve(AT_PEER).targets().getFirst().health().evidence())
                .isEqualTo("service 'shippingservice' is not exported to us by peer 'lke'");

        importedShipping(CheckStatus.PASSING, CheckStatus.PASSING);
        assertThat(resolve(AT_PEER).targets().getFirst().health().evidence())
                .isEqualTo("no mesh gateway is registered in eks");

        gateway(CheckStatus.CRITICAL);
        assertThat(resolve(AT_PEER).targets().getFirst().health().healthy()).isFalse();

        domains = Map.of();
        assertThat(resolve(AT_PEER).targets().getFirst().health().evidence())
                .isEqualTo("there is no trust bundle of peer 'lke'");
    }

    @Test
    void redirectReplacesTheServiceWhole() {
        gateway(CheckStatus.PASSING);
        importedShipping(CheckStatus.PASSING, CheckStatus.PASSING);
        policy =
                new FailoverPolicy(
                        SHIPPING,
                        Route.DEFAULT_CONNECT_TIMEOUT,
                        Optional.of(new Destination(SHIPPING, Optional.of(LKE))),
                        List.of());

        assertThat(resolve(BY_NAME).targets())
                .extracting(Target::label)
                .containsExactly("shippingservice.peer.lke");
    }

    @Test
    void targetThatIsListedTwiceIsTriedOnce() {
        policy =
                new FailoverPolicy(
                        SHIPPING,
                        Route.DEFAULT_CONNECT_TIMEOUT,
                        Optional.empty(),
                        List.of(
                                new Destination(SHIPPING, Optional.empty()),
                                new Destination(SHIPPING, Optional.of(LKE))));

        assertThat(resolve(BY_NAME).targets())
                .extracting(Target::label)
                .containsExactly("shippingservice", "shippingservice.peer.lke");
    }
}
