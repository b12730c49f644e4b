package dev.hansa.peering.store;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.X509TrustManager;
import org.apache.ratis.thirdparty.io.grpc.Attributes;
import org.apache.ratis.thirdparty.io.grpc.Grpc;
import org.apache.ratis.thirdparty.io.grpc.ServerTransportFilter;

/// Looks at the certificate of each connection once more before it may say anything: a resumed TLS
/// session skips the trust manager, and rests on a belief of that time.
final class MemberFilter extends ServerTransportFilter {
    private final X509TrustManager trust;

    MemberFilter(X509TrustManager trust) {
        this.trust = trust;
    }

    /// @throws IllegalStateException when it is no member's, which ends the connection
    @Override
    public Attributes transportReady(Attributes attributes) {
        var session = attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        if (session == null) {
            throw new IllegalStateException("member of the log: expected TLS; found none");
        }
        try {
            var chain =
                    Arrays.copyOf(
                            session.getPeerCertificates(),
                            session.getPeerCertificates().length,
                            X509Certificate[].class);
            trust.checkClientTrusted(chain, chain[0].getPublicKey().getAlgorithm());
            return attributes;
        } catch (SSLPeerUnverifiedException | CertificateException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}
