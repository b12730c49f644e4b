package dev.hansa.peering.audit;

/// A place in a chain: a record's number, in all or in its class, and its hash.
public record AuditMark(long number, String hash) {
    /// Before the first record.
    public static final AuditMark START = new AuditMark(0, "0".repeat(64));

    @Override
    public String toString() {
        return number + " " + hash;
    }
}
