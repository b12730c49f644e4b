package dev.hansa.peering;

import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

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
