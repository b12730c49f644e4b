package dev.hansa.peering.store;

import java.time.Duration;

/// A way to log in: whose tokens are believed, and what of them is looked at.
///
/// @param type `jwt`
/// @param longestLife of a token that a login makes; zero: as long as what it was made for
/// @param locality as its writer called it: `local` or `global`
/// @param config JSON, as the API shows it; public keys at most, no secret
/// @param createIndex 0 before it is written, as is `modifyIndex`; of a command: of the one that it
///   writes over, which must still be there, or 0 for a new one
public record AuthMethodRecord(
        String name,
        String type,
        String displayName,
        String description,
        Duration longestLife,
        String locality,
        String config,
        long createIndex,
        long modifyIndex) {
    /// One for each cluster and each provider of people's names.
    public static final int MOST = 256;

    AuthMethodRecord indexed(long created, long modified) {
        return new AuthMethodRecord(
                name,
                type,
                displayName,
                description,
                longestLife,
                locality,
                config,
                created,
                modified);
    }
}
