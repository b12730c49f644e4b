package dev.hansa.peering.discovery;

import dev.hansa.failover.wire.Ack;
import java.time.Instant;
import java.util.Optional;

/// Since when and until when a proxy's certificate is good, as the proxy tells of the one that it
/// uses. What was signed for a proxy need not be what it took, so the server does not answer from
/// what it signed.
public record CertificateLife(Instant notBefore, Instant notAfter) {
    /// @throws IllegalArgumentException when the end is not after the beginning
    public CertificateLife {
        if (!notBefore.isBefore(notAfter)) {
            throw new IllegalArgumentException(
                    "certificate: expected an end after " + notBefore + "; found " + notAfter);
        }
    }

    /// Empty when the proxy does not say, or says what cannot be.
    static Optional<CertificateLife> told(Ack ack) {
        var from = ack.getCertificateNotBeforeUnixMs();
        var until = ack.getCertificateNotAfterUnixMs();
        return 0 < from && from < until
                ? Optional.of(
                        new CertificateLife(
                                Instant.ofEpochMilli(from), Instant.ofEpochMilli(until)))
                : Optional.empty();
    }
}
