package dev.hansa.exportedservices;

import static dev.hansa.exportedservices.Fixtures.check;
import static dev.hansa.exportedservices.Fixtures.gateway;
import static dev.hansa.exportedservices.Fixtures.service;
import static dev.hansa.exportedservices.Fixtures.sidecar;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.hansa.exportedservices.CatalogUpdate.ServiceReplaced;
import dev.hansa.exportedservices.wire.CheckServiceNode;
import dev.hansa.exportedservices.wire.ExportedService;
import dev.hansa.exportedservices.wire.ExportedServiceList;
import dev.hansa.exportedservices.wire.HealthCheck;
import dev.hansa.exportedservices.wire.NodeService;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CatalogCodecTest {
    private static final ExportedView VIEW =
            ExportedView.of(
                    new CatalogSnapshot(
                            1,
                            Map.of(
                                    "billing",
                                    List.of(service("billing", check("tcp", CheckStatus.WARNING))),
                                    "billing-sidecar-proxy",
                                    List.of(sidecar("billing")),
                                    "mesh-gateway",
                                    List.of(gateway("g0", "203.0.113.7:8443"))),
                            Map.of()),
                    new ExportPolicy(
                            List.of(
                                    new ExportPolicy.Export(
                                            "billing", Set.of(new PeerName("eks"))))),
                    new PeerName("eks"),
                    new TrustDomain("11111111-2222-3333-4444-555555555555.consul"),
                    new Datacenter("lke"));

    @Test
    void whatIsExportedComesBackEqual() {
        VIEW.services()
                .forEach((name, instances) ->
                        assertThat(CatalogCodec.decode(name, CatalogCodec.encode(instances)))
                                .isEqualTo(new ServiceReplaced(name, instances)));
    }

    @Test
    void plainInstanceHasNeitherProxyNorConnect() {
        var service = CatalogCodec.encode(VIEW.named("billing")).getNodes(0).getService();

        assertThat(service.hasProxy()).isFalse();
        assertThat(service.hasConnect()).isFalse();
    }

    @Test
    void companionNamesItsDestinationByInstance() {
        var service =
                CatalogCodec.encode(VIEW.named("billing-sidecar-proxy")).getNodes(0).getService();

        assertThat(service.getKind()).isEqualTo("connect-proxy");
        assertThat(service.getProxy().getDestinationServiceName()).isEqualTo("billing");
        assertThat(service.getProxy().getDestinationServiceID()).isEqualTo("billing-instance-0");
    }

    /// Bytes put together by hand from the field numbers of the protocol.
    @Test
    void bytesOfAnotherMakeAreUnderstood() throws Exception {
        var node = "1203" + hex("web") + "1a09" + hex("192.0.2.1");
        var service = "1202" + hex("id") + "1a03" + hex("web") + "3850";
        var health = "0a03" + hex("web") + "1201" + hex("c") + "2207" + hex("passing");
        var instance =
                "0a"
                        + length(node)
                        + node
                        + "12"
                        + length(service)
                        + service
                        + "1a"
                        + length(health)
                        + health;
        var message =
                ExportedService.parseFrom(
                        HexFormat.of().parseHex("0a" + length(instance) + instance));

        var decoded = CatalogCodec.decode("web", message).instances().getFirst();

        assertThat(decoded.node().name()).isEqualTo("web");
        assertThat(decoded.port()).isEqualTo(80);
        assertThat(decoded.status()).isEqualTo(CheckStatus.PASSING);
        assertThat(decoded.lanEndpoint()).contains(new Endpoint("192.0.2.1", 80));
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static String length(String hex) {
        return "%02x".formatted(hex.length() / 2);
    }

    @Test
    void numbersAndNamesAreThoseOfTheProtocol() {
        assertThat(ExportedService.getDescriptor().getFullName())
                .isEqualTo("hashicorp.consul.internal.peerstream.ExportedService");
        assertThat(CheckServiceNode.getDescriptor().getFullName())
                .isEqualTo("hashicorp.consul.internal.service.CheckServiceNode");
        assertThat(numbers(NodeService.getDescriptor().getFields()))
                .containsEntry("Proxy", 11)
                .containsEntry("Connect", 12)
                .containsEntry("TaggedAddresses", 15)
                .containsEntry("PeerName", 18);
        assertThat(numbers(HealthCheck.getDescriptor().getFields()))
                .containsEntry("CheckID", 2)
                .containsEntry("Status", 4)
                .containsEntry("PeerName", 17);
    }

    private static Map<String, Integer> numbers(List<FieldDescriptor> fields) {
        return fields.stream()
                .collect(
                        java.util.stream.Collectors.toMap(
                                FieldDescriptor::getName, FieldDescriptor::getNumber));
    }

    @Test
    void namelessNodesServicesAndChecksAreRefused() {
        var good = CatalogCodec.encode(VIEW.named("billing")).getNodes(0);
        refused(good.toBuilder().clearNode().build());
        var noId = good.toBuilder();
        noId.getServiceBuilder().clearID();
        refused(noId.build());
        var noCheckId = good.toBuilder();
        noCheckId.getChecksBuilder(0).clearCheckID();
        refused(noCheckId.build());
        var badPort = good.toBuilder();
        badPort.getServiceBuilder().setPort(70000);
        refused(badPort.build());
    }

    private static void refused(CheckServiceNode node) {
        assertThatThrownBy(() ->
                        CatalogCodec.decode(
                                "billing", ExportedService.newBuilder().addNodes(node).build()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void listWithdrawsWhatItDoesNotName() {
        var held =
                new ImportedCatalog(VIEW.services(), Instant.EPOCH, true)
                        .with("batch", List.of(service("batch")));

        var kept =
                CatalogCodec.decode(ExportedServiceList.newBuilder().addServices("billing").build())
                        .applyTo(held);
        assertThat(kept.instances()).containsOnlyKeys("billing", "billing-sidecar-proxy");
        assertThat(
                        CatalogCodec.decode(ExportedServiceList.getDefaultInstance())
                                .applyTo(held)
                                .instances())
                .isEmpty();
    }
}
