package dev.hansa.token;

import dev.hansa.bootstrap.Secret;
import java.util.UUID;

/// The secrets of a peering: random UUIDs (version 4, 122 bits from a secure source), as Consul's
/// are.
public final class EstablishmentSecret {
    private EstablishmentSecret() {}

    public static Secret random() {
        return new Secret(UUID.randomUUID().toString());
    }
}
