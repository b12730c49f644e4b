package dev.hansa.benchmarks.failover;

/// Something of each of the two services: their checks are two, and a catalog learns of them at two
/// moments.
///
/// @param web what clients of HTTP call
/// @param rpc what clients of gRPC call
record PerService<T>(T web, T rpc) {
    static <T> PerService<T> same(T ofBoth) {
        return new PerService<>(ofBoth, ofBoth);
    }

    /// Of the service that such a client calls.
    T of(ClientKind client) {
        return client.isGrpc() ? rpc : web;
    }
}
