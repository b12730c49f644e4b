package dev.hansa.peering.stream;

import dev.hansa.peering.wire.ReplicationMessage;
import java.util.ArrayDeque;
import java.util.Optional;

/// What we owe a peer besides resources: requests, acknowledgements, heartbeats. They come before
/// resources, and a peer chooses how long many of them are: an answer repeats what it is for.
final class Answers {
    /// What a message takes up besides its bytes.
    private static final int OVERHEAD = 256;

    private final ArrayDeque<ReplicationMessage> unwritten = new ArrayDeque<>();
    private final int most;
    private long held;

    /// @param most bytes that a peer may leave unread before it is taken for stuck or hostile
    Answers(int most) {
        this.most = most;
    }

    void add(ReplicationMessage message) {
        unwritten.add(message);
        held += size(message);
    }

    /// Unless one like it is still unwritten.
    void addOnce(ReplicationMessage message) {
        if (!unwritten.contains(message)) {
            add(message);
        }
    }

    Optional<ReplicationMessage> poll() {
        var next = Optional.ofNullable(unwritten.poll());
        next.ifPresent(message -> held -= size(message));
        return next;
    }

    /// Why there are too many, when there are.
    Optional<String> tooMany() {
        return held > most
                ? Optional.of(
                        "the peer does not read: expected at most "
                                + most
                                + " bytes of answers unwritten (peer.max-pending); found "
                                + held)
                : Optional.empty();
    }

    private static long size(ReplicationMessage message) {
        return OVERHEAD + (long) message.getSerializedSize();
    }
}
