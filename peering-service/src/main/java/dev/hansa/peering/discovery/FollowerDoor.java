package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.Endpoint;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.Optional;
import java.util.function.Supplier;

/// The proxies' door at a server that does not lead: whoever comes is told to try the next server.
public final class FollowerDoor {
    /// How whoever is sent on is told so; no secret that he has shown was looked at.
    public static final String SENTENCE = "expected the server that leads; found one that does not";

    private FollowerDoor() {}

    /// @param leader where proxies reach the server that leads; empty: not known
    public static void register(GrpcServer server, Supplier<Optional<Endpoint>> leader) {
        server.callHandler(RouteDiscoveryService.JOIN, request -> refuse(request, leader));
        server.callHandler(RouteDiscoveryService.RENEW, request -> refuse(request, leader));
        server.callHandler(RouteDiscoveryService.ROUTES, request -> refuse(request, leader));
    }

    private static void refuse(
            GrpcServerRequest<?, ?> request, Supplier<Optional<Endpoint>> leader) {
        request.response()
                .status(GrpcStatus.UNAVAILABLE)
                .statusMessage(SENTENCE + leader.get().map(at -> ": try " + at).orElse(""))
                .end();
    }
}
