package dev.hansa.peering.store;

import dev.hansa.bootstrap.Secret;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.util.List;

/// The datacenter's certificate authority as it is kept: certificates as PEM, private keys as
/// PKCS#8 PEM.
public record CaRecord(
        String trustDomain,
        String datacenter,
        String rootPem,
        Secret rootKeyPem,
        String intermediatePem,
        Secret intermediateKeyPem) {
    /// Names the certificate that signs leaves, as a snapshot of routes does.
    public String issuer() {
        return TrustBundle.fingerprint(
                TrustBundle.fromPem(new TrustDomain(trustDomain), List.of(intermediatePem))
                        .roots()
                        .getFirst());
    }
}
