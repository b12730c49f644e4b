package dev.hansa.peering.store;

/// A policy: rules with a name.
///
/// @param rules as they were written, HCL or JSON
/// @param createIndex 0 before it is written, as is `modifyIndex`; of a command: of the one that it
///   writes over, which must still be there, or 0 for a new one
public record AclPolicyRecord(
        String id,
        String name,
        String description,
        String rules,
        long createIndex,
        long modifyIndex) {
    /// Each is a team's or a service's; more are a script that has gone wild.
    public static final int MOST = 4096;

    AclPolicyRecord indexed(long created, long modified) {
        return new AclPolicyRecord(id, name, description, rules, created, modified);
    }
}
