package dev.hansa.peering.store;

import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a join secret (kept as its SHA-256, hex) may buy: one certificate for each identity listed,
/// by SPIFFE path, until it expires.
///
/// @param usedPaths those that have been bought; null in a record of an older version
public record JoinSecretRecord(
        String hash, Set<String> identityPaths, Instant expiresAt, Set<String> usedPaths) {
    public JoinSecretRecord(
            String hash,
            Set<String> identityPaths,
            Instant expiresAt,
            @Nullable Set<String> usedPaths) {
        this.hash = hash;
        this.identityPaths = Set.copyOf(identityPaths);
        this.expiresAt = expiresAt;
        this.usedPaths = usedPaths == null ? Set.of() : Set.copyOf(usedPaths);
    }

    /// One that has bought nothing yet.
    public JoinSecretRecord(String hash, Set<String> identityPaths, Instant expiresAt) {
        this(hash, identityPaths, expiresAt, Set.of());
    }

    /// Why there is no secret of a hash.
    public static final String UNKNOWN =
            "join secret: expected one that this datacenter gave out; found another";

    /// Why it buys no certificate for an identity at this moment.
    public Optional<String> refusal(String identityPath, Instant now) {
        if (expiresAt.isBefore(now)) {
            return Optional.of("join secret: expired at " + expiresAt);
        }
        if (!identityPaths.contains(identityPath)) {
            return Optional.of(
                    "join secret: expected one of the identities "
                            + identityPaths
                            + "; found '"
                            + identityPath
                            + "'");
        }
        if (usedPaths.contains(identityPath)) {
            return Optional.of(
                    "join secret: expected one that was not used for '"
                            + identityPath
                            + "'; found it used: a proxy that has lost its certificate needs a new join token");
        }
        return Optional.empty();
    }

    JoinSecretRecord used(String path) {
        var used = new HashSet<>(usedPaths);
        used.add(path);
        return new JoinSecretRecord(hash, identityPaths, expiresAt, used);
    }
}
