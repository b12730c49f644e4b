package dev.hansa.peering.api;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What an operator may ask of the certificate authority.
public interface CaOperations {
    Status status();

    /// Begins a rotation. Blocks on the store.
    ///
    /// @param external to the root of the operator's files, instead of a new one of our own
    /// @return why not; empty when it has begun
    Optional<String> rotate(boolean external);

    /// @param root names the root that signs
    /// @param isOwn its key is ours
    record Status(String trustDomain, String root, boolean isOwn, Optional<Rotation> rotation) {}

    /// @param otherRoot names the root that is published beside the signing one
    /// @param limit how long this phase waits at most
    record Rotation(
            String phase,
            String otherRoot,
            Instant startedAt,
            Instant since,
            Duration limit,
            List<Wait> waits) {
        public Rotation {
            waits = List.copyOf(waits);
        }
    }

    /// @param kind `peer` or `proxy`
    record Wait(String kind, String name, String reason, Instant since) {}
}
