package dev.hansa.trustbundle.ca;

import dev.hansa.trustbundle.SpiffeId;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/// A certificate for one identity, with what a verifier needs beside its roots.
///
/// @param chain the leaf, then the intermediate, as a TLS handshake presents them
public record LeafCertificate(SpiffeId identity, List<X509Certificate> chain) {
    public LeafCertificate {
        chain = List.copyOf(chain);
    }

    public Instant notAfter() {
        return chain.getFirst().getNotAfter().toInstant();
    }
}
