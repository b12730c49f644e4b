package dev.hansa.trustbundle.ca;

import dev.hansa.trustbundle.SpiffeId;
import java.io.IOException;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.List;
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
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/// The shapes of certificate that a CA of ours makes (RFC 5280, SPIFFE X509-SVID), and what they
/// have in common with those of the HTTP API ([HttpsAuthority]).
final class X509Builder {
    /// Verifiers' clocks may be behind ours, or be set back; without this a fresh certificate would
    /// be refused there. Enough for clocks that are an hour off, one to each side. At most a third
    /// of the life, as what a withdrawn root still carries is reckoned from it.
    private static final Duration BACKDATED = Duration.ofHours(2);

    private static final SecureRandom RANDOM = new SecureRandom();

    private X509Builder() {}

    /// @param issuer null for a self-signed root
    static X509Certificate authority(
            String name,
            KeyPair signer,
            PublicKey key,
            @Nullable X509Certificate issuer,
            SpiffeId id,
            Instant now,
            Duration life,
            int pathLength) {
        var subject = new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, name).build();
        try {
            var builder =
                    builder(issuer == null ? subject : subjectOf(issuer), subject, key, now, life);
            builder.addExtension(
                    Extension.basicConstraints, true, new BasicConstraints(pathLength));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            builder.addExtension(Extension.subjectAlternativeName, false, names(id, List.of()));
            keyIds(builder, key, signer.getPublic());
            return sign(builder, signer);
        } catch (IOException e) {
            throw new IllegalStateException("a CA certificate cannot be encoded", e);
        }
    }

    /// `next` again, with its own name and key, signed by another root.
    static X509Certificate bridge(
            KeyPair signer,
            X509Certificate issuer,
            X509Certificate next,
            SpiffeId id,
            Instant now) {
        var ends = List.of(issuer.getNotAfter().toInstant(), next.getNotAfter().toInstant());
        try {
            var builder =
                    builder(
                            subjectOf(issuer),
                            subjectOf(next),
                            next.getPublicKey(),
                            now,
                            Duration.between(now, Collections.min(ends)));
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(1));
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            builder.addExtension(Extension.subjectAlternativeName, false, names(id, List.of()));
            keyIds(builder, next.getPublicKey(), signer.getPublic());
            return sign(builder, signer);
        } catch (IOException e) {
            throw new IllegalStateException("a bridge certificate cannot be encoded", e);
        }
    }

    /// How a key of this kind signs.
    static String signatureBy(PrivateKey key) {
        return key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    }

    static X509Certificate leaf(
            KeyPair signer,
            X509Certificate issuer,
            PublicKey key,
            SpiffeId id,
            List<String> dnsNames,
            Instant now,
            Duration life) {
        try {
            var end = now.plus(life);
            var issuerEnd = issuer.getNotAfter().toInstant();
            var builder =
                    builder(
                            subjectOf(issuer),
                            new X500Name(""),
                            key,
                            now,
                            end.isAfter(issuerEnd) ? Duration.between(now, issuerEnd) : life);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(
                            new KeyPurposeId[] {
                                KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                            }));
            // the subject is empty, so the names are critical (RFC 5280 4.2.1.6)
            builder.addExtension(Extension.subjectAlternativeName, true, names(id, dnsNames));
            keyIds(builder, key, signer.getPublic());
            return sign(builder, signer);
        } catch (IOException e) {
            throw new IllegalStateException("a leaf certificate cannot be encoded", e);
        }
    }

    static X509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, PublicKey key, Instant now, Duration life) {
        var third = life.dividedBy(3);
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(127, RANDOM).add(BigInteger.ONE),
                Date.from(now.minus(third.compareTo(BACKDATED) < 0 ? third : BACKDATED)),
                Date.from(now.plus(life)),
                subject,
                key);
    }

    static X500Name subjectOf(X509Certificate certificate) {
        return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    }

    private static GeneralNames names(SpiffeId id, List<String> dnsNames) {
        var names = new ArrayList<GeneralName>();
        names.add(new GeneralName(GeneralName.uniformResourceIdentifier, id.uri()));
        dnsNames.forEach(name -> names.add(new GeneralName(GeneralName.dNSName, name)));
        return new GeneralNames(names.toArray(GeneralName[]::new));
    }

    static void keyIds(X509v3CertificateBuilder builder, PublicKey key, PublicKey signer)
            throws IOException {
        try {
            var ids = new JcaX509ExtensionUtils();
            builder.addExtension(
                    Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(key));
            builder.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    ids.createAuthorityKeyIdentifier(signer));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1 for key identifiers", e);
        }
    }

    static X509Certificate sign(X509v3CertificateBuilder builder, KeyPair signer) {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(
                                    new JcaContentSignerBuilder(signatureBy(signer.getPrivate()))
                                            .build(signer.getPrivate())));
        } catch (OperatorCreationException | CertificateException e) {
            throw new IllegalStateException("a certificate cannot be signed by our own key", e);
        }
    }
}
