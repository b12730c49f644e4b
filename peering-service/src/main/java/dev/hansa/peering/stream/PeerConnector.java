package dev.hansa.peering.stream;

import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.peering.wire.ExchangeSecretRequest;
import dev.hansa.peering.wire.ExchangeSecretResponse;
import dev.hansa.peering.wire.ReplicationMessage;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcStatus;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/// Dials a peer's servers, directly or through gateways: TLS with the server name that the token
/// gave, against the roots that the token or the peer's bundle gave and no others, and no
/// certificate of ours.
public final class PeerConnector {
    private final Vertx vertx;
    private final PeerLimits limits;

    public PeerConnector(Vertx vertx, PeerLimits limits) {
        this.vertx = vertx;
        this.limits = limits;
    }

    /// Whom to dial and how to know them.
    ///
    /// @param address `host:port` that is connected to: the peer's own or any gateway's
    /// @param serverName in the ClientHello, and required in the server's certificate
    /// @param caPems the roots that its chain must end in
    public record Remote(String address, String serverName, List<String> caPems) {
        public Remote {
            caPems = List.copyOf(caPems);
        }
    }

    /// What the peer made of an establishment secret.
    public sealed interface Exchange {
        record Granted(Secret streamSecret) implements Exchange {}

        record Denied(String reason) implements Exchange {}

        record Failed(String reason) implements Exchange {}
    }

    /// Uses an establishment secret at one address. Waits; never call it on an event loop.
    ///
    /// @throws InterruptedException when told to stop
    public Exchange exchangeSecret(Remote remote, String peerId, Secret secret, Duration limit)
            throws InterruptedException {
        GrpcClient client;
        SocketAddress address;
        try {
            client = client(remote, limit);
            address = resolve(remote);
        } catch (UnknownHostException | IllegalArgumentException e) {
            return new Exchange.Failed(said(e));
        }
        try {
            var request =
                    ExchangeSecretRequest.newBuilder()
                            .setPeerID(peerId)
                            .setEstablishmentSecret(secret.value())
                            .build();
            return client.request(address, PeerStreamRpc.EXCHANGE_CLIENT)
                    .compose(call -> call.send(request))
                    .compose(PeerConnector::exchanged)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            return new Exchange.Failed(said(e.getCause() == null ? e : e.getCause()));
        } catch (TimeoutException _) {
            return new Exchange.Failed("no answer after " + limit.toMillis() + " ms");
        } finally {
            client.close();
        }
    }

    private static Future<Exchange> exchanged(
            GrpcClientResponse<ExchangeSecretRequest, ExchangeSecretResponse> response) {
        return response.last()
                .<Exchange>map(answer -> new Exchange.Granted(new Secret(answer.getStreamSecret())))
                .otherwise(cause -> {
                    var status = response.status();
                    if (status == GrpcStatus.PERMISSION_DENIED) {
                        return new Exchange.Denied(message(response));
                    }
                    return new Exchange.Failed(
                            status == null || status == GrpcStatus.OK
                                    ? said(cause)
                                    : status.name() + ": " + message(response));
                });
    }

    /// The words beside a status: in the headers when there was nothing else to say, else in the
    /// trailers, percent-encoded there (gRPC over HTTP/2, "Status-Message").
    private static String message(GrpcClientResponse<?, ?> response) {
        var message = response.statusMessage();
        if (message != null && !message.isEmpty()) {
            return message;
        }
        var trailing = response.trailers().get("grpc-message");
        return trailing == null ? "" : percentDecoded(trailing);
    }

    private static String percentDecoded(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return text;
        }
    }

    /// An open stream; closing it drops the connection under it.
    ///
    /// @param leader whom the peer named as its leader when it refused
    record Stream(
            GrpcPeerChannel channel,
            Mailbox mailbox,
            AtomicReference<Optional<String>> leader,
            GrpcClient client)
            implements AutoCloseable {
        @Override
        public void close() {
            client.close();
        }
    }

    /// Connects and begins the stream; what the peer says to it comes in its mailbox.
    ///
    /// @throws PeerUnreachableException when there is no connection, or not in time
    /// @throws InterruptedException when told to stop
    Stream open(Remote remote, Duration limit)
            throws PeerUnreachableException, InterruptedException {
        GrpcClient client;
        SocketAddress address;
        try {
            client = client(remote, limit);
            address = resolve(remote);
        } catch (UnknownHostException | IllegalArgumentException e) {
            throw new PeerUnreachableException(remote.address(), said(e), e);
        }
        var isOpen = false;
        try {
            var mailbox = new Mailbox();
            var leader = new AtomicReference<Optional<String>>(Optional.empty());
            var loop = vertx.getOrCreateContext();
            var opening = new java.util.concurrent.CompletableFuture<GrpcPeerChannel>();
            // a client that was closed meanwhile, because we were told to stop, throws
            loop.runOnContext(_ ->
                    Future.succeededFuture()
                            .compose(_ -> client.request(address, PeerStreamRpc.STREAM_CLIENT))
                            .map(call -> attached(loop, call, mailbox, leader))
                            .onComplete(opening::complete, opening::completeExceptionally));
            var channel = opening.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            isOpen = true;
            return new Stream(channel, mailbox, leader, client);
        } catch (ExecutionException e) {
            var cause = e.getCause() == null ? e : e.getCause();
            throw new PeerUnreachableException(remote.address(), said(cause), cause);
        } catch (TimeoutException e) {
            throw new PeerUnreachableException(
                    remote.address(), "no answer after " + limit.toMillis() + " ms", e);
        } finally {
            if (!isOpen) {
                client.close();
            }
        }
    }

    private GrpcPeerChannel attached(
            Context loop,
            io.vertx.grpc.client.GrpcClientRequest<ReplicationMessage, ReplicationMessage> call,
            Mailbox mailbox,
            AtomicReference<Optional<String>> leader) {
        Capabilities.announce(call.headers(), limits.message());
        var keepalive = Keepalive.start(loop, call.connection(), mailbox, Keepalive.CONSULS);
        var channel = new GrpcPeerChannel(loop, call, mailbox, limits, _ -> call.cancel());
        call.exceptionHandler(cause -> mailbox.closed(Optional.of(broken(cause))));
        call.response()
                .onComplete(
                        response -> {
                            response.exceptionHandler(
                                    cause -> mailbox.closed(Optional.of(broken(cause))));
                            response.errorHandler(error ->
                                    mailbox.closed(
                                            Optional.of(
                                                    new StreamError(
                                                            error.status,
                                                            "the stream was reset"))));
                            response.endHandler(_ -> {
                                leader.set(
                                        LeaderHint.in(response.trailers())
                                                .or(() -> LeaderHint.in(response.headers())));
                                mailbox.closed(ending(response));
                            });
                            var peer = Capabilities.of(response.headers());
                            Keepalive.announced(peer).ifPresent(keepalive::at);
                            channel.attach(response, peer);
                        },
                        cause -> mailbox.closed(Optional.of(broken(cause))));
        return channel;
    }

    private static Optional<StreamError> ending(
            GrpcClientResponse<ReplicationMessage, ReplicationMessage> response) {
        var status = response.status();
        return status == GrpcStatus.OK
                ? Optional.empty()
                : Optional.of(
                        new StreamError(
                                status == null ? GrpcStatus.UNAVAILABLE : status,
                                message(response)));
    }

    private static StreamError broken(Throwable cause) {
        return new StreamError(GrpcStatus.UNAVAILABLE, said(cause));
    }

    GrpcClient client(Remote remote, Duration limit) {
        var trust = new PemTrustOptions();
        remote.caPems().forEach(pem -> trust.addCertValue(Buffer.buffer(pem)));
        var http =
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_2)
                        .setUseAlpn(true)
                        .setSsl(true)
                        .setVerifyHost(true)
                        .setForceSni(true)
                        .setTrustOptions(trust)
                        .setConnectTimeout(Math.toIntExact(limit.toMillis()));
        return GrpcClient.client(
                vertx, new GrpcClientOptions().setMaxMessageSize(limits.message()), http);
    }

    /// The address that is connected to, under the name that is asked for: the two differ whenever
    /// a gateway stands between.
    static SocketAddress resolve(Remote remote) throws UnknownHostException {
        var endpoint = Endpoint.parse(remote.address());
        var ip = InetAddress.getByName(endpoint.host()).getAddress();
        return SocketAddress.inetSocketAddress(
                new InetSocketAddress(
                        InetAddress.getByAddress(remote.serverName(), ip), endpoint.port()));
    }

    /// With the innermost reason, where a TLS library says it only there.
    private static String said(Throwable cause) {
        var message =
                cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        var innermost = cause;
        while (innermost.getCause() != null && innermost.getCause() != innermost) {
            innermost = innermost.getCause();
        }
        var reason = innermost.getMessage();
        return reason == null || message.contains(reason) ? message : message + ": " + reason;
    }
}
