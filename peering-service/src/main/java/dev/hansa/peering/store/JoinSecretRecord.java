package dev.hansa.peering.store;

import dev.hansa.peering.audit.AuditReason;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a join secret (kept as its SHA-256, hex) may buy: one certificate for each identity listed,
/// by SPIFFE path, until it expires. It is the first key that counts: whoever holds that key may
/// ask again, as a proxy does whose answer was lost on the way.
///
/// @param usedBy for each identity that was bought, the SHA-256 (hex) of its public key; null in a
///   record of an older version
public record JoinSecretRecord(
        String hash, Set<String> identityPaths, Instant expiresAt, Map<String, String> usedBy) {
    /// Why there is no secret of a hash.
    public static final String UNKNOWN =
            "join secret: expected one that this datacenter gave out; found another";

    public JoinSecretRecord(
            String hash,
            Set<String> identityPaths,
            Instant expiresAt,
            @Nullable Map<String, String> usedBy) {
        this.hash = hash;
        this.identityPaths = Set.copyOf(identityPaths);
        this.expiresAt = expiresAt;
        this.usedBy = usedBy == null ? Map.of() : Map.copyOf(usedBy);
    }

    /// One that has bought nothing yet.
    public JoinSecretRecord(String hash, Set<String> identityPaths, Instant expiresAt) {
        this(hash, identityPaths, expiresAt, Map.of());
    }

    /// Why it buys no certificate for an identity at this moment, whoever asks.
    public Optional<String> refusal(String identityPath, Instant now) {
        if (expiresAt.isBefore(now)) {
            return Optional.of("join secret: expired at " + expiresAt);
        }
        return identityPaths.contains(identityPath)
                ? Optional.empty()
                : Optional.of(
                        "join secret: expected one of the identities "
                                + identityPaths
                                + "; found '"
                                + identityPath
                                + "'");
    }

    /// Why it buys none for this key.
    Optional<String> refusal(String identityPath, String keyHash, Instant now) {
        var first = usedBy.get(identityPath);
        return refusal(identityPath, now)
                .or(() ->
                        first == null || first.equals(keyHash)
                                ? Optional.empty()
                                : Optional.of(
                                        "join secret: expected one that was not used for '"
                                                + identityPath
                                                + "'; found it used: a proxy that has lost its certificate needs a new join token"));
    }

    /// Of such a refusal, in the word that each version has for it.
    AuditReason reason(StoreCommand.UseJoinSecret join) {
        if (expiresAt.isBefore(join.now())) {
            return AuditReason.EXPIRED;
        }
        return identityPaths.contains(join.identityPath())
                ? AuditReason.USED
                : AuditReason.FORBIDDEN;
    }

    JoinSecretRecord used(String identityPath, String keyHash) {
        var used = new HashMap<>(usedBy);
        used.put(identityPath, keyHash);
        return new JoinSecretRecord(hash, identityPaths, expiresAt, used);
    }
}
