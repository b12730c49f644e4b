package dev.hansa.token;

import dev.hansa.bootstrap.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;

/// The secrets of a peering: random UUIDs (version 4, 122 bits from a secure source), as Consul's
/// are.
public final class EstablishmentSecret {
    private EstablishmentSecret() {}

    public static Secret random() {
        return new Secret(UUID.randomUUID().toString());
    }

    /// SHA-256, hex: what is kept where a secret is only compared. A random secret of this length
    /// needs no salt.
    public static String hash(Secret secret) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(secret.value().getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
