package dev.hansa.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualAddress;
import dev.hansa.failover.VirtualServices;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RedirectRouterTest {
    private static final UpstreamName PAY =
            new UpstreamName(new ServiceName("pay"), Optional.of(new PeerName("lke")));
    private static final InetSocketAddress ARRIVED =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 15001);

    private static Optional<RouteSnapshot> snapshot(boolean meshOnly) {
        return snapshot(
                Optional.of(
                        new VirtualServices(
                                Map.of(new VirtualAddress(2), PAY),
                                meshOnly,
                                Map.of(
                                        new Endpoint("10.96.0.10", 80),
                                        PAY,
                                        new Endpoint("fd00:0:0:0:0:0:0:a", 80),
                                        PAY))));
    }

    private static Optional<RouteSnapshot> snapshot(Optional<VirtualServices> virtual) {
        return Optional.of(
                new RouteSnapshot(
                        1,
                        new Datacenter("eks"),
                        new TrustDomain("eks.consul"),
                        List.of(),
                        List.of(),
                        BundleSet.EMPTY,
                        Optional.empty(),
                        "",
                        virtual));
    }

    private static RedirectDecision decide(
            String host, int port, Optional<RouteSnapshot> snapshot) {
        return RedirectRouter.decide(
                Optional.of(new InetSocketAddress(host, port)), ARRIVED, snapshot);
    }

    @Test
    void virtualAddressLeadsToItsServiceWhateverThePort() {
        assertThat(decide("240.0.0.2", 80, snapshot(false)))
                .isEqualTo(new RedirectDecision.ToService(PAY));
        assertThat(decide("240.0.0.2", 15001, snapshot(true)))
                .isEqualTo(new RedirectDecision.ToService(PAY));
    }

    @Test
    void virtualAddressOfNobodyIsNeverPassedOn() {
        assertThat(decide("240.0.0.3", 80, snapshot(false)))
                .isEqualTo(
                        new RedirectDecision.Refuse(
                                Refusal.UNKNOWN_DESTINATION,
                                "virtual address 240.0.0.3: expected one of the 1 that stand for a"
                                        + " service; found another"));
    }

    @Test
    void addressOfKubernetesLeadsToItsServiceAtItsOwnPortAlone() {
        for (var meshOnly : List.of(false, true)) {
            assertThat(decide("10.96.0.10", 80, snapshot(meshOnly)))
                    .isEqualTo(new RedirectDecision.ToService(PAY));
            assertThat(decide("fd00::a", 80, snapshot(meshOnly)))
                    .isEqualTo(new RedirectDecision.ToService(PAY));
        }
        assertThat(decide("10.96.0.10", 9090, snapshot(false)))
                .isEqualTo(new RedirectDecision.PassThrough(new Endpoint("10.96.0.10", 9090)));
        assertThat(decide("10.96.0.11", 80, snapshot(true)))
                .isInstanceOf(RedirectDecision.Refuse.class);
    }

    @Test
    void whatLeadsToNoServicePassesThroughUnlessTheMeshKeepsToItself() {
        assertThat(decide("192.0.2.1", 443, snapshot(false)))
                .isEqualTo(new RedirectDecision.PassThrough(new Endpoint("192.0.2.1", 443)));
        assertThat(decide("192.0.2.1", 443, snapshot(true)))
                .isEqualTo(
                        new RedirectDecision.Refuse(
                                Refusal.MESH_DESTINATIONS_ONLY,
                                "connection to 192.0.2.1:443: expected a service of the mesh, to"
                                        + " which the entry 'mesh' keeps its applications"
                                        + " (TransparentProxy.MeshDestinationsOnly); found another"
                                        + " destination"));
    }

    /// Passed on, it would come to this listener again, and again.
    @Test
    void connectionThatWasNotRedirectedIsRefused() {
        for (var dialled : List.of(Optional.<InetSocketAddress>empty(), Optional.of(ARRIVED))) {
            assertThat(RedirectRouter.decide(dialled, ARRIVED, snapshot(false)))
                    .isEqualTo(
                            new RedirectDecision.Refuse(
                                    Refusal.NOT_REDIRECTED,
                                    "expected a connection that was redirected here; found one that"
                                            + " dialled 127.0.0.1:15001 itself"));
        }
    }

    @Test
    void nothingIsDecidedBeforeTheServerHasSpoken() {
        for (var snapshot : List.of(Optional.<RouteSnapshot>empty(), snapshot(Optional.empty()))) {
            assertThat(decide("192.0.2.1", 443, snapshot))
                    .isInstanceOfSatisfying(
                            RedirectDecision.Refuse.class,
                            refused ->
                                    assertThat(refused.reason()).isEqualTo(Refusal.NO_ROUTES_YET));
        }
    }
}
