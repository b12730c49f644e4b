package dev.hansa.peering.api;

import dev.hansa.peering.store.PeeringRecord;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A peering as an operator is shown it: what is stored, and how its stream is.
///
/// @param state in Consul's words; ACTIVE and FAILING are computed, never stored
public record PeeringView(
        PeeringRecord record,
        String state,
        List<String> imported,
        List<String> exported,
        Optional<Instant> lastHeartbeat,
        Optional<Instant> lastReceive,
        Optional<Instant> lastSend) {
    public PeeringView {
        imported = List.copyOf(imported);
        exported = List.copyOf(exported);
    }
}
