package dev.hansa.peering.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.ServiceInstance;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PeerGatewaysTest {
    /// As a peer tells of it with a service: reached at another address than its own.
    private static ServiceInstance gateway(String service, int number, CheckStatus status) {
        var own = FlowsWorld.sidecar(service);
        return new ServiceInstance(
                own.node(),
                own.name() + "-instance-" + number,
                own.name(),
                own.kind(),
                own.tags(),
                own.address(),
                own.port(),
                Map.of("wan", new Endpoint("198.51.100." + number, 8443)),
                own.meta(),
                own.weightPassing(),
                own.weightWarning(),
                own.destination(),
                own.peerMeta(),
                List.of(new HealthCheck("alive", "alive", status, "", "ttl")),
                own.createIndex(),
                own.modifyIndex());
    }

    private static PeerGateways of(Map<String, List<ServiceInstance>> instances) {
        return PeerGateways.of(new ImportedCatalog(instances, Instant.EPOCH, true));
    }

    @Test
    void gatewayIsToldOnceWithTheWorstThatIsSaidOfItHoweverManyServicesItStandsFor() {
        var instances = new HashMap<String, List<ServiceInstance>>();
        instances.put("shop", List.of(FlowsWorld.sidecar("shop")));
        for (var service : List.of("shop", "till")) {
            instances.put(
                    service + "-sidecar-proxy",
                    List.of(
                            gateway(service, 2, CheckStatus.PASSING),
                            gateway(
                                    service,
                                    1,
                                    service.equals("till")
                                            ? CheckStatus.CRITICAL
                                            : CheckStatus.PASSING)));
        }

        assertThat(of(instances))
                .isEqualTo(
                        new PeerGateways(
                                2,
                                List.of(
                                        new PeerGateways.One(
                                                new Endpoint("198.51.100.1", 8443),
                                                CheckStatus.CRITICAL),
                                        new PeerGateways.One(
                                                new Endpoint("198.51.100.2", 8443),
                                                CheckStatus.PASSING))));
        assertThat(PeerGateways.of(ImportedCatalog.EMPTY)).isEqualTo(PeerGateways.NONE);
    }

    @Test
    void ofAPeerThatTellsOfManyTheFirstAreListedAndAllAreCounted() {
        var many =
                IntStream.range(0, 100)
                        .mapToObj(i -> gateway("shop", i, CheckStatus.PASSING))
                        .toList();

        var found = of(Map.of("shop-sidecar-proxy", many));

        assertThat(found.all()).isEqualTo(100);
        assertThat(found.listed()).hasSize(PeerGateways.MOST);
    }
}
