package dev.hansa.peering;

import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/// Servers with certificates of a CA that the test has made.
public final class TestTls {
    private TestTls() {}

    /// @param name the only one that the certificate is for
    public static HttpServerOptions certified(CaMaterial ca, String name)
            throws GeneralSecurityException {
        return new HttpServerOptions()
                .setSsl(true)
                .setSni(true)
                .setKeyCertOptions(pems(ca, name).options());
    }

    /// What an operator's files have: the chain and the key of a certificate.
    public record Pems(String chain, String key) {
        private PemKeyCertOptions options() {
            return new PemKeyCertOptions()
                    .addCertValue(Buffer.buffer(chain))
                    .addKeyValue(Buffer.buffer(key));
        }
    }

    /// @param name the only one that the certificate is for
    public static Pems pems(CaMaterial ca, String name) throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        var pair = generator.generateKeyPair();
        var leaf =
                new CertificateAuthority(ca, Clock.systemUTC())
                        .issue(
                                pair.getPublic(),
                                SpiffeId.parse("spiffe://eks.consul/ns/default/dc/eks/svc/web"),
                                List.of(name),
                                Duration.ofHours(1));
        var chain = new StringBuilder();
        for (X509Certificate one : leaf.chain()) {
            chain.append(pem("CERTIFICATE", one.getEncoded()));
        }
        return new Pems(chain.toString(), pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
    }

    /// For clients of those servers.
    public static SSLContext trusting(CaMaterial ca) throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry(
                "ca",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(
                                new ByteArrayInputStream(
                                        ca.rootPem().getBytes(StandardCharsets.US_ASCII))));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    /// Of a whole server with these certificates: its API, proxies', peers' and administrator's
    /// ports in this order.
    public static Map<String, String> settings(Path directory, Pems pems, List<Integer> ports)
            throws IOException {
        var settings = new HashMap<String, String>();
        settings.put("datacenter", "eks");
        settings.put("data-dir", directory.resolve("data").toString());
        settings.put(
                "http.certificate",
                Files.writeString(directory.resolve("api.pem"), pems.chain()).toString());
        settings.put(
                "http.key", Files.writeString(directory.resolve("api.key"), pems.key()).toString());
        settings.put("http.address", "127.0.0.1:" + ports.get(0));
        settings.put("proxy.address", "127.0.0.1:" + ports.get(1));
        settings.put("peer.address", "127.0.0.1:" + ports.get(2));
        settings.put("admin.address", "127.0.0.1:" + ports.get(3));
        settings.put("dns.address", "none");
        return settings;
    }

    /// A whole server with these settings.
    public static PeeringService start(Map<String, String> settings) throws Exception {
        return PeeringService.start(
                PeeringServiceConfig.read(Settings.of(settings, Map.of(), Optional.empty())),
                Clock.systemUTC());
    }

    public static String pem(String what, byte[] der) {
        return "-----BEGIN "
                + what
                + "-----\n"
                + Base64.getMimeEncoder().encodeToString(der)
                + "\n-----END "
                + what
                + "-----\n";
    }
}
