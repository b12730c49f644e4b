package dev.hansa.peering.cluster;

import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.tls.PeerVerifier;
import dev.hansa.trustbundle.tls.PeerVerifier.Rejected;
import dev.hansa.trustbundle.tls.PeerVerifier.Trusted;
import dev.hansa.trustbundle.tls.PeerVerifier.Usage;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/// Takes the servers of one datacenter and trust domain for members, and nobody else: a sidecar, a
/// gateway and a peer's server have good certificates too.
final class MemberTrust extends X509ExtendedTrustManager {
    private final SpiffeId member;
    private final Supplier<TrustBundle> bundle;
    private final Clock clock;

    MemberTrust(SpiffeId member, Supplier<TrustBundle> bundle, Clock clock) {
        this.member = member;
        this.bundle = bundle;
        this.clock = clock;
    }

    private void check(X509Certificate[] chain, Usage usage) throws CertificateException {
        var verdict =
                PeerVerifier.verify(
                        List.of(chain),
                        new BundleSet(Map.of(member.trustDomain(), bundle.get())),
                        usage,
                        clock.instant());
        switch (verdict) {
            case Trusted(var identity, _) -> {
                if (!identity.equals(member)) {
                    throw new CertificateException(
                            "member of the log: expected '"
                                    + member
                                    + "'; found '"
                                    + identity
                                    + "'");
                }
            }
            case Rejected(_, var sentence) ->
                    throw new CertificateException("member of the log: " + sentence);
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType)
            throws CertificateException {
        check(chain, Usage.CLIENT);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType)
            throws CertificateException {
        check(chain, Usage.SERVER);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain, Usage.CLIENT);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain, Usage.SERVER);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain, Usage.CLIENT);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain, Usage.SERVER);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
