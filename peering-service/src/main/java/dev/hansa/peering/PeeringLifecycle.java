package dev.hansa.peering;

import dev.hansa.peering.store.StoredState;

/// The rules of a peering's life, without its machinery.
public final class PeeringLifecycle {
    private PeeringLifecycle() {}

    /// A connected stream is active; a lost one failing, until it is connected again; a peering
    /// whose stream never failed is as it was stored.
    public static PeeringState shown(StoredState stored, StreamStatus stream) {
        return switch (stored) {
            case DELETING -> PeeringState.DELETING;
            case TERMINATED -> PeeringState.TERMINATED;
            case PENDING -> live(PeeringState.PENDING, stream);
            case ESTABLISHING -> live(PeeringState.ESTABLISHING, stream);
        };
    }

    private static PeeringState live(PeeringState stored, StreamStatus stream) {
        if (stream.connected()) {
            return PeeringState.ACTIVE;
        }
        return stream.lastError().isPresent() ? PeeringState.FAILING : stored;
    }
}
