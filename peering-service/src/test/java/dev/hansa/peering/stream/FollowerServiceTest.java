package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.wire.ExchangeSecretRequest;
import dev.hansa.peering.wire.ExchangeSecretResponse;
import dev.hansa.peering.wire.ReplicationMessage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a server says to a peer's server while it does not lead.
class FollowerServiceTest {
    private static final int WAIT_SECONDS = 10;

    private final Vertx vertx = Vertx.vertx();
    private Question asked = new Question("none", "");
    private Question.Answer answer = new Question.Answer(500, "no leader");
    private volatile Supplier<Question.Answer> leader = () -> answer;
    private HttpServer server;
    private GrpcClient client;

    @BeforeEach
    void start() throws Exception {
        var service =
                new FollowerService(
                        vertx,
                        () -> Optional.of("192.0.2.7:8503"),
                        question -> {
                            asked = question;
                            return leader.get();
                        });
        server =
                got(
                        vertx.createHttpServer()
                                .connectionHandler(service::opened)
                                .requestHandler(service::call)
                                .listen(0, "127.0.0.1"));
        client = GrpcClient.client(vertx);
    }

    @AfterEach
    void stop() throws Exception {
        got(vertx.close());
    }

    private static <T> T got(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    private SocketAddress address() {
        return SocketAddress.inetSocketAddress(server.actualPort(), "127.0.0.1");
    }

    @Test
    void streamIsSentToTheLeaderByAddress() throws Exception {
        Promise<GrpcClientResponse<?, ?>> ended = Promise.promise();
        client.request(address(), PeerStreamRpc.STREAM_CLIENT)
                .onSuccess(request -> {
                    request.response()
                            .onFailure(ended::fail)
                            .onSuccess(response -> {
                                response.exceptionHandler(ended::fail);
                                response.endHandler(_ -> ended.complete(response));
                            });
                    request.write(ReplicationMessage.getDefaultInstance());
                });
        var response = got(ended.future());

        assertThat(response.status()).isEqualTo(GrpcStatus.FAILED_PRECONDITION);
        assertThat(response.statusMessage())
                .isEqualTo("cannot establish a peering stream on a follower node");
        assertThat(LeaderHint.in(response.headers()).or(() -> LeaderHint.in(response.trailers())))
                .contains("192.0.2.7:8503");
    }

    private GrpcClientResponse<?, ExchangeSecretResponse> exchange() throws Exception {
        var request = got(client.request(address(), PeerStreamRpc.EXCHANGE_CLIENT));
        return got(
                request.send(
                        ExchangeSecretRequest.newBuilder()
                                .setPeerID("some-id")
                                .setEstablishmentSecret("some-secret")
                                .build()));
    }

    @Test
    void exchangeOfSecretsIsPassedOn() throws Exception {
        answer =
                new Question.Answer(
                        200,
                        Base64.getEncoder()
                                .encodeToString(
                                        ExchangeSecretResponse.newBuilder()
                                                .setStreamSecret("theirs")
                                                .build()
                                                .toByteArray()));

        assertThat(got(exchange().last()).getStreamSecret()).isEqualTo("theirs");
        assertThat(asked.kind()).isEqualTo(Question.EXCHANGE);
        assertThat(
                        ExchangeSecretRequest.parseFrom(Base64.getDecoder().decode(asked.body()))
                                .getPeerID())
                .isEqualTo("some-id");
        assertThat(asked.toString()).doesNotContain(asked.body());
    }

    @Test
    void callerWhoIsGoneBeforeTheAnswerIsNoFailureOfTheServer() throws Exception {
        var unhandled = new ConcurrentLinkedQueue<Throwable>();
        vertx.exceptionHandler(unhandled::add);
        var asking = new CompletableFuture<Thread>();
        var slow = new CompletableFuture<Question.Answer>();
        leader =
                () -> {
                    asking.complete(Thread.currentThread());
                    return slow.join();
                };
        var impatient = got(client.request(address(), PeerStreamRpc.EXCHANGE_CLIENT));
        var _ = impatient.send(ExchangeSecretRequest.getDefaultInstance());
        var asker = asking.get(WAIT_SECONDS, TimeUnit.SECONDS);
        leader = () -> answer;
        impatient.cancel();
        // on the same connection, behind the cancellation
        assertThat(exchange().status()).isEqualTo(GrpcStatus.UNAVAILABLE);

        slow.complete(answer);
        assertThat(asker.join(Duration.ofSeconds(WAIT_SECONDS))).isTrue();

        // on the same loop, behind what the asker has left there
        assertThat(exchange().status()).isEqualTo(GrpcStatus.UNAVAILABLE);
        assertThat(unhandled).isEmpty();
    }

    @Test
    void refusalOfTheLeaderIsTheRefusalHere() throws Exception {
        answer = new Question.Answer(403, "invalid peering establishment secret");
        var refused = exchange();
        refused.end().toCompletionStage().toCompletableFuture().handle((_, _) -> "").get();
        assertThat(refused.status()).isEqualTo(GrpcStatus.PERMISSION_DENIED);
        assertThat(refused.statusMessage()).isEqualTo("invalid peering establishment secret");
    }

    @Test
    void withoutALeaderTheDialerTriesAgain() throws Exception {
        var refused = exchange();
        refused.end().toCompletionStage().toCompletableFuture().handle((_, _) -> "").get();
        assertThat(refused.status()).isEqualTo(GrpcStatus.UNAVAILABLE);
    }
}
