package dev.hansa.gateway.discovery;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/// A proxy's own key and certificate, in memory only. `toString` shows neither.
public record ProxyCertificate(PrivateKey key, List<X509Certificate> chain, Instant taken) {
    public ProxyCertificate {
        chain = List.copyOf(chain);
    }

    public Instant notAfter() {
        return chain.getFirst().getNotAfter().toInstant();
    }

    @Override
    public String toString() {
        return "ProxyCertificate[until " + notAfter() + "]";
    }
}
