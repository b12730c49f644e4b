package dev.hansa.peering;

/// Why something that a peer sent was not taken; few enough to count by.
public enum RefusalReason {
    /// Against the rules of the conversation: type, nonce, operation, or not for this side.
    PROTOCOL,
    /// No legal meaning.
    INVALID,
    /// More than one peer may have: services, instances, bytes of a message.
    LIMIT,
    /// Speaks for a trust domain that is not this peer's.
    FOREIGN_TRUST_DOMAIN,
    /// A name that belongs to another service.
    FOREIGN_NAME,
    /// The peering is gone or was changed meanwhile.
    NOT_STORED
}
