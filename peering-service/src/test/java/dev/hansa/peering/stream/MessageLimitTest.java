package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.PeeringState;
import dev.hansa.peering.RefusalReason;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.peering.wire.PeeringTrustBundle;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.trustbundle.TrustDomain;
import io.vertx.core.MultiMap;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// No message is longer than its reader takes.
class MessageLimitTest extends RawCaller {
    private static final int MOST = 64 << 10;

    /// What both ends are in these tests: the acceptor takes little, and sends Consul less.
    private static final int TO_CONSUL = 16 << 10;

    @Override
    PeerLimits limits() {
        return new PeerLimits(
                PeerLimits.PEERINGS,
                PeerLimits.SERVICES,
                PeerLimits.INSTANCES,
                MOST,
                TO_CONSUL,
                PeerLimits.PENDING,
                PeerLimits.CATALOG,
                PeerLimits.CONNECTIONS);
    }

    /// A message of so many bytes that says nothing.
    private static ReplicationMessage padded(ReplicationMessage message, int bytes) {
        var padding = bytes - message.getSerializedSize();
        var padded = message;
        while (padded.getSerializedSize() != bytes) {
            var response = message.toBuilder();
            response.getResponseBuilder()
                    .getResourceBuilder()
                    .setValue(ByteString.copyFrom(new byte[padding--]));
            padded = response.build();
        }
        return padded;
    }

    private static ReplicationMessage nothing() {
        return response(
                PeerStreamRpc.TRUST_BUNDLE,
                PeerStreamRpc.BUNDLE_ID,
                PeeringTrustBundle.getDefaultInstance());
    }

    private Optional<StreamError> tooLong(int bytes) {
        return error(
                GrpcStatus.RESOURCE_EXHAUSTED,
                "message: expected at most " + MOST + " bytes; found " + bytes);
    }

    @Test
    void messageOfTheLimitIsReadAndOneByteMoreEndsTheStreamByItsStatus() throws Exception {
        var stream = opened();
        stream.channel().write(padded(nothing(), MOST));
        assertThat(received(stream).getRequest().getError().getMessage())
                .startsWith("upsert error");

        stream.channel().write(padded(nothing(), MOST + 1));
        assertThat(ending(stream)).isEqualTo(tooLong(MOST + 1));
        await().atMost(SOON)
                .until(() -> eks.state("lke").equals(Optional.of(PeeringState.FAILING)));
        assertThat(eks.events)
                .anyMatch(event ->
                        event instanceof PeeringEvent.ResourceRefused refused
                                && refused.why() == RefusalReason.LIMIT
                                && refused.resource().equals("message"));
    }

    @Test
    void strangerThatSaysTooMuchIsRefusedByItsStatus() throws Exception {
        var most = Caller.STRANGERS_BYTES;
        assertThat(answer(padded(nothing(), most - 5)))
                .isEqualTo(
                        error(
                                GrpcStatus.INVALID_ARGUMENT,
                                "first message when initiating a peering must be: Open"));

        var tooMuch =
                "expected at most "
                        + most
                        + " bytes from a caller that has not shown who it is; found more";
        assertThat(answer(padded(nothing(), most - 4)))
                .isEqualTo(error(GrpcStatus.RESOURCE_EXHAUSTED, tooMuch));
        assertThat(eks.events)
                .anyMatch(event ->
                        event instanceof PeeringEvent.StreamRefused(_, var reason)
                                && reason.equals(tooMuch));
        var exchanged =
                lke.connector.exchangeSecret(
                        new PeerConnector.Remote(
                                eks.address,
                                eks.context.own().serverName(),
                                eks.ca.bundle().pems()),
                        ID,
                        new Secret("x".repeat(most)),
                        SOON);
        assertThat(exchanged)
                .isEqualTo(new PeerConnector.Exchange.Failed("RESOURCE_EXHAUSTED: " + tooMuch));
    }

    /// One small service, one over `bytes`.
    private static void run(TestDatacenter exporter, int bytes) {
        exporter.run("small", CheckStatus.PASSING);
        exporter.run("large", bytes / 100);
        exporter.export("small>lke", "large>lke");
    }

    private boolean isLeftOut(TestDatacenter exporter) {
        return exporter.events.stream()
                        .filter(event ->
                                event
                                                instanceof
                                                PeeringEvent.ResourceTooLarge(_, var resource, _, _)
                                        && resource.equals("large"))
                        .count()
                == 1;
    }

    @Test
    void peerIsSentNothingLongerThanItSaysAndAllTheRest() throws Exception {
        run(eks, MOST);
        try (var gke =
                new TestDatacenter(
                        vertx,
                        "gke",
                        new TrustDomain(UUID.randomUUID() + ".consul"),
                        dir.resolve("gke"),
                        TestDatacenter.times(),
                        limits())) {
            eks.export("small>gke", "large>gke", "small>lke", "large>lke");
            assertThat(gke.establish("eks", eks.token("gke", "gke")))
                    .isInstanceOf(Establishment.Established.class);
            await().atMost(SOON).until(() -> gke.imported("eks").contains("small"));
            await().atMost(SOON).until(() -> isLeftOut(eks));
            assertThat(gke.imported("eks")).containsExactly("small");

            // one that takes more gets more, at the same time
            assertThat(lke.establish("eks", eks.token("ake", "lke")))
                    .isInstanceOf(Establishment.Established.class);
            eks.export("small>gke", "large>gke", "small>ake", "large>ake");
            await().atMost(SOON)
                    .until(() -> lke.imported("eks").equals(java.util.List.of("large", "small")));
            assertThat(gke.state("eks")).contains(PeeringState.ACTIVE);
        }
    }

    /// A stream as Consul opens it, which says nothing of what it takes.
    private PeerConnector.Stream consul() throws Exception {
        var remote =
                new PeerConnector.Remote(
                        eks.address, eks.context.own().serverName(), eks.ca.bundle().pems());
        var client = lke.connector.client(remote, Duration.ofSeconds(5));
        var mailbox = new Mailbox();
        var loop = vertx.getOrCreateContext();
        var opening = new CompletableFuture<GrpcPeerChannel>();
        loop.runOnContext(_ -> {
            try {
                client.request(PeerConnector.resolve(remote), PeerStreamRpc.STREAM_CLIENT)
                        .map(call -> {
                            var channel =
                                    new GrpcPeerChannel(
                                            loop,
                                            call,
                                            mailbox,
                                            PeerLimits.DEFAULT,
                                            _ -> call.cancel());
                            call.response()
                                    .onSuccess(response ->
                                            channel.attach(
                                                    response, Capabilities.of(response.headers())));
                            return channel;
                        })
                        .onComplete(opening::complete, opening::completeExceptionally);
            } catch (java.net.UnknownHostException e) {
                opening.completeExceptionally(e);
            }
        });
        return new PeerConnector.Stream(
                opening.get(SOON.toMillis(), TimeUnit.MILLISECONDS),
                mailbox,
                new java.util.concurrent.atomic.AtomicReference<>(Optional.empty()),
                client);
    }

    @Test
    void peerThatSaysNothingIsSentWhatConsulTakes() throws Exception {
        run(eks, TO_CONSUL);
        handOutSecret();
        try (var stream = consul()) {
            stream.channel().write(open(ID, SECRET));
            stream.channel().write(subscription(PeerStreamRpc.EXPORTED_SERVICE));
            var ids = new java.util.ArrayList<String>();
            while (!ids.contains(PeerStreamRpc.LIST_ID)) {
                var message = received(stream);
                if (message.hasResponse()) {
                    assertThat(message.getSerializedSize()).isLessThanOrEqualTo(TO_CONSUL);
                    ids.add(message.getResponse().getResourceID());
                }
            }

            assertThat(ids).contains("small", "small-sidecar-proxy", "large-sidecar-proxy");
            assertThat(ids).doesNotContain("large");
            assertThat(isLeftOut(eks)).isTrue();
            assertThat(stream.channel().largest()).isEqualTo(MOST);
        }
    }

    @Test
    void whatAPeerTakesIsReadFromItsWords() {
        assertThat(Capabilities.of(headers("pings, message=4096, later=1")))
                .isEqualTo(new Capabilities(true, Optional.of(4096)));
        assertThat(Capabilities.of(headers("pings")))
                .isEqualTo(new Capabilities(true, Optional.empty()));
        assertThat(Capabilities.of(headers("message=-1,message=9999999999,message=1e3,message=")))
                .isEqualTo(new Capabilities(false, Optional.empty()));
    }

    private static MultiMap headers(String words) {
        return MultiMap.caseInsensitiveMultiMap().set("hansa-capabilities", words);
    }
}
