package dev.hansa.peering.store;

import dev.hansa.bootstrap.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Optional;

/// The secrets of one peering, by our id of it. An acceptor only compares, so it keeps SHA-256
/// hashes (hex); a dialer must show its stream secret, so it keeps it.
///
/// @param establishment the unused token's secret, with the moment after which it is worth nothing
/// @param pendingStream handed out, not yet used on a stream
/// @param activeStream used on a stream
/// @param dialerStream the dialer's own
public record PeeringSecrets(
        String peeringId,
        Optional<Establishment> establishment,
        Optional<String> pendingStream,
        Optional<String> activeStream,
        Optional<Secret> dialerStream) {
    /// @param tokenId the `jti` of the token that carries it
    public record Establishment(String hash, String tokenId, Instant expiresAt) {}

    public static PeeringSecrets none(String peeringId) {
        return new PeeringSecrets(
                peeringId, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /// Compares hashes in the same time, whatever differs.
    static boolean same(String a, String b) {
        return MessageDigest.isEqual(
                a.getBytes(StandardCharsets.US_ASCII), b.getBytes(StandardCharsets.US_ASCII));
    }
}
