package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.wire.CheckServiceNode;
import dev.hansa.exportedservices.wire.ConnectProxyConfig;
import dev.hansa.exportedservices.wire.ExportedService;
import dev.hansa.exportedservices.wire.ExportedServiceList;
import dev.hansa.exportedservices.wire.Node;
import dev.hansa.exportedservices.wire.NodeService;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.RefusalReason;
import dev.hansa.peering.wire.ReplicationMessage;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What one peer may have here has a measure, and what is over it costs the rest nothing.
class ImportLimitTest extends RawCaller {
    private static final int SERVICES = 3;
    private static final int INSTANCES = 2;

    /// Room for two services of 400 bytes and what is around them.
    private static final int CATALOG = 1200;

    @Override
    PeerLimits limits() {
        return new PeerLimits(
                PeerLimits.PEERINGS,
                SERVICES,
                INSTANCES,
                PeerLimits.MESSAGE,
                PeerLimits.MESSAGE,
                PeerLimits.PENDING,
                CATALOG,
                PeerLimits.CONNECTIONS);
    }

    private static ReplicationMessage service(String name, int instances) {
        return service(name, instances, 0);
    }

    /// @param padding bytes more for each instance
    private static ReplicationMessage service(String name, int instances, int padding) {
        var message = ExportedService.newBuilder();
        var isCompanion = name.endsWith("-sidecar-proxy");
        for (var i = 0; i < instances; i++) {
            var service =
                    NodeService.newBuilder()
                            .setKind(isCompanion ? "connect-proxy" : "")
                            .setID(name + "-" + i)
                            .setService(name)
                            .putMeta("padding", "x".repeat(padding));
            if (isCompanion) {
                service.setProxy(
                        ConnectProxyConfig.newBuilder()
                                .setDestinationServiceName(name.replace("-sidecar-proxy", "")));
            }
            message.addNodes(
                    CheckServiceNode.newBuilder()
                            .setNode(Node.newBuilder().setNode("node").setAddress("192.0.2.1"))
                            .setService(service));
        }
        return response(PeerStreamRpc.EXPORTED_SERVICE, name, message.build());
    }

    private static ReplicationMessage list(String... names) {
        return response(
                PeerStreamRpc.EXPORTED_SERVICE_LIST,
                PeerStreamRpc.LIST_ID,
                ExportedServiceList.newBuilder().addAllServices(List.of(names)).build());
    }

    private static String answer(PeerConnector.Stream stream, ReplicationMessage message)
            throws Exception {
        stream.channel().write(message);
        var request = received(stream).getRequest();
        return request.hasError()
                ? request.getError().getCode() + " " + request.getError().getMessage()
                : "";
    }

    private long refusedForALimit() {
        return eks.events.stream()
                .filter(event ->
                        event instanceof PeeringEvent.ResourceRefused refused
                                && refused.why() == RefusalReason.LIMIT)
                .count();
    }

    @Test
    void serviceAboveTheLimitIsNackedAndTheRestGoesOn() throws Exception {
        var stream = opened();
        for (var name : List.of("a", "b", "c")) {
            assertThat(answer(stream, service(name, 1))).isEmpty();
        }
        assertThat(answer(stream, service("a-sidecar-proxy", 1))).isEmpty();
        assertThat(refusedForALimit()).isZero();

        assertThat(answer(stream, service("d", 1)))
                .startsWith("13 upsert error")
                .endsWith(
                        "expected at most 3 services from one peer (peer.max-services); found one more");
        assertThat(refusedForALimit()).isOne();
        // one that there is may change, and one that never came may be withdrawn
        assertThat(answer(stream, service("c", 2))).isEmpty();
        assertThat(answer(stream, service("d", 0))).isEmpty();
        assertThat(eks.imported("lke")).containsExactly("a", "b", "c");

        // room that is made is room
        assertThat(answer(stream, service("b", 0))).isEmpty();
        assertThat(answer(stream, service("d", 1))).isEmpty();
        assertThat(eks.imported("lke")).containsExactly("a", "c", "d");
    }

    /// Many services of many instances are not many bytes, and few may be.
    @Test
    void bytesAboveTheLimitAreNackedAndRoomThatIsMadeIsRoom() throws Exception {
        var stream = opened();
        assertThat(answer(stream, service("a", 1, 400))).isEmpty();
        assertThat(answer(stream, service("b", 1, 400))).isEmpty();

        assertThat(answer(stream, service("c", 1, 400)))
                .contains("expected at most " + CATALOG + " bytes of services from one peer")
                .contains("(peer.max-catalog)");
        assertThat(refusedForALimit()).isOne();
        assertThat(answer(stream, service("a", 1, 800))).contains("peer.max-catalog");
        assertThat(eks.imported("lke")).containsExactly("a", "b");

        // smaller than it was, withdrawn, left out of a list: room each time
        assertThat(answer(stream, service("a", 1, 10))).isEmpty();
        assertThat(answer(stream, service("c", 1, 300))).isEmpty();
        assertThat(answer(stream, service("c", 0))).isEmpty();
        assertThat(answer(stream, service("c", 1, 300))).isEmpty();
        assertThat(answer(stream, list("a", "c"))).isEmpty();
        assertThat(answer(stream, service("b", 1, 400))).isEmpty();
    }

    @Test
    void companionsAreCountedByThemselves() throws Exception {
        var stream = opened();
        for (var name : List.of("a", "b", "c")) {
            assertThat(answer(stream, service(name + "-sidecar-proxy", 1))).isEmpty();
        }

        assertThat(answer(stream, service("d-sidecar-proxy", 1))).contains("peer.max-services");
        for (var name : List.of("a", "b", "c")) {
            assertThat(answer(stream, service(name, 1))).isEmpty();
        }
        assertThat(answer(stream, service("d", 1))).contains("peer.max-services");
    }

    @Test
    void listOfMoreNamesStillSaysWhatIsWithdrawn() throws Exception {
        var stream = opened();
        for (var name : List.of("a", "b", "c")) {
            assertThat(answer(stream, service(name, 1))).isEmpty();
        }

        assertThat(answer(stream, list("b", "c", "d", "e"))).isEmpty();
        assertThat(eks.imported("lke")).containsExactly("b", "c");
        assertThat(answer(stream, service("d", 1))).isEmpty();
        assertThat(answer(stream, service("e", 1))).contains("peer.max-services");
    }

    @Test
    void instancesAboveTheLimitAreNackedAndTheLastGoodOnesStay() throws Exception {
        var stream = opened();
        assertThat(answer(stream, service("a", INSTANCES))).isEmpty();

        assertThat(answer(stream, service("a", INSTANCES + 1)))
                .endsWith(
                        "expected at most 2 instances of one service (peer.max-instances); found 3");
        assertThat(refusedForALimit()).isOne();
        assertThat(eks.catalog.snapshots().get().from(LKE).named("a")).hasSize(INSTANCES);
        assertThat(answer(stream, service("b", 1))).isEmpty();
    }
}
