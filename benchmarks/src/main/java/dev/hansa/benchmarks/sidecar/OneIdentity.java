package dev.hansa.benchmarks.sidecar;

import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.tls.PeerMemory;
import dev.hansa.trustbundle.tls.PeerVerifier;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/// Believes one identity of one authority. It remembers whom it has believed: the load and the
/// backend see a handful of certificates thousands of times a second, and what they cost is no
/// figure of any proxy.
final class OneIdentity extends X509ExtendedTrustManager {
    private final PeerMemory clients;
    private final PeerMemory servers;
    private final String uri;

    OneIdentity(TrustBundle bundle, String uri) {
        var bundles = BundleSet.EMPTY.with(bundle);
        this.clients = new PeerMemory(bundles, PeerVerifier.Usage.CLIENT);
        this.servers = new PeerMemory(bundles, PeerVerifier.Usage.SERVER);
        this.uri = uri;
    }

    private void check(X509Certificate[] chain, PeerMemory memory) throws CertificateException {
        var verdict = memory.verify(List.of(chain), Clock.systemUTC().instant());
        if (verdict.trusted().filter(id -> id.uri().equals(uri)).isEmpty()) {
            throw new CertificateException("expected '" + uri + "'; found " + verdict);
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
            throws CertificateException {
        check(chain, clients);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        check(chain, clients);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
        check(chain, clients);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
            throws CertificateException {
        check(chain, servers);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
            throws CertificateException {
        check(chain, servers);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
        check(chain, servers);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
