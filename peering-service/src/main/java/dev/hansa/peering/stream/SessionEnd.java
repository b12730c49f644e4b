package dev.hansa.peering.stream;

/// How a conversation with a peer ended.
public sealed interface SessionEnd {
    /// For logs.
    default String words() {
        return switch (this) {
            case Closed _ -> "closed by the peer";
            case PeerTerminated _ -> "terminated by the peer";
            case WeTerminated _ -> "terminated here";
            case Lost(var error) -> error.message();
        };
    }

    /// The peer ended the peering.
    record PeerTerminated() implements SessionEnd {}

    /// We ended the peering, and said so.
    record WeTerminated() implements SessionEnd {}

    /// The peer closed without a word; the peering lives on.
    record Closed() implements SessionEnd {}

    /// The stream broke, or one side found fault with the other; the peering lives on.
    record Lost(StreamError error) implements SessionEnd {}
}
