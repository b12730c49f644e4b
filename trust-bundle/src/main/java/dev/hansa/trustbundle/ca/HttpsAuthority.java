package dev.hansa.trustbundle.ca;

import dev.hansa.bootstrap.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;

/// Certifies the HTTP API of a datacenter's servers, for whoever installs them and has no authority
/// of his own. Browsers and commands may trust it; no proxy and no peer does, and it knows no
/// SPIFFE name, so that its key is worth less than the mesh's.
public record HttpsAuthority(KeyPair key, X509Certificate certificate) {
    /// Long enough to be a certificate.
    private static final Duration LEAST = Duration.ofMinutes(1);

    /// A certificate of it and the key that goes with it, PEM.
    public record Door(X509Certificate certificate, Secret key) {}

    /// @param name its common name, 64 characters at most
    public static HttpsAuthority create(String name, Instant now, Duration life) {
        var key = CertificateRequest.newKey();
        var subject = commonName(name);
        try {
            var builder = X509Builder.builder(subject, subject, key.getPublic(), now, life);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            X509Builder.keyIds(builder, key.getPublic(), key.getPublic());
            return new HttpsAuthority(key, X509Builder.sign(builder, key));
        } catch (IOException e) {
            throw new IllegalStateException("a CA certificate cannot be encoded", e);
        }
    }

    /// What was made in an earlier life.
    ///
    /// @throws IllegalArgumentException when the texts are no certificate and its key
    public static HttpsAuthority read(String certificatePem, Secret keyPem) {
        var certificate = certificate(certificatePem);
        var key = new KeyPair(certificate.getPublicKey(), CaPem.key(keyPem));
        var authority = new HttpsAuthority(key, certificate);
        try {
            // a key of another certificate would sign what nobody believes
            authority
                    .issue("check", List.of("check.invalid"), List.of(), Instant.EPOCH, LEAST)
                    .certificate()
                    .verify(certificate.getPublicKey());
        } catch (java.security.GeneralSecurityException _) {
            throw new IllegalArgumentException(
                    "CA of the HTTP API: expected the key of its certificate; found another");
        }
        return authority;
    }

    /// @throws IllegalArgumentException when the text has no certificate in it
    public static X509Certificate certificate(String pem) {
        try {
            if (CertificateFactory.getInstance("X.509")
                            .generateCertificate(
                                    new ByteArrayInputStream(
                                            pem.getBytes(StandardCharsets.US_ASCII)))
                    instanceof X509Certificate found) {
                return found;
            }
        } catch (CertificateException _) {
            // said below
        }
        throw new IllegalArgumentException("expected a certificate in PEM; found something else");
    }

    /// @param name its common name, for people who look at it; 64 characters at most
    /// @param dnsNames names that it is good for, `*.` at the beginning for any
    /// @param addresses IPv4 and IPv6 addresses that it is good for, as text
    /// @param life no longer than this authority's
    public Door issue(
            String name,
            List<String> dnsNames,
            List<String> addresses,
            Instant now,
            Duration life) {
        var own = CertificateRequest.newKey();
        var names =
                Stream.concat(
                                dnsNames.stream()
                                        .map(one -> new GeneralName(GeneralName.dNSName, one)),
                                addresses.stream()
                                        .map(one -> new GeneralName(GeneralName.iPAddress, one)))
                        .toArray(GeneralName[]::new);
        try {
            var builder =
                    X509Builder.builder(
                            X509Builder.subjectOf(certificate),
                            commonName(name),
                            own.getPublic(),
                            now,
                            life);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            X509Builder.keyIds(builder, own.getPublic(), key.getPublic());
            return new Door(X509Builder.sign(builder, key), CaPem.pem(own.getPrivate()));
        } catch (IOException e) {
            throw new IllegalStateException("a certificate cannot be encoded", e);
        }
    }

    private static X500Name commonName(String name) {
        return new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, name).build();
    }
}
