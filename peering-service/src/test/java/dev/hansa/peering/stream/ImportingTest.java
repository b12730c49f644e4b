package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.wire.CheckServiceNode;
import dev.hansa.exportedservices.wire.ExportedService;
import dev.hansa.exportedservices.wire.ExportedServiceList;
import dev.hansa.exportedservices.wire.HealthCheck;
import dev.hansa.exportedservices.wire.Node;
import dev.hansa.exportedservices.wire.NodeService;
import dev.hansa.peering.PeeringState;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What is held of a peer is what it said last, and stays as long as it is heard.
class ImportingTest extends RawCaller {
    private static ExportedService service(String name, String... nodes) {
        var message = ExportedService.newBuilder();
        for (var node : nodes) {
            message.addNodes(
                    CheckServiceNode.newBuilder()
                            .setNode(Node.newBuilder().setNode(node).setAddress("192.0.2.1"))
                            .setService(
                                    NodeService.newBuilder()
                                            .setID(name + "-" + node)
                                            .setService(name))
                            .addChecks(
                                    HealthCheck.newBuilder()
                                            .setNode(node)
                                            .setCheckID(name + "-" + node + ":overall-check")
                                            .setName("overall-check")
                                            .setStatus("passing")));
        }
        return message.build();
    }

    private void take(PeerConnector.Stream stream, ReplicationMessage message) throws Exception {
        stream.channel().write(message);
        assertThat(received(stream).getRequest().hasError()).isFalse();
    }

    private List<String> held(String service) {
        return eks.catalog.snapshots().get().from(LKE).named(service).stream()
                .map(ServiceInstance::id)
                .sorted()
                .toList();
    }

    /// Consul's Test_processResponse_ExportedServiceUpdates.
    @Test
    void messageReplacesItsOwnServiceAndTouchesNoOther() throws Exception {
        var stream = opened();
        var url = PeerStreamRpc.EXPORTED_SERVICE;
        take(stream, response(url, "billing", service("billing", "one", "two")));
        take(stream, response(url, "cart", service("cart", "one")));
        assertThat(held("billing")).containsExactly("billing-one", "billing-two");

        take(stream, response(url, "billing", service("billing", "two", "three")));
        assertThat(held("billing")).containsExactly("billing-three", "billing-two");
        assertThat(held("cart")).containsExactly("cart-one");

        take(stream, response(url, "billing", service("billing")));
        assertThat(held("billing")).isEmpty();
        assertThat(held("cart")).containsExactly("cart-one");

        take(stream, response(url, "billing", service("billing", "one")));
        take(
                stream,
                response(
                        PeerStreamRpc.EXPORTED_SERVICE_LIST,
                        PeerStreamRpc.LIST_ID,
                        ExportedServiceList.newBuilder().addServices("billing").build()));
        assertThat(eks.imported("lke")).containsExactly("billing");
    }

    /// Consul's TestStreamResources_Server_KeepsConnectionOpenWithHeartbeat.
    @Test
    void heartbeatsKeepAStreamThatSaysNothingElse() throws Exception {
        eks.close();
        eks =
                new TestDatacenter(
                        vertx,
                        "gke",
                        new TrustDomain("55555555.consul"),
                        dir.resolve("gke"),
                        new StreamTimes(SOON, Duration.ofSeconds(2), SOON, SOON, SOON, SOON, SOON));
        eks.store.apply(new StoreCommand.PutPeering(PeeringRecord.accepting(LKE, ID, Map.of())));
        var stream = opened();
        for (var end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
                System.nanoTime() < end; ) {
            stream.channel()
                    .write(
                            ReplicationMessage.newBuilder()
                                    .setHeartbeat(ReplicationMessage.Heartbeat.getDefaultInstance())
                                    .build());
            var frame = stream.mailbox().take(System.nanoTime() + 200_000_000);
            assertThat(frame).isNotInstanceOf(PeerFrame.Closed.class);
        }
        assertThat(eks.state("lke")).contains(PeeringState.ACTIVE);
    }

    /// Consul's TestLeader_Peering_DialerFailsForTLSError (wrong name, wrong roots).
    @Test
    void serverOfAnotherNameOrAuthorityIsNotSpokenTo() {
        var name = eks.context.own().serverName();
        var roots = eks.ca.bundle().pems();

        assertThatThrownBy(() -> open(lke.context.own().serverName(), roots))
                .isInstanceOf(PeerUnreachableException.class);
        assertThatThrownBy(() -> open(name, lke.ca.bundle().pems()))
                .isInstanceOf(PeerUnreachableException.class);
    }

    private void open(String serverName, List<String> roots) throws Exception {
        lke.connector
                .open(
                        new PeerConnector.Remote(eks.address, serverName, roots),
                        Duration.ofSeconds(5))
                .close();
    }
}
