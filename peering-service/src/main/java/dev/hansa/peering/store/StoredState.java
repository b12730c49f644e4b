package dev.hansa.peering.store;

/// What the store remembers of a peering's life. ACTIVE and FAILING are never stored: they are what
/// a live stream shows at the moment of reading.
public enum StoredState {
    PENDING,
    ESTABLISHING,
    DELETING,
    TERMINATED;

    /// May a stream be opened or kept.
    public boolean isLive() {
        return this == PENDING || this == ESTABLISHING;
    }
}
