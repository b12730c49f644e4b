package dev.hansa.peering.failover;

import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.Datacenter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Another target takes a service's calls in a datacenter, or none does any more.
///
/// @param index higher than that of every event before it
/// @param from the label of the target that took them; empty: none did
/// @param to the label of the one that does; empty: none
/// @param cause why it is not the one before
/// @param lasted how long the one before took them, or nothing did
public record FailoverEvent(
        long index,
        Instant at,
        Datacenter datacenter,
        ServiceName service,
        Turn turn,
        Optional<String> from,
        Optional<String> to,
        String cause,
        Duration lasted) {

    public enum Turn {
        /// To a target behind the first.
        OVER,
        /// To the first target.
        BACK,
        /// To nowhere.
        LOST
    }
}
