package dev.hansa.peering.stream;

import io.vertx.grpc.common.GrpcStatus;

/// Why a stream ended, as gRPC says it.
public record StreamError(GrpcStatus status, String message) {
    @Override
    public String toString() {
        return status + ": " + message;
    }
}
