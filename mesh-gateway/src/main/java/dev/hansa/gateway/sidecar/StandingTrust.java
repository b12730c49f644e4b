package dev.hansa.gateway.sidecar;

import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.tls.PeerVerifier;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Who stands at the other end of a connection, and on which keys that belief rests; asked again at
/// each change of trust. A trust domain that is gone ends the connection at once. A root that is
/// gone does not: in a rotation everybody has other certificates by then, and a connection that is
/// years old is no worse for it. It ends the connection when the certificate that opened it would
/// have ended, and not later than a certificate of our own lives.
///
/// Touched on the connection's loop only.
final class StandingTrust {
    private final SpiffeId identity;
    private final Set<PublicKey> signers;
    private final X509Certificate leaf;
    private @Nullable Instant ends;

    /// @param leaf the certificate that was shown
    StandingTrust(PeerVerifier.Trusted verdict, X509Certificate leaf) {
        this.identity = verdict.identity();
        this.signers = verdict.signers();
        // not looked into before that is asked for: a handshake that was believed from memory has
        // not parsed it
        this.leaf = leaf;
    }

    SpiffeId identity() {
        return identity;
    }

    /// Why the connection may not stand any longer; empty while it may.
    ///
    /// @param bundle what speaks for the other end's trust domain now
    /// @param ownLife of our own certificate
    Optional<String> objection(Optional<TrustBundle> bundle, Duration ownLife, Instant now) {
        if (bundle.isEmpty()) {
            return Optional.of("trust domain '" + identity.trustDomain() + "' is not trusted here");
        }
        if (bundle.get().roots().stream()
                .map(X509Certificate::getPublicKey)
                .anyMatch(signers::contains)) {
            ends = null;
            return Optional.empty();
        }
        if (ends == null) {
            var bound = now.plus(ownLife);
            var notAfter = leaf.getNotAfter().toInstant();
            ends = notAfter.isBefore(bound) ? notAfter : bound;
        }
        return now.isBefore(ends)
                ? Optional.empty()
                : Optional.of(
                        "the root of the certificate of '"
                                + identity
                                + "' has been withdrawn, and its time is over");
    }
}
