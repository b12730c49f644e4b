package dev.hansa.kubernetes.api;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// A peering as the server shows it.
///
/// @param state in Consul's words
/// @param imported how many services come from the peer
/// @param exported how many the peer sees
/// @param lastHeard whatever the peer said then; empty: not since its leader began to lead
public record StoredPeering(
        String name,
        String id,
        String state,
        Map<String, String> meta,
        String remoteDatacenter,
        int imported,
        int exported,
        Optional<Instant> lastHeard) {
    public StoredPeering {
        meta = Map.copyOf(meta);
    }

    public boolean isEnding() {
        return state.equals("DELETING");
    }
}
