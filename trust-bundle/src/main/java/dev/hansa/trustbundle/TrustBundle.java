package dev.hansa.trustbundle;

import dev.hansa.bootstrap.Sha256;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/// The root certificates that speak for one trust domain, and for no other.
public record TrustBundle(TrustDomain trustDomain, List<X509Certificate> roots) {
    /// A rotation needs two; anything near this number is a mistake or an attack.
    public static final int MAX_ROOTS = 16;

    /// A root is about 1 KiB of PEM; a larger one would only cost memory and CPU.
    private static final int MAX_PEM_CHARACTERS = 16 * 1024;

    /// @throws IllegalArgumentException when there are too many roots
    public TrustBundle {
        roots = List.copyOf(roots);
        if (roots.size() > MAX_ROOTS) {
            throw new IllegalArgumentException(
                    "trust bundle of '"
                            + trustDomain
                            + "': expected at most "
                            + MAX_ROOTS
                            + " roots; found "
                            + roots.size());
        }
    }

    /// Reads one or more certificates from each PEM text.
    ///
    /// @throws IllegalArgumentException when a text is not PEM certificates, naming which
    public static TrustBundle fromPem(TrustDomain trustDomain, List<String> pems) {
        var roots = new ArrayList<X509Certificate>();
        for (var i = 0; i < pems.size(); i++) {
            var pem = pems.get(i);
            if (pem.length() > MAX_PEM_CHARACTERS) {
                throw new IllegalArgumentException(
                        "trust bundle of '"
                                + trustDomain
                                + "', root "
                                + i
                                + ": expected at most "
                                + MAX_PEM_CHARACTERS
                                + " characters; found "
                                + pem.length());
            }
            try {
                var found =
                        CertificateFactory.getInstance("X.509")
                                .generateCertificates(
                                        new ByteArrayInputStream(
                                                pem.getBytes(StandardCharsets.US_ASCII)));
                if (found.isEmpty()) {
                    throw new CertificateException("no certificate in it");
                }
                for (var certificate : found) {
                    var root = (X509Certificate) certificate;
                    if (root.getBasicConstraints() < 0) {
                        throw new CertificateException("not a CA's");
                    }
                    roots.add(root);
                }
            } catch (CertificateException e) {
                throw new IllegalArgumentException(
                        "trust bundle of '"
                                + trustDomain
                                + "', root "
                                + i
                                + ": expected a PEM certificate: "
                                + e.getMessage(),
                        e);
            }
        }
        return new TrustBundle(trustDomain, roots);
    }

    /// Each root as PEM with a line end after it.
    public List<String> pems() {
        return roots.stream().map(TrustBundle::pem).toList();
    }

    /// SHA-256 of a certificate, hex: names it, on our own wire and in our own words.
    public static String fingerprint(X509Certificate certificate) {
        try {
            return Sha256.hex(certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a parsed certificate cannot be hashed", e);
        }
    }

    /// Consul's identifier of a root: SHA-1, in pairs. It names and does not protect.
    public static String rootId(X509Certificate certificate) {
        try {
            return HexFormat.ofDelimiter(":")
                    .formatHex(MessageDigest.getInstance("SHA-1").digest(certificate.getEncoded()));
        } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
            throw new IllegalStateException("a parsed certificate cannot be hashed", e);
        }
    }

    /// Eight hex digits of a key's SHA-256: tells two CAs of one datacenter apart in a name.
    public static String keyName(PublicKey key) {
        return Sha256.hex(key.getEncoded()).substring(0, 8);
    }

    /// One certificate as PEM (RFC 7468).
    public static String pem(X509Certificate certificate) {
        try {
            return "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'})
                            .encodeToString(certificate.getEncoded())
                    + "\n-----END CERTIFICATE-----\n";
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a parsed certificate cannot be encoded", e);
        }
    }
}
