package dev.hansa.gateway.discovery;

import dev.hansa.trustbundle.TrustBundle;
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

    /// Names the certificate that signed this one, as a snapshot of routes does; empty when the
    /// chain does not show it.
    public String issuer() {
        return chain.size() < 2 ? "" : TrustBundle.fingerprint(chain.get(1));
    }

    @Override
    public String toString() {
        return "ProxyCertificate[until " + notAfter() + "]";
    }
}
