package dev.hansa.gateway.sidecar;

import java.time.Duration;
import java.util.Optional;

/// What is known of an application without asking it once more.
public interface Liveness {
    /// Why new callers are not let in: the check is critical, and has passed before. Empty where it
    /// passes, has never passed or is switched off.
    Optional<String> down();

    /// How long it may take to accept a connection, whatever its check says meanwhile.
    Duration patience();

    /// A connection to it has just failed.
    void hurry();
}
