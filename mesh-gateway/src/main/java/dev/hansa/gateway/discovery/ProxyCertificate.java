package dev.hansa.gateway.discovery;

import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// A proxy's own key and certificate, owner-only. `toString` shows neither.
public record ProxyCertificate(PrivateKey key, List<X509Certificate> chain, Instant taken) {
    /// uniformResourceIdentifier of GeneralName (RFC 5280 4.2.1.6).
    private static final Integer URI_NAME = 6;

    public ProxyCertificate {
        chain = List.copyOf(chain);
    }

    public Instant notAfter() {
        return chain.getFirst().getNotAfter().toInstant();
    }

    public Instant notBefore() {
        return chain.getFirst().getNotBefore().toInstant();
    }

    /// From its making to its end.
    public Duration life() {
        return Duration.between(notBefore(), notAfter());
    }

    /// Names the certificate that signed this one, as a snapshot of routes does; empty when the
    /// chain does not show it.
    public String issuer() {
        return chain.size() < 2 ? "" : TrustBundle.fingerprint(chain.get(1));
    }

    /// Is it for this identity. Whether anybody believes it is for them to say.
    boolean names(SpiffeId id) {
        try {
            var names = chain.getFirst().getSubjectAlternativeNames();
            return names != null && names.contains(List.of(URI_NAME, id.uri()));
        } catch (CertificateParsingException _) {
            return false; // what cannot be read names nobody
        }
    }

    @Override
    public String toString() {
        return "ProxyCertificate[until " + notAfter() + "]";
    }
}
