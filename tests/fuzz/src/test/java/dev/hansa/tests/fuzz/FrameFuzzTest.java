package dev.hansa.tests.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.exportedservices.CatalogCodec;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.wire.ExportedService;
import dev.hansa.exportedservices.wire.ExportedServiceList;
import dev.hansa.peering.wire.PeeringServerAddresses;
import dev.hansa.peering.wire.PeeringTrustBundle;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;

/// One message of the peer stream, down to the resource and the PeerMeta inside it.
class FrameFuzzTest {
    private static final String PREFIX = "type.googleapis.com/hashicorp.consul.internal.";

    @FuzzTest(maxDuration = "15s")
    void frameIsTakenOrRefused(byte[] bytes) {
        try {
            var message = ReplicationMessage.parseFrom(bytes);
            if (message.hasResponse()) {
                take(message.getResponse().getResourceID(), message.getResponse().getResource());
            }
        } catch (InvalidProtocolBufferException | IllegalArgumentException _) {
            // the two ways in which a frame is refused; the session makes a NACK of the second
        }
    }

    private static void take(String id, Any resource) throws InvalidProtocolBufferException {
        switch (resource.getTypeUrl()) {
            case PREFIX + "peerstream.ExportedService" ->
                    replace(id, ExportedService.parseFrom(resource.getValue()));
            case PREFIX + "peerstream.ExportedServiceList" -> {
                var update =
                        CatalogCodec.decode(ExportedServiceList.parseFrom(resource.getValue()));
                assertThat(CatalogCodec.decode(CatalogCodec.encodeNames(update.names())))
                        .isEqualTo(update);
            }
            case PREFIX + "peering.PeeringTrustBundle" -> {
                var bundle = PeeringTrustBundle.parseFrom(resource.getValue());
                TrustBundle.fromPem(
                        new TrustDomain(bundle.getTrustDomain()), bundle.getRootPEMsList());
            }
            case PREFIX + "peering.PeeringServerAddresses" ->
                    PeeringServerAddresses.parseFrom(resource.getValue())
                            .getAddressesList()
                            .forEach(Endpoint::parse);
            default -> {}
        }
    }

    /// What is taken can be shown, asked and sent on; the way back may lose nothing that counts.
    private static void replace(String id, ExportedService message) {
        var update = CatalogCodec.decode(id, message);
        for (var instance : update.instances()) {
            assertThat(instance.status()).isNotNull();
            assertThat(instance.lanEndpoint()).isNotNull();
            assertThat(instance.wanEndpoint()).isNotNull();
            instance.peerMeta().ifPresent(FrameFuzzTest::check);
        }
        var again = CatalogCodec.decode(id, CatalogCodec.encode(update.instances()));
        assertThat(again).isEqualTo(update);
    }

    private static void check(PeerMeta meta) {
        meta.spiffeIds().forEach(uri -> assertThat(SpiffeId.parse(uri).trustDomain()).isNotNull());
    }
}
