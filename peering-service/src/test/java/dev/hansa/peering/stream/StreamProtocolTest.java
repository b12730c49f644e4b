package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.peering.PeeringState;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.wire.PeeringTrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The rules of the conversation itself.
class StreamProtocolTest extends RawCaller {
    @Test
    void openIsRefusedInConsulsOrderAndWords() throws Exception {
        assertThat(answer(subscription(PeerStreamRpc.TRUST_BUNDLE)))
                .isEqualTo(
                        error(
                                GrpcStatus.INVALID_ARGUMENT,
                                "first message when initiating a peering must be: Open"));
        assertThat(answer(open("", SECRET)))
                .isEqualTo(
                        error(
                                GrpcStatus.INVALID_ARGUMENT,
                                "initial subscription request must specify a PeerID"));
        assertThat(answer(open("nobody", SECRET)))
                .isEqualTo(
                        error(
                                GrpcStatus.INVALID_ARGUMENT,
                                "initial subscription for unknown PeerID: nobody"));
        assertThat(answer(open(ID, SECRET)))
                .isEqualTo(
                        error(
                                GrpcStatus.INTERNAL,
                                "unable to authorize connection, peering must be re-established"));
        handOutSecret();
        assertThat(answer(open(ID, "wrong")))
                .isEqualTo(error(GrpcStatus.PERMISSION_DENIED, "invalid peering stream secret"));
        assertThat(answer(open(ID, "")))
                .isEqualTo(error(GrpcStatus.PERMISSION_DENIED, "invalid peering stream secret"));
    }

    @Test
    void pendingSecretIsPromotedAndASecondStreamIsRefused() throws Exception {
        opened();

        assertThat(eks.store.now().secrets(ID).activeStream()).contains(StreamSecrets.hash(SECRET));
        assertThat(eks.store.now().secrets(ID).pendingStream()).isEmpty();
        assertThat(answer(open(ID, SECRET)))
                .isEqualTo(
                        error(
                                GrpcStatus.UNKNOWN,
                                "failed to register stream: there is an active stream for the given PeerID \""
                                        + ID
                                        + "\""));
        assertThat(eks.state("lke")).contains(PeeringState.ACTIVE);
    }

    @Test
    void terminatedPeeringIsAbortedWithoutAWord() throws Exception {
        handOutSecret();
        eks.store.apply(
                new StoreCommand.PutPeering(
                        eks.store
                                .now()
                                .peering(LKE)
                                .orElseThrow()
                                .with(dev.hansa.peering.store.StoredState.TERMINATED)));

        assertThat(answer(open(ID, SECRET)))
                .isEqualTo(error(GrpcStatus.ABORTED, "peering is marked as deleted: " + ID));
    }

    @Test
    void deletionSaysTerminatedAndEndsInGoodOrder() throws Exception {
        var stream = opened();
        eks.delete("lke");

        assertThat(received(stream).hasTerminated()).isTrue();
        stream.channel().end();
        assertThat(ending(stream)).isEmpty();
    }

    @Test
    void subscriptionIsAnsweredWithNumberedResponses() throws Exception {
        eks.run("cartservice", CheckStatus.PASSING);
        eks.export("cartservice>lke");
        var stream = opened();
        stream.channel().write(subscription(PeerStreamRpc.EXPORTED_SERVICE));

        var ids = new ArrayList<String>();
        var nonces = new ArrayList<String>();
        for (var i = 0; i < 3; i++) {
            var response = received(stream).getResponse();
            assertThat(response.getOperationValue()).isEqualTo(1);
            assertThat(response.getResource().getTypeUrl()).isEqualTo(response.getResourceURL());
            ids.add(response.getResourceID());
            nonces.add(response.getNonce());
        }
        assertThat(ids)
                .containsExactly(
                        "cartservice", "cartservice-sidecar-proxy", "exported-service-list");
        assertThat(nonces).containsExactly("00000001", "00000002", "00000003");

        stream.channel().write(subscription(PeerStreamRpc.TRUST_BUNDLE));
        var roots = received(stream).getResponse();
        assertThat(roots.getResourceID()).isEqualTo("roots");
        assertThat(PeeringTrustBundle.parseFrom(roots.getResource().getValue()).getTrustDomain())
                .isEqualTo(eks.trustDomain.name());
    }

    @Test
    void unknownSubscriptionEndsTheStream() throws Exception {
        var stream = opened();
        stream.channel().write(subscription("type.googleapis.com/other"));

        assertThat(ending(stream))
                .isEqualTo(
                        error(
                                GrpcStatus.INVALID_ARGUMENT,
                                "subscription request to unknown resource URL: type.googleapis.com/other"));
    }

    @Test
    void heartbeatsAreSentAndSilenceIsNotForever() throws Exception {
        var impatient =
                new StreamTimes(
                        Duration.ofMillis(50),
                        Duration.ofMillis(400),
                        SOON,
                        SOON,
                        SOON,
                        SOON,
                        SOON);
        var gke =
                new TestDatacenter(
                        vertx,
                        "gke",
                        new TrustDomain("55555555.consul"),
                        dir.resolve("gke"),
                        impatient);
        eks.close();
        eks = gke;
        eks.store.apply(new StoreCommand.PutPeering(PeeringRecord.accepting(LKE, ID, Map.of())));
        var stream = opened();
        var frame = stream.mailbox().take(System.nanoTime() + SOON.toNanos());
        while (!(frame instanceof PeerFrame.Received(var message) && message.hasHeartbeat())) {
            frame = stream.mailbox().take(System.nanoTime() + SOON.toNanos());
        }
        assertThat(ending(stream)).isEqualTo(error(GrpcStatus.UNKNOWN, "heartbeat timeout"));
        await().atMost(SOON)
                .until(() -> eks.state("lke").equals(Optional.of(PeeringState.FAILING)));
    }
}
