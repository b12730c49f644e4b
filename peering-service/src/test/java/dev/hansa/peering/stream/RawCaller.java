package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.MessageLite;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.PeeringSecrets;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.wire.Operation;
import dev.hansa.peering.wire.RemoteInfo;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// An acceptor, spoken to message by message as no honest dialer would.
abstract class RawCaller {
    static final Duration SOON = Duration.ofSeconds(30);
    static final PeerName LKE = new PeerName("lke");
    static final String ID = "9e650110-ac74-4c5a-a6a8-9348b2bed4e9";
    static final String SECRET = "e4b3d9f6-3f0c-4b6e-8e58-8d7f5d7a9b1c";
    static final String FOREIGN = "44444444-2222-3333-4444-555555555555.consul";

    @TempDir Path dir;

    final Vertx vertx = Vertx.vertx();
    private final List<PeerConnector.Stream> streams = new ArrayList<>();
    TestDatacenter eks;
    TestDatacenter lke;

    @BeforeEach
    void start() throws Exception {
        eks =
                new TestDatacenter(
                        vertx,
                        "eks",
                        new TrustDomain(UUID.randomUUID() + ".consul"),
                        dir.resolve("eks"),
                        times(),
                        limits());
        lke = new TestDatacenter(vertx, "lke", dir.resolve("lke"));
        eks.store.apply(new StoreCommand.PutPeering(PeeringRecord.accepting(LKE, ID, Map.of())));
    }

    @AfterEach
    void stop() throws Exception {
        streams.forEach(PeerConnector.Stream::close);
        lke.close();
        eks.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /// Those of the acceptor.
    PeerLimits limits() {
        return PeerLimits.DEFAULT;
    }

    StreamTimes times() {
        return TestDatacenter.times();
    }

    void handOutSecret() {
        eks.store.apply(
                new StoreCommand.IssueEstablishment(
                        ID,
                        new PeeringSecrets.Establishment(
                                StreamSecrets.hash("first"),
                                "jti",
                                Instant.now().plusSeconds(60))));
        eks.store.apply(
                new StoreCommand.ExchangeSecret(
                        ID,
                        StreamSecrets.hash("first"),
                        StreamSecrets.hash(SECRET),
                        Instant.now()));
    }

    PeerConnector.Stream stream() throws Exception {
        var stream =
                lke.connector.open(
                        new PeerConnector.Remote(
                                eks.address,
                                eks.context.own().serverName(),
                                eks.ca.bundle().pems()),
                        Duration.ofSeconds(5));
        streams.add(stream);
        return stream;
    }

    PeerConnector.Stream opened() throws Exception {
        handOutSecret();
        var stream = stream();
        stream.channel().write(open(ID, SECRET));
        for (var url :
                List.of(
                        PeerStreamRpc.EXPORTED_SERVICE,
                        PeerStreamRpc.EXPORTED_SERVICE_LIST,
                        PeerStreamRpc.TRUST_BUNDLE)) {
            var request = received(stream).getRequest();
            assertThat(request.getResourceURL()).isEqualTo(url);
            assertThat(request.getPeerID()).isEmpty();
            assertThat(request.getResponseNonce()).isEmpty();
        }
        return stream;
    }

    static ReplicationMessage open(String id, String secret) {
        return ReplicationMessage.newBuilder()
                .setOpen(
                        ReplicationMessage.Open.newBuilder()
                                .setPeerID(id)
                                .setStreamSecretID(secret)
                                .setRemote(RemoteInfo.newBuilder().setDatacenter("lke")))
                .build();
    }

    static ReplicationMessage subscription(String url) {
        return ReplicationMessage.newBuilder()
                .setRequest(
                        ReplicationMessage.Request.newBuilder().setPeerID(ID).setResourceURL(url))
                .build();
    }

    static ReplicationMessage response(String url, String id, MessageLite resource) {
        return ReplicationMessage.newBuilder()
                .setResponse(
                        ReplicationMessage.Response.newBuilder()
                                .setNonce("00000007")
                                .setResourceURL(url)
                                .setResourceID(id)
                                .setResource(
                                        Any.newBuilder()
                                                .setTypeUrl(url)
                                                .setValue(resource.toByteString()))
                                .setOperation(Operation.OPERATION_UPSERT))
                .build();
    }

    /// The next message, heartbeats left out.
    static ReplicationMessage received(PeerConnector.Stream stream) throws Exception {
        while (true) {
            var frame = stream.mailbox().take(System.nanoTime() + SOON.toNanos());
            if (frame instanceof PeerFrame.Received(var message)) {
                stream.channel().fetch();
                if (!message.hasHeartbeat()) {
                    return message;
                }
            } else if (!(frame instanceof PeerFrame.Writable)) {
                throw new AssertionError("expected a message; found " + frame);
            }
        }
    }

    /// How the stream ends, whatever is said before.
    static Optional<StreamError> ending(PeerConnector.Stream stream) throws Exception {
        while (true) {
            switch (stream.mailbox().take(System.nanoTime() + SOON.toNanos())) {
                case PeerFrame.Received _ -> stream.channel().fetch();
                case PeerFrame.Closed(var error) -> {
                    return error;
                }
                case PeerFrame.Tick _ -> throw new AssertionError("the stream did not end");
                case PeerFrame.Changed _, PeerFrame.Writable _, PeerFrame.Goodbye _ -> {}
                case PeerFrame.Unreadable(var error) -> throw new AssertionError(error);
            }
        }
    }

    Optional<StreamError> answer(ReplicationMessage first) throws Exception {
        var stream = stream();
        stream.channel().write(first);
        return ending(stream);
    }

    static Optional<StreamError> error(GrpcStatus status, String message) {
        return Optional.of(new StreamError(status, message));
    }
}
