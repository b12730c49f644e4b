package dev.hansa.peering.stream;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.peering.LateAnswer;
import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.wire.ExchangeSecretRequest;
import dev.hansa.peering.wire.ExchangeSecretResponse;
import dev.hansa.peering.wire.LeaderAddress;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.peering.wire.Status;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Supplier;

/// The acceptor's door at a server that does not lead: streams are sent to the leader in Consul's
/// words, an exchange of secrets is passed on to it.
public final class FollowerService {
    private static final String REFUSAL = "cannot establish a peering stream on a follower node";

    private final Vertx vertx;
    private final Supplier<Optional<String>> leader;
    private final Function<Question, Question.Answer> ask;
    private final Semaphore strangers = new Semaphore(StreamService.MAX_STRANGERS);
    private final GrpcServer server;
    private final IdleConnections connections;

    /// @param leader where peers reach the server that leads
    /// @param ask the server that leads; blocks
    public FollowerService(
            Vertx vertx,
            Supplier<Optional<String>> leader,
            Function<Question, Question.Answer> ask) {
        this.vertx = vertx;
        this.leader = leader;
        this.ask = ask;
        this.connections = new IdleConnections(vertx, StreamTimes.DEFAULT.openLimit());
        this.server =
                GrpcServer.server(
                        vertx, new GrpcServerOptions().setMaxMessageSize(Caller.STRANGERS_BYTES));
        server.callHandler(PeerStreamRpc.STREAM_SERVER, this::redirect);
        server.callHandler(PeerStreamRpc.EXCHANGE_SERVER, this::exchange);
    }

    /// A peer's server has connected. On the connection's event loop.
    public void opened(HttpConnection connection) {
        connections.opened(connection);
    }

    /// A call of a peer's server. On its event loop.
    public void call(HttpServerRequest request) {
        server.handle(request);
    }

    private void redirect(GrpcServerRequest<ReplicationMessage, ReplicationMessage> request) {
        var status = Status.newBuilder().setCode(GrpcStatus.FAILED_PRECONDITION.code);
        status.setMessage(REFUSAL);
        leader.get()
                .ifPresent(address ->
                        status.addDetails(
                                Any.pack(LeaderAddress.newBuilder().setAddress(address).build())));
        request.response()
                .trailers()
                .set(
                        LeaderHint.DETAILS,
                        Base64.getEncoder()
                                .withoutPadding()
                                .encodeToString(status.build().toByteArray()));
        request.response().status(GrpcStatus.FAILED_PRECONDITION).statusMessage(REFUSAL).end();
    }

    private void exchange(
            GrpcServerRequest<ExchangeSecretRequest, ExchangeSecretResponse> request) {
        var loop = vertx.getOrCreateContext();
        request.handler(message -> {
            if (!strangers.tryAcquire()) {
                end(request, GrpcStatus.RESOURCE_EXHAUSTED, "too many callers");
                return;
            }
            Thread.ofVirtual()
                    .name("exchange-secret")
                    .start(() -> {
                        try {
                            var answer =
                                    ask.apply(
                                            new Question(
                                                    Question.EXCHANGE,
                                                    Base64.getEncoder()
                                                            .encodeToString(
                                                                    message.toByteArray())));
                            // who has gone asks again, and the leader has told what it said
                            var end = end(request, answer);
                            loop.runOnContext(_ -> LateAnswer.give(end));
                        } finally {
                            strangers.release();
                        }
                    });
        });
    }

    private static Runnable end(
            GrpcServerRequest<ExchangeSecretRequest, ExchangeSecretResponse> request,
            Question.Answer answer) {
        try {
            return switch (answer.status()) {
                case 200 -> {
                    var message =
                            ExchangeSecretResponse.parseFrom(
                                    Base64.getDecoder().decode(answer.body()));
                    yield () -> request.response().end(message);
                }
                case 403 -> () -> end(request, GrpcStatus.PERMISSION_DENIED, answer.body());
                default -> () -> end(request, GrpcStatus.UNAVAILABLE, answer.body());
            };
        } catch (InvalidProtocolBufferException e) {
            return () -> end(request, GrpcStatus.INTERNAL, "the leader's answer cannot be read");
        }
    }

    private static void end(
            GrpcServerRequest<ExchangeSecretRequest, ExchangeSecretResponse> request,
            GrpcStatus status,
            String message) {
        request.response().status(status).statusMessage(message).end();
    }
}
