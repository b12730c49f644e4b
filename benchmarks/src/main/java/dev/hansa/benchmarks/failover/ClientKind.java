package dev.hansa.benchmarks.failover;

/// How a caller calls.
enum ClientKind {
    HTTP_NEW("http-new", false, false),
    HTTP_KEEP("http-keep", false, true),
    GRPC_NEW("grpc-new", true, false),
    GRPC_KEEP("grpc-keep", true, true);

    private final String word;
    private final boolean isGrpc;
    private final boolean keeps;

    ClientKind(String word, boolean isGrpc, boolean keeps) {
        this.word = word;
        this.isGrpc = isGrpc;
        this.keeps = keeps;
    }

    /// As the figures name it.
    String word() {
        return word;
    }

    boolean isGrpc() {
        return isGrpc;
    }

    /// Does it use a connection for more than one request?
    boolean keeps() {
        return keeps;
    }
}
