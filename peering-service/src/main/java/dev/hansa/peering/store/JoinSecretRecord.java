package dev.hansa.peering.store;

import java.time.Instant;
import java.util.Set;

/// What a join secret (kept as its SHA-256, hex) may buy: certificates for the identities listed,
/// by SPIFFE path, until it expires.
public record JoinSecretRecord(String hash, Set<String> identityPaths, Instant expiresAt) {
    public JoinSecretRecord {
        identityPaths = Set.copyOf(identityPaths);
    }
}
