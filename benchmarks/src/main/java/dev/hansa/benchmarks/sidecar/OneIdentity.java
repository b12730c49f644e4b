package dev.hansa.benchmarks.sidecar;

import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.tls.PeerVerifier;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/// Believes one identity of one authority. It looks into each certificate once: the load and the
/// backend see a handful of them thousands of times a second, and what they cost is no figure of
/// any proxy. For one thread.
final class OneIdentity extends X509ExtendedTrustManager {
    private final BundleSet bundles;
    private final String uri;
    private final Set<ByteBuffer> believed = new HashSet<>();

    OneIdentity(TrustBundle bundle, String uri) {
        this.bundles = BundleSet.EMPTY.with(bundle);
        this.uri = uri;
    }

    private void check(X509Certificate[] chain, PeerVerifier.Usage usage)
            throws CertificateException {
        var leaf = ByteBuffer.wrap(chain[0].getEncoded());
        if (believed.contains(leaf)) {
            return;
        }
        var verdict =
                PeerVerifier.verify(List.of(chain), bundles, usage, Clock.systemUTC().instant());
        if (verdict.trusted().filter(id -> id.uri().equals(uri)).isEmpty()) {
            throw new CertificateException("expected '" + uri + "'; found " + verdict);
        }
        believed.add(leaf);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
            throws CertificateException {
        check(chain, PeerVerifier.Usage.CLIENT);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        check(chain, PeerVerifier.Usage.CLIENT);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
        check(chain, PeerVerifier.Usage.CLIENT);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
            throws CertificateException {
        check(chain, PeerVerifier.Usage.SERVER);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        check(chain, PeerVerifier.Usage.SERVER);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
        check(chain, PeerVerifier.Usage.SERVER);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
