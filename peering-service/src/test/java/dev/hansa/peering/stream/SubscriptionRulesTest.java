package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.peering.wire.Status;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The first request for a resource, and those after it.
class SubscriptionRulesTest extends RawCaller {
    private static ReplicationMessage request(String nonce, Optional<String> error) {
        var request =
                ReplicationMessage.Request.newBuilder()
                        .setResourceURL(PeerStreamRpc.EXPORTED_SERVICE)
                        .setResponseNonce(nonce);
        error.ifPresent(text -> request.setError(Status.newBuilder().setCode(13).setMessage(text)));
        return ReplicationMessage.newBuilder().setRequest(request).build();
    }

    @Test
    void firstRequestWithANonceEndsTheStream() throws Exception {
        var stream = opened();
        stream.channel().write(request("00000001", Optional.empty()));

        assertThat(ending(stream))
                .isEqualTo(
                        error(
                                GrpcStatus.INVALID_ARGUMENT,
                                "initial subscription requests for a resource type must not contain a nonce"));
    }

    @Test
    void firstRequestWithAnErrorEndsTheStream() throws Exception {
        var stream = opened();
        stream.channel().write(request("", Optional.of("no")));

        assertThat(ending(stream))
                .isEqualTo(
                        error(
                                GrpcStatus.INVALID_ARGUMENT,
                                "initial subscription request for a resource type must not contain an error"));
    }

    /// Consul's TestStreamResources_Server_AckNackNonce and ..._StreamTracker.
    @Test
    void refusalOfThePeerIsNotedAndTheStreamGoesOn() throws Exception {
        eks.run("cartservice", CheckStatus.PASSING);
        eks.export("cartservice>lke");
        var stream = opened();
        stream.channel().write(open("again", "ignored"));
        stream.channel().write(subscription(PeerStreamRpc.EXPORTED_SERVICE));
        var sent = received(stream).getResponse();
        stream.channel().write(request(sent.getNonce(), Optional.of("too much")));

        await().atMost(SOON)
                .until(() ->
                        eks.events.stream()
                                .anyMatch(event ->
                                        event instanceof PeeringEvent.PeerNacked nacked
                                                && nacked.reason()
                                                        .equals(
                                                                "client peer was unable to apply resource: too much")));
        stream.channel().write(subscription(PeerStreamRpc.TRUST_BUNDLE));
        var next = received(stream).getResponse();
        while (!next.getResourceURL().equals(PeerStreamRpc.TRUST_BUNDLE)) {
            assertThat(next.getResourceID()).isNotEqualTo("cartservice");
            next = received(stream).getResponse();
        }
        assertThat(eks.context.streams().status(LKE).lastSend()).isPresent();
    }

    @Test
    void wrongEndIsNotDialled() throws Exception {
        handOutSecret();
        var ours = eks.store.now().peering(LKE).orElseThrow();
        eks.store.apply(
                new StoreCommand.PutPeering(
                        new PeeringRecord(
                                LKE,
                                ID,
                                ours.state(),
                                ours.meta(),
                                "their-id-of-the-peering",
                                ours.trustDomain(),
                                ours.remoteDatacenter(),
                                "server.lke.peering.x.consul",
                                ours.caPems(),
                                List.of("127.0.0.1:1"),
                                List.of(),
                                Optional.empty(),
                                ours.createIndex(),
                                ours.modifyIndex())));

        assertThat(answer(open(ID, SECRET)))
                .isEqualTo(
                        error(
                                GrpcStatus.INVALID_ARGUMENT,
                                "expected PeerID to be empty; the wrong end of peering is being dialed"));
    }
}
