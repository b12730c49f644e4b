package dev.hansa.peering.stream;

import dev.hansa.peering.wire.ReplicationMessage;
import java.util.Optional;

/// What a conversation is woken by.
sealed interface PeerFrame {
    record Received(ReplicationMessage message) implements PeerFrame {}

    /// The peer sent a message that is not taken, for this reason; the wire still stands.
    record Unreadable(StreamError error) implements PeerFrame {}

    /// Catalog, policy or trust may have changed here; many changes, one frame.
    record Changed() implements PeerFrame {}

    /// The wire has room again.
    record Writable() implements PeerFrame {}

    /// The peering is being deleted here.
    record Goodbye() implements PeerFrame {}

    /// Nothing more will come; with an error unless the peer closed in good order.
    record Closed(Optional<StreamError> error) implements PeerFrame {}

    /// A timer is due.
    record Tick() implements PeerFrame {}
}
