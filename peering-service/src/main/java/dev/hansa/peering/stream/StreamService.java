package dev.hansa.peering.stream;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.hansa.peering.LateAnswer;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.audit.Author;
import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.wire.ExchangeSecretRequest;
import dev.hansa.peering.wire.ExchangeSecretResponse;
import dev.hansa.peering.wire.ReplicationMessage;
import dev.hansa.token.EstablishmentSecret;
import dev.hansa.trustbundle.PeerName;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.GrpcServerResponse;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;

/// The acceptor's door: two calls, no client certificate; who calls is shown by secrets alone, each
/// check in Consul's order and words.
public final class StreamService {
    /// Callers that have not shown who they are. More at once is no datacenter waking up.
    static final int MAX_STRANGERS = 256;

    private final Vertx vertx;
    private final StreamContext context;
    private final Semaphore strangers = new Semaphore(MAX_STRANGERS);
    private final GrpcServer server;
    private final IdleConnections connections;

    /// The call that is being handed to gRPC, by the event loop that does it.
    private final Map<Thread, Caller> arriving = new ConcurrentHashMap<>();

    public StreamService(Vertx vertx, StreamContext context) {
        this.vertx = vertx;
        this.context = context;
        this.connections = new IdleConnections(vertx, context.times().openLimit());
        this.server =
                GrpcServer.server(
                        vertx,
                        new GrpcServerOptions().setMaxMessageSize(context.limits().message()));
        server.callHandler(PeerStreamRpc.STREAM_SERVER, this::stream);
        server.callHandler(PeerStreamRpc.EXCHANGE_SERVER, this::exchange);
    }

    /// A peer's server has connected. On the connection's event loop.
    public void opened(HttpConnection connection) {
        connections.opened(connection);
    }

    /// A call of a peer's server. On its event loop.
    public void call(HttpServerRequest request) {
        var caller = new Caller(request);
        arriving.put(Thread.currentThread(), caller);
        try {
            server.handle(caller);
        } finally {
            arriving.remove(Thread.currentThread());
        }
    }

    /// gRPC hands a call on before it returns, on the same event loop.
    private Caller caller() {
        return Objects.requireNonNull(arriving.get(Thread.currentThread()), "no call arrives here");
    }

    private static StreamError tooMuch() {
        return new StreamError(
                GrpcStatus.RESOURCE_EXHAUSTED,
                "expected at most "
                        + Caller.STRANGERS_BYTES
                        + " bytes from a caller that has not shown who it is; found more");
    }

    private void exchange(
            GrpcServerRequest<ExchangeSecretRequest, ExchangeSecretResponse> request) {
        var loop = vertx.getOrCreateContext();
        caller().onTooMuch(() -> {
            var error = tooMuch();
            context.events().accept(new PeeringEvent.SecretRefused("", error.message()));
            request.response().status(error.status()).statusMessage(error.message()).end();
        });
        request.handler(message ->
                Thread.ofVirtual()
                        .name("exchange-secret")
                        .start(() -> {
                            var answer = exchanged(message);
                            loop.runOnContext(_ ->
                                    LateAnswer.give(() -> answer(request.response(), answer))
                                            .ifPresent(gone ->
                                                    context.events()
                                                            .accept(
                                                                    new PeeringEvent.SecretRefused(
                                                                            message.getPeerID(),
                                                                            gone))));
                        }));
    }

    private static void answer(
            GrpcServerResponse<ExchangeSecretRequest, ExchangeSecretResponse> response,
            Exchanged answer) {
        switch (answer) {
            case Exchanged.Granted(var secret) ->
                    response.end(
                            ExchangeSecretResponse.newBuilder().setStreamSecret(secret).build());
            case Exchanged.Refused(var error) ->
                    response.status(error.status()).statusMessage(error.message()).end();
        }
    }

    /// The same call, as another server of this datacenter passes it on.
    ///
    /// @param request the message in base64
    /// @return 200 with the answering message in base64, or another status with a sentence
    public Question.Answer exchanged(String request) {
        try {
            var message = ExchangeSecretRequest.parseFrom(Base64.getDecoder().decode(request));
            return switch (exchanged(message)) {
                case Exchanged.Granted(var secret) ->
                        new Question.Answer(
                                200,
                                Base64.getEncoder()
                                        .encodeToString(
                                                ExchangeSecretResponse.newBuilder()
                                                        .setStreamSecret(secret)
                                                        .build()
                                                        .toByteArray()));
                case Exchanged.Refused(var error) ->
                        new Question.Answer(
                                error.status() == GrpcStatus.PERMISSION_DENIED ? 403 : 500,
                                error.message());
            };
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            return new Question.Answer(500, "the request cannot be decoded");
        }
    }

    private sealed interface Exchanged {
        /// @param secret shown to the dialer this once; only its hash stays
        record Granted(String secret) implements Exchanged {
            @Override
            public String toString() {
                return "Granted[<redacted>]";
            }
        }

        record Refused(StreamError error) implements Exchanged {}
    }

    private Exchanged exchanged(ExchangeSecretRequest request) {
        try {
            var secret = EstablishmentSecret.random().value();
            var hash = StreamSecrets.hash(request.getEstablishmentSecret());
            var offered = offered(request.getPeerID(), hash);
            if (offered.isEmpty()) {
                // who is denied does not ask again, and another server may lead by now
                var unconfirmed = unconfirmed();
                if (unconfirmed.isPresent()) {
                    return new Exchanged.Refused(unconfirmed.get());
                }
                offered = offered(request.getPeerID(), hash);
            }
            // what cannot match is refused before it costs a write
            if (offered.isEmpty()) {
                return denied(request.getPeerID(), "unknown peering, or secret used or superseded");
            }
            var peering = offered.get();
            var answer =
                    apply(
                            peering.name(),
                            new StoreCommand.ExchangeSecret(
                                    request.getPeerID(),
                                    hash,
                                    StreamSecrets.hash(secret),
                                    Instant.now(context.clock())));
            return switch (answer) {
                case StoreAnswer.Applied _, StoreAnswer.Unchanged _ -> {
                    context.events().accept(new PeeringEvent.SecretExchanged(peering.name()));
                    yield new Exchanged.Granted(secret);
                }
                case StoreAnswer.Refused(var reason) -> denied(request.getPeerID(), reason);
            };
        } catch (StoreFailure e) {
            context.events().accept(new PeeringEvent.BackgroundFailure("exchange of a secret", e));
            return new Exchanged.Refused(
                    new StreamError(GrpcStatus.INTERNAL, "failed to persist peering secret"));
        }
    }

    /// What a caller is told who shows an unknown secret while no majority says that this server
    /// leads: strangers too bring this about, so it is told of as any refusal of the store.
    private Optional<StreamError> unconfirmed() {
        try {
            context.store().confirm();
            return Optional.empty();
        } catch (StoreFailure e) {
            context.events().accept(new PeeringEvent.WriteRefused(String.valueOf(e.getMessage())));
            return Optional.of(
                    new StreamError(
                            GrpcStatus.UNAVAILABLE, "this server cannot tell whether it leads"));
        }
    }

    /// The peering that a secret is for, if it may be exchanged.
    private Optional<PeeringRecord> offered(String peeringId, String hash) {
        var state = context.store().now();
        return state.peeringById(peeringId)
                .filter(_ ->
                        StreamSecrets.matches(
                                state.secrets(peeringId)
                                        .establishment()
                                        .map(establishment -> establishment.hash()),
                                hash));
    }

    private StoreAnswer apply(PeerName peer, StoreCommand command) {
        return Author.as("peer " + peer, () -> context.store().apply(command));
    }

    /// The caller learns no more than that it is not welcome; the reason is ours to know.
    private Exchanged denied(String peeringId, String reason) {
        context.events().accept(new PeeringEvent.SecretRefused(peeringId, reason));
        return new Exchanged.Refused(
                new StreamError(
                        GrpcStatus.PERMISSION_DENIED, "invalid peering establishment secret"));
    }

    private void stream(GrpcServerRequest<ReplicationMessage, ReplicationMessage> request) {
        var loop = vertx.getOrCreateContext();
        var call = caller();
        var connection = request.connection();
        var mailbox = new Mailbox();
        call.onTooMuch(() -> mailbox.unreadable(tooMuch()));
        var response = request.response();
        var channel =
                new GrpcPeerChannel(
                        loop,
                        response,
                        mailbox,
                        context.limits(),
                        error ->
                                response.status(error.status())
                                        .statusMessage(error.message())
                                        .end());
        request.endHandler(_ -> mailbox.closed(Optional.empty()));
        request.exceptionHandler(cause ->
                mailbox.closed(
                        Optional.of(
                                new StreamError(
                                        GrpcStatus.CANCELLED,
                                        "the stream broke: " + cause.getMessage()))));
        request.errorHandler(error ->
                mailbox.closed(
                        Optional.of(new StreamError(error.status, "the peer reset the stream"))));
        var caller = Capabilities.of(request.headers());
        channel.attach(request, caller);
        Capabilities.announce(response.headers(), context.limits().message());
        Keepalive.announced(caller)
                .ifPresent(pace -> Keepalive.start(loop, request.connection(), mailbox, pace));
        if (!strangers.tryAcquire()) {
            channel.fail(new StreamError(GrpcStatus.RESOURCE_EXHAUSTED, "too many callers"));
            return;
        }
        Thread.ofVirtual()
                .name("peer-caller")
                .start(() -> {
                    converse(channel, mailbox, call, connection);
                    leave(loop, channel, connection);
                });
    }

    /// A peer that does not read its last words either is dropped, with what waits for it.
    private void leave(Context loop, GrpcPeerChannel channel, HttpConnection connection) {
        try {
            loop.runOnContext(_ ->
                    vertx.setTimer(
                            context.times().goodbyeLimit().toMillis(),
                            _ -> {
                                if (!channel.isFlushed()) {
                                    connection.close();
                                }
                            }));
        } catch (RejectedExecutionException _) {
            // the server has stopped, and every connection with it
        }
    }

    private void converse(
            GrpcPeerChannel channel, Mailbox mailbox, Caller call, HttpConnection connection) {
        Admission admission;
        try {
            admission = admit(channel, mailbox);
        } catch (StoreFailure e) {
            context.events().accept(new PeeringEvent.BackgroundFailure("a peer's stream", e));
            admission =
                    new Admission.Refused(
                            "", new StreamError(GrpcStatus.INTERNAL, "failed to persist peering"));
        } catch (InterruptedException _) {
            admission =
                    new Admission.Refused(
                            "", new StreamError(GrpcStatus.UNAVAILABLE, "the server is stopping"));
        } finally {
            strangers.release();
        }
        switch (admission) {
            case Admission.Admitted(var peering, var tracker) -> {
                Thread.currentThread().setName("peer-" + peering.name());
                call.known();
                connections.begun(connection);
                new PeerSession(context, peering, false, tracker, channel, mailbox).run();
                connections.ended(connection);
            }
            case Admission.Refused(var peeringId, var error) -> {
                context.events().accept(new PeeringEvent.StreamRefused(peeringId, error.message()));
                channel.fail(error);
            }
        }
    }

    private sealed interface Admission {
        record Admitted(PeeringRecord peering, StreamTracker tracker) implements Admission {}

        record Refused(String peeringId, StreamError error) implements Admission {}
    }

    private static Admission refused(String peeringId, GrpcStatus status, String message) {
        return new Admission.Refused(peeringId, new StreamError(status, message));
    }

    /// The order of the checks is part of the protocol.
    private Admission admit(GrpcPeerChannel channel, Mailbox mailbox) throws InterruptedException {
        var first = mailbox.take(System.nanoTime() + context.times().openLimit().toNanos());
        if (first instanceof PeerFrame.Unreadable(var error)) {
            return new Admission.Refused("", error);
        }
        if (!(first instanceof PeerFrame.Received(var message)) || !message.hasOpen()) {
            return refused(
                    "",
                    GrpcStatus.INVALID_ARGUMENT,
                    "first message when initiating a peering must be: Open");
        }
        channel.fetch();
        var open = message.getOpen();
        var id = open.getPeerID();
        if (id.isEmpty()) {
            return refused(
                    id,
                    GrpcStatus.INVALID_ARGUMENT,
                    "initial subscription request must specify a PeerID");
        }
        var state = context.store().now();
        var found = state.peeringById(id);
        if (found.isEmpty()) {
            return refused(
                    id,
                    GrpcStatus.INVALID_ARGUMENT,
                    "initial subscription for unknown PeerID: " + id);
        }
        var peering = found.get();
        switch (peering.state()) {
            case PENDING, ESTABLISHING -> {}
            case DELETING, TERMINATED -> {
                return deleted(channel, peering);
            }
        }
        var secrets = state.secrets().get(id);
        if (secrets == null) {
            return refused(
                    id,
                    GrpcStatus.INTERNAL,
                    "unable to authorize connection, peering must be re-established");
        }
        var hash = StreamSecrets.hash(open.getStreamSecretID());
        var isPending = StreamSecrets.matches(secrets.pendingStream(), hash);
        if (!isPending && !StreamSecrets.matches(secrets.activeStream(), hash)) {
            return refused(id, GrpcStatus.PERMISSION_DENIED, "invalid peering stream secret");
        }
        if (isPending) {
            var refusal = promote(peering, hash, open.getRemote().getDatacenter());
            if (refusal.isPresent()) {
                return refused(
                        id, GrpcStatus.INTERNAL, "failed to persist peering: " + refusal.get());
            }
        }
        if (!peering.peerId().isEmpty()) {
            return refused(
                    id,
                    GrpcStatus.INVALID_ARGUMENT,
                    "expected PeerID to be empty; the wrong end of peering is being dialed");
        }
        if (context.own().roots().apply(state).isEmpty()) {
            return refused(id, GrpcStatus.UNAVAILABLE, "Connect CA is not yet initialized");
        }
        return context.streams()
                .claim(peering.name())
                .map(tracker -> admitted(channel, peering, tracker))
                .orElseGet(() ->
                        refused(
                                id,
                                GrpcStatus.UNKNOWN,
                                "failed to register stream: there is an active stream for the given PeerID \""
                                        + id
                                        + "\""));
    }

    /// Who deletes a peering writes it first, and then ends the stream that has the place: one of
    /// the two sees the other.
    private Admission admitted(
            GrpcPeerChannel channel, PeeringRecord peering, StreamTracker tracker) {
        var now = context.store().now().peeringById(peering.id());
        if (now.isPresent() && now.get().state().isLive()) {
            return new Admission.Admitted(peering, tracker);
        }
        tracker.released(Optional.empty());
        return deleted(channel, now.orElse(peering.deleting(Instant.now(context.clock()))));
    }

    /// The peer is told, as it would have been by its stream: it forgets what came from here.
    private static Admission deleted(GrpcPeerChannel channel, PeeringRecord peering) {
        if (peering.deletedAt().isPresent()) {
            channel.write(
                    ReplicationMessage.newBuilder()
                            .setTerminated(ReplicationMessage.Terminated.getDefaultInstance())
                            .build());
        }
        return refused(
                peering.id(), GrpcStatus.ABORTED, "peering is marked as deleted: " + peering.id());
    }

    private Optional<String> promote(PeeringRecord peering, String hash, String datacenter) {
        if (apply(peering.name(), new StoreCommand.PromoteStream(peering.id(), hash))
                instanceof StoreAnswer.Refused(var reason)) {
            return Optional.of(reason);
        }
        return PeeringWrites.update(
                context.store(), peering.id(), record -> record.withDatacenter(datacenter));
    }
}
