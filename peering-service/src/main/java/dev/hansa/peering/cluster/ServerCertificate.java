package dev.hansa.peering.cluster;

import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import dev.hansa.trustbundle.ca.LeafCertificate;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;

/// A server's own key and certificate: for all its TLS ports and for signing tokens.
public record ServerCertificate(KeyPair key, LeafCertificate leaf) {
    /// Renewed at each start, from one third of this life, and when the issuer changes.
    public static final Duration LIFE = Duration.ofDays(3);

    /// A new key, certified.
    public static ServerCertificate issue(
            CertificateAuthority authority, TrustDomain trustDomain, Datacenter datacenter) {
        var key = CertificateRequest.newKey();
        return new ServerCertificate(
                key,
                authority.issue(
                        key.getPublic(),
                        SpiffeId.server(trustDomain, datacenter),
                        names(trustDomain, datacenter),
                        LIFE));
    }

    /// What every server of a datacenter is called in TLS.
    public static List<String> names(TrustDomain trustDomain, Datacenter datacenter) {
        return List.of(
                MeshNames.peeringServer(datacenter, trustDomain),
                MeshNames.controlServer(datacenter, trustDomain));
    }

    @Override
    public String toString() {
        return "ServerCertificate[" + leaf.identity() + "]";
    }
}
