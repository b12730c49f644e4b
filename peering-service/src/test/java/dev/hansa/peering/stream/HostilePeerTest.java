package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.wire.CheckServiceNode;
import dev.hansa.exportedservices.wire.ConnectProxyConfig;
import dev.hansa.exportedservices.wire.ExportedService;
import dev.hansa.exportedservices.wire.ExportedServiceList;
import dev.hansa.exportedservices.wire.Node;
import dev.hansa.exportedservices.wire.NodeService;
import dev.hansa.exportedservices.wire.PeeringServiceMeta;
import dev.hansa.exportedservices.wire.ServiceConnect;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.RefusalReason;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.wire.PeeringTrustBundle;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.trustbundle.TrustDomain;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever a peer sends touches only what came from it.
class HostilePeerTest extends RawCaller {
    private String nacked(ReplicationMessage message) throws Exception {
        var stream = opened();
        stream.channel().write(message);
        var answer = received(stream).getRequest();
        assertThat(answer.hasError()).isTrue();
        assertThat(answer.getPeerID()).isEmpty();
        assertThat(eks.catalog.snapshots().get().from(LKE).instances()).isEmpty();
        assertThat(eks.store.now().bundles()).isEmpty();
        await().atMost(SOON)
                .until(() ->
                        eks.events.stream()
                                .anyMatch(PeeringEvent.ResourceRefused.class::isInstance));
        return answer.getError().getCode() + " " + answer.getError().getMessage();
    }

    private static ExportedService plain(String name) {
        return ExportedService.newBuilder()
                .addNodes(
                        CheckServiceNode.newBuilder()
                                .setNode(Node.newBuilder().setNode("node").setAddress("192.0.2.1"))
                                .setService(NodeService.newBuilder().setID("id").setService(name)))
                .build();
    }

    private static ExportedService proxy(String name, String trustDomain, String sni) {
        return ExportedService.newBuilder()
                .addNodes(
                        CheckServiceNode.newBuilder()
                                .setNode(Node.newBuilder().setNode("node").setAddress("192.0.2.1"))
                                .setService(
                                        NodeService.newBuilder()
                                                .setKind("connect-proxy")
                                                .setID("id")
                                                .setService(name + "-sidecar-proxy")
                                                .setPort(8443)
                                                .setProxy(
                                                        ConnectProxyConfig.newBuilder()
                                                                .setDestinationServiceName(name))
                                                .setConnect(
                                                        ServiceConnect.newBuilder()
                                                                .setPeerMeta(
                                                                        PeeringServiceMeta
                                                                                .newBuilder()
                                                                                .addSNI(sni)
                                                                                .addSpiffeID(
                                                                                        "spiffe://"
                                                                                                + trustDomain
                                                                                                + "/ns/default/dc/lke/svc/"
                                                                                                + name)))))
                .build();
    }

    @Test
    void goodResponsesAreAppliedAndAcknowledgedByNonce() throws Exception {
        var stream = opened();
        stream.channel()
                .write(response(PeerStreamRpc.EXPORTED_SERVICE, "billing", plain("billing")));
        var answer = received(stream).getRequest();

        assertThat(answer.hasError()).isFalse();
        assertThat(answer.getResponseNonce()).isEqualTo("00000007");
        assertThat(eks.imported("lke")).containsExactly("billing");

        stream.channel()
                .write(
                        response(
                                PeerStreamRpc.EXPORTED_SERVICE_LIST,
                                "exported-service-list",
                                ExportedServiceList.getDefaultInstance()));
        assertThat(received(stream).getRequest().hasError()).isFalse();
        assertThat(eks.imported("lke")).isEmpty();
    }

    @Test
    void unknownOperationIsNacked() throws Exception {
        var good = response(PeerStreamRpc.EXPORTED_SERVICE, "billing", plain("billing"));
        var bad = good.toBuilder();
        bad.getResponseBuilder().setOperationValue(100);

        assertThat(nacked(bad.build())).isEqualTo("3 unsupported operation: \"100\"");
    }

    @Test
    void missingNonceIsNacked() throws Exception {
        var bad = response(PeerStreamRpc.EXPORTED_SERVICE, "billing", plain("billing")).toBuilder();
        bad.getResponseBuilder().clearNonce();

        assertThat(nacked(bad.build())).startsWith("3 received response without a nonce for: ");
    }

    @Test
    void unknownTypeIsNacked() throws Exception {
        assertThat(nacked(response("nomad.Job", "billing", plain("billing"))))
                .isEqualTo("3 received response for unknown resource type \"nomad.Job\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cartservice", "../etc", "Billing", "", "a.b", "-sidecar-proxy"})
    void instancesUnderAnotherNameAreNacked(String id) throws Exception {
        assertThat(nacked(response(PeerStreamRpc.EXPORTED_SERVICE, id, plain("billing"))))
                .startsWith("13 upsert error");
    }

    @Test
    void anotherTrustDomainsIdentityIsNacked() throws Exception {
        eks.store.apply(
                new StoreCommand.PutPeering(
                        eks.store
                                .now()
                                .peering(LKE)
                                .orElseThrow()
                                .withRemote(lke.trustDomain, "lke")));

        assertThat(
                        nacked(
                                response(
                                        PeerStreamRpc.EXPORTED_SERVICE,
                                        "billing-sidecar-proxy",
                                        proxy(
                                                "billing",
                                                FOREIGN,
                                                "billing.default.default.eks.external."
                                                        + FOREIGN))))
                .endsWith(
                        "required trust domain '" + lke.trustDomain + "'; found '" + FOREIGN + "'");
    }

    @Test
    void ourOwnIdentityIsNackedEvenBeforeThePin() throws Exception {
        var ours = eks.trustDomain.name();

        assertThat(
                        nacked(
                                response(
                                        PeerStreamRpc.EXPORTED_SERVICE,
                                        "billing-sidecar-proxy",
                                        proxy(
                                                "billing",
                                                ours,
                                                "billing.default.default.eks.external." + ours))))
                .endsWith("is this datacenter's own");
    }

    @Test
    void anSniOfAnotherServiceIsNacked() throws Exception {
        assertThat(
                        nacked(
                                response(
                                        PeerStreamRpc.EXPORTED_SERVICE,
                                        "billing-sidecar-proxy",
                                        proxy(
                                                "billing",
                                                FOREIGN,
                                                "cartservice.default.default.eks.external."
                                                        + FOREIGN))))
                .contains("expected an SNI name of service 'billing'");
    }

    /// A gateway of hansa ends no TLS, whatever protocol is said.
    @ParameterizedTest
    @ValueSource(strings = {"tcp", "http", "grpc"})
    void gatewayOfAHansaPeerNeverAnswersForAService(String protocol) throws Exception {
        var sent = proxy("billing", FOREIGN, "billing.default.default.eks.external." + FOREIGN);
        var both = sent.toBuilder();
        both.getNodesBuilder(0)
                .getServiceBuilder()
                .getConnectBuilder()
                .getPeerMetaBuilder()
                .addSpiffeID("spiffe://" + FOREIGN + "/gateway/mesh/dc/lke")
                .addSpiffeID("spiffe://" + FOREIGN + "/agent/server/dc/lke")
                .setProtocol(protocol);
        var stream = opened();
        stream.channel()
                .write(
                        response(
                                PeerStreamRpc.EXPORTED_SERVICE,
                                "billing-sidecar-proxy",
                                both.build()));

        assertThat(received(stream).getRequest().hasError()).isFalse();
        assertThat(
                        eks.catalog
                                .snapshots()
                                .get()
                                .from(LKE)
                                .named("billing-sidecar-proxy")
                                .getFirst()
                                .peerMeta()
                                .orElseThrow()
                                .spiffeIds())
                .containsExactly("spiffe://" + FOREIGN + "/ns/default/dc/lke/svc/billing");
    }

    @Test
    void whatAPeerSaysOfOthersIsCountedByReason() throws Exception {
        nacked(
                response(
                        PeerStreamRpc.EXPORTED_SERVICE,
                        "billing-sidecar-proxy",
                        proxy(
                                "billing",
                                FOREIGN,
                                "cartservice.default.default.eks.external." + FOREIGN)));

        assertThat(eks.events)
                .anyMatch(event ->
                        event instanceof PeeringEvent.ResourceRefused refused
                                && refused.why() == RefusalReason.FOREIGN_NAME);
    }

    @Test
    void bundleForOurOwnTrustDomainIsNacked() throws Exception {
        var bundle =
                PeeringTrustBundle.newBuilder()
                        .setTrustDomain(eks.trustDomain.name())
                        .addAllRootPEMs(lke.ca.bundle().pems())
                        .build();

        assertThat(nacked(response(PeerStreamRpc.TRUST_BUNDLE, "roots", bundle)))
                .endsWith("is this datacenter's own");
    }

    /// Consul's Test_processResponse_Validation: a nil resource.
    @Test
    void responseWithoutAResourceIsNacked() throws Exception {
        var bad = response(PeerStreamRpc.EXPORTED_SERVICE, "billing", plain("billing")).toBuilder();
        bad.getResponseBuilder().clearResource();

        assertThat(nacked(bad.build())).isEqualTo("3 received upsert response with no content");
    }

    @Test
    void resourceOfAnotherTypeThanItsEnvelopeSaysIsNacked() throws Exception {
        var bad = response(PeerStreamRpc.EXPORTED_SERVICE, "billing", plain("billing")).toBuilder();
        bad.getResponseBuilder().getResourceBuilder().setTypeUrl(PeerStreamRpc.TRUST_BUNDLE);

        assertThat(nacked(bad.build())).startsWith("13 upsert error").contains("mismatched");
    }

    @Test
    void bytesThatAreNoMessageAreNacked() throws Exception {
        var bad = response(PeerStreamRpc.EXPORTED_SERVICE, "billing", plain("billing")).toBuilder();
        bad.getResponseBuilder()
                .getResourceBuilder()
                .setValue(com.google.protobuf.ByteString.copyFromUtf8("\u0001\u0002 garbage"));

        assertThat(nacked(bad.build())).startsWith("13 upsert error");
    }

    /// Consul panics on each of these.
    @Test
    void namelessNodeOrServiceIsNacked() throws Exception {
        var node = plain("billing").toBuilder();
        node.getNodesBuilder(0).getNodeBuilder().clearNode();
        assertThat(nacked(response(PeerStreamRpc.EXPORTED_SERVICE, "billing", node.build())))
                .startsWith("13 upsert error");
    }

    @Test
    void bundleForAPinnedPeerMayNotChangeItsTrustDomain() throws Exception {
        eks.store.apply(
                new StoreCommand.PutPeering(
                        eks.store
                                .now()
                                .peering(LKE)
                                .orElseThrow()
                                .withRemote(new TrustDomain(FOREIGN), "lke")));
        var bundle =
                PeeringTrustBundle.newBuilder()
                        .setTrustDomain(lke.trustDomain.name())
                        .addAllRootPEMs(lke.ca.bundle().pems())
                        .build();

        assertThat(nacked(response(PeerStreamRpc.TRUST_BUNDLE, "roots", bundle)))
                .endsWith(
                        "required trust domain '" + FOREIGN + "'; found '" + lke.trustDomain + "'");
    }
}
