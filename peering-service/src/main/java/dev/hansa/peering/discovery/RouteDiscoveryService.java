package dev.hansa.peering.discovery;

import com.google.protobuf.ByteString;
import dev.hansa.failover.ProxyRpc;
import dev.hansa.failover.wire.Issued;
import dev.hansa.failover.wire.JoinRequest;
import dev.hansa.failover.wire.ProxyMessage;
import dev.hansa.failover.wire.RenewRequest;
import dev.hansa.failover.wire.ServerEntry;
import dev.hansa.failover.wire.ServerMessage;
import dev.hansa.peering.LateAnswer;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.tls.PeerVerifier;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;

/// The proxies' door: first certificates for a join secret, renewals and route streams for a
/// certificate of ours. The identity of every call is checked here again, from the certificate of
/// its connection, resumed ones too.
public final class RouteDiscoveryService {
    private static final ServiceName SERVICE = ServiceName.create(ProxyRpc.SERVICE);
    static final ServiceMethod<JoinRequest, Issued> JOIN =
            ServiceMethod.server(
                    SERVICE,
                    ProxyRpc.JOIN,
                    GrpcMessageEncoder.encoder(),
                    GrpcMessageDecoder.decoder(JoinRequest.getDefaultInstance()));
    static final ServiceMethod<RenewRequest, Issued> RENEW =
            ServiceMethod.server(
                    SERVICE,
                    ProxyRpc.RENEW,
                    GrpcMessageEncoder.encoder(),
                    GrpcMessageDecoder.decoder(RenewRequest.getDefaultInstance()));
    static final ServiceMethod<ProxyMessage, ServerMessage> ROUTES =
            ServiceMethod.server(
                    SERVICE,
                    ProxyRpc.ROUTES,
                    GrpcMessageEncoder.encoder(),
                    GrpcMessageDecoder.decoder(ProxyMessage.getDefaultInstance()));

    private final Vertx vertx;
    private final CertificateDesk desk;
    private final Datacenter datacenter;
    private final RoutePublisher publisher;
    private final ProxyRegistrations registrations;
    private final DenialLog denials;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;

    public RouteDiscoveryService(
            Vertx vertx,
            CertificateDesk desk,
            Datacenter datacenter,
            RoutePublisher publisher,
            ProxyRegistrations registrations,
            DenialLog denials,
            Clock clock,
            Consumer<PeeringEvent> events) {
        this.vertx = vertx;
        this.desk = desk;
        this.datacenter = datacenter;
        this.publisher = publisher;
        this.registrations = registrations;
        this.denials = denials;
        this.clock = clock;
        this.events = events;
    }

    /// Serves the three RPCs on `server`.
    public void register(GrpcServer server) {
        server.callHandler(
                JOIN,
                request ->
                        request.handler(join ->
                                issue(
                                        request,
                                        "join for '" + join.getIdentityPath() + "'",
                                        () -> desk.join(join))));
        server.callHandler(
                RENEW,
                request ->
                        request.handler(renew ->
                                caller(request)
                                        .ifPresentOrElse(
                                                id ->
                                                        issue(
                                                                request,
                                                                "renewal for '" + id + "'",
                                                                () ->
                                                                        desk.renew(
                                                                                id,
                                                                                renew.getCsr())),
                                                () ->
                                                        request.response()
                                                                .status(GrpcStatus.UNAUTHENTICATED)
                                                                .statusMessage(
                                                                        "renewal: expected a client certificate of this trust domain")
                                                                .end())));
        server.callHandler(ROUTES, this::routes);
    }

    private void routes(GrpcServerRequest<ProxyMessage, ServerMessage> request) {
        var identity =
                caller(request).flatMap(id -> ProxyIdentity.of(id, desk.trustDomain(), datacenter));
        if (identity.isEmpty()) {
            var reason =
                    "routes: expected the certificate of a service or mesh gateway of "
                            + datacenter;
            events.accept(new PeeringEvent.ProxyRefused("unknown", reason));
            request.response().status(GrpcStatus.PERMISSION_DENIED).statusMessage(reason).end();
            return;
        }
        var stream =
                new ProxyStream(
                        identity.get(),
                        request,
                        vertx.getOrCreateContext(),
                        datacenter,
                        publisher,
                        registrations,
                        denials,
                        events);
        assert stream.identity().equals(identity.get());
    }

    /// Who calls, by the certificate of the connection; empty without one that verifies now.
    private Optional<SpiffeId> caller(GrpcServerRequest<?, ?> request) {
        List<X509Certificate> chain;
        try {
            chain =
                    request.connection().peerCertificates().stream()
                            .map(X509Certificate.class::cast)
                            .toList();
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        }
        return switch (PeerVerifier.verify(
                chain,
                BundleSet.EMPTY.with(desk.bundle()),
                PeerVerifier.Usage.CLIENT,
                clock.instant())) {
            case PeerVerifier.Trusted(var id, _) -> Optional.of(id);
            case PeerVerifier.Rejected(_, var sentence) -> {
                events.accept(new PeeringEvent.ProxyRefused("unknown", sentence));
                yield Optional.empty();
            }
        };
    }

    /// Signing and the store are slow; they run off the event loop, and the answer returns to it.
    /// Nothing is done for a caller that has stopped waiting meanwhile: when hundreds ask at once
    /// there is no time to lose on those.
    private <Q> void issue(GrpcServerRequest<Q, Issued> request, String what, Issuance issuance) {
        var gone = new AtomicBoolean();
        request.errorHandler(_ -> gone.set(true));
        request.exceptionHandler(_ -> gone.set(true));
        Consumer<Runnable> answer =
                // it asks again: with the same key when it joins
                end ->
                        LateAnswer.give(end)
                                .ifPresent(late ->
                                        events.accept(new PeeringEvent.ProxyRefused(what, late)));
        vertx.<Optional<CertificateDesk.Answer>>executeBlocking(
                        () -> gone.get() ? Optional.empty() : Optional.of(issuance.run()), false)
                .onSuccess(result -> {
                    switch (result.orElse(null)) {
                        case null -> {} // nobody waits
                        case CertificateDesk.Given given -> {
                            var issued = message(given);
                            answer.accept(() -> request.response().end(issued));
                        }
                        case CertificateDesk.Denied(var reason) -> {
                            events.accept(new PeeringEvent.ProxyRefused(what, reason));
                            answer.accept(() -> end(request, GrpcStatus.PERMISSION_DENIED, reason));
                        }
                        case CertificateDesk.Unavailable(var reason) -> {
                            events.accept(new PeeringEvent.ProxyRefused(what, reason));
                            answer.accept(() -> end(request, GrpcStatus.UNAVAILABLE, reason));
                        }
                    }
                })
                .onFailure(failure -> {
                    events.accept(new PeeringEvent.BackgroundFailure(what, failure));
                    answer.accept(() ->
                            end(
                                    request,
                                    GrpcStatus.INTERNAL,
                                    "the server could not issue a certificate"));
                });
    }

    private static void end(GrpcServerRequest<?, ?> request, GrpcStatus status, String message) {
        request.response().status(status).statusMessage(message).end();
    }

    @FunctionalInterface
    private interface Issuance {
        CertificateDesk.Answer run();
    }

    private Issued message(CertificateDesk.Given given) {
        var message = Issued.newBuilder().setTrustDomain(desk.trustDomain().name());
        given.server()
                .ifPresent(server ->
                        message.setServer(
                                ServerEntry.newBuilder()
                                        .setGroup(server.group())
                                        .setSealingKey(server.sealingKey())
                                        .setSealingKeyDigest(server.sealingKeyDigest())
                                        .addAllMembers(server.members())));
        given.leaf().chain().forEach(certificate -> message.addChain(der(certificate)));
        desk.bundle().roots().forEach(root -> message.addRoots(der(root)));
        return message.build();
    }

    private static ByteString der(X509Certificate certificate) {
        try {
            return ByteString.copyFrom(certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate of ours cannot be encoded", e);
        }
    }
}
