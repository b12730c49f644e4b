package dev.hansa.peering.store;

/// What a command did.
public sealed interface StoreAnswer {
    /// Durable; visible in the state at this index.
    record Applied(long index) implements StoreAnswer {}

    /// Nothing to do: the state already was so.
    record Unchanged(long index) implements StoreAnswer {}

    /// A compare-and-set or a rule did not hold; nothing changed.
    ///
    /// @param reason a lower-case fragment that names subject, expected and found
    record Refused(String reason) implements StoreAnswer {}
}
