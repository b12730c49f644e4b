package dev.hansa.kubernetes.inject;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// The webhook's certificates, as they are in the Secret that the replicas share.
///
/// @param authorities what an API server is to believe, the one that signs first; two at most
/// @param authorityKey of the first
record WebhookMaterial(
        List<X509Certificate> authorities,
        PrivateKey authorityKey,
        X509Certificate leaf,
        PrivateKey leafKey) {

    /// How long what lives. A third before its end it is made anew.
    ///
    /// @param overlap how long an authority is known to API servers before a leaf of it is shown
    record Lives(Duration authority, Duration leaf, Duration overlap) {
        /// Nobody has to act for any of these, so they are short enough to be met in practice. API
        /// servers see another configuration within seconds; ten minutes is for one that is slow.
        static final Lives DEFAULT =
                new Lives(Duration.ofDays(365), Duration.ofDays(30), Duration.ofMinutes(10));
    }

    /// Clocks of API servers may be behind ours.
    private static final Duration BACKDATED = Duration.ofHours(1);

    private static final int KEPT_AUTHORITIES = 2;

    private static final SecureRandom RANDOM = new SecureRandom();

    WebhookMaterial {
        authorities = List.copyOf(authorities);
    }

    /// What there should be now. The same object where nothing is due.
    ///
    /// @param names by which API servers call the webhook
    static WebhookMaterial next(
            Optional<WebhookMaterial> before, Lives lives, List<String> names, Instant now) {
        if (before.isEmpty() || isOver(before.get().authorities().getFirst(), now)) {
            return fresh(lives, names, now);
        }
        var held = before.get();
        var newest = held.authorities().getFirst();
        if (isDue(newest, now)) {
            var keys = keys();
            var kept = new ArrayList<X509Certificate>();
            kept.add(authority(keys, lives, now));
            held.authorities().stream()
                    .filter(one -> !isOver(one, now))
                    .limit(KEPT_AUTHORITIES - 1)
                    .forEach(kept::add);
            return new WebhookMaterial(kept, keys.getPrivate(), held.leaf(), held.leafKey());
        }
        var isKnown = !now.isBefore(made(newest).plus(lives.overlap()));
        var isWrong =
                !isBy(held.leaf(), newest) || !names(held.leaf()).equals(new TreeSet<>(names));
        if (isOver(held.leaf(), now) || isKnown && (isWrong || isDue(held.leaf(), now))) {
            var keys = keys();
            return new WebhookMaterial(
                    held.authorities(),
                    held.authorityKey(),
                    leaf(newest, held.authorityKey(), keys.getPublic(), lives, names, now),
                    keys.getPrivate());
        }
        return held;
    }

    private static WebhookMaterial fresh(Lives lives, List<String> names, Instant now) {
        var authorityKeys = keys();
        var authority = authority(authorityKeys, lives, now);
        var keys = keys();
        return new WebhookMaterial(
                List.of(authority),
                authorityKeys.getPrivate(),
                leaf(authority, authorityKeys.getPrivate(), keys.getPublic(), lives, names, now),
                keys.getPrivate());
    }

    private static Instant made(X509Certificate certificate) {
        return certificate.getNotBefore().toInstant().plus(BACKDATED);
    }

    private static boolean isOver(X509Certificate certificate, Instant now) {
        return !now.isBefore(certificate.getNotAfter().toInstant());
    }

    private static boolean isDue(X509Certificate certificate, Instant now) {
        var end = certificate.getNotAfter().toInstant();
        var life = Duration.between(made(certificate), end);
        return !now.isBefore(end.minus(life.dividedBy(3)));
    }

    private static boolean isBy(X509Certificate leaf, X509Certificate authority) {
        try {
            leaf.verify(authority.getPublicKey());
            return true;
        } catch (GeneralSecurityException _) {
            return false;
        }
    }

    private static TreeSet<String> names(X509Certificate leaf) {
        var names = new TreeSet<String>();
        try {
            var all = leaf.getSubjectAlternativeNames();
            if (all != null) {
                all.forEach(name -> names.add(String.valueOf(name.get(1))));
            }
        } catch (CertificateException _) {
            // none that anybody could read
        }
        return names;
    }

    private static KeyPair keys() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no P-256", e);
        }
    }

    private static X509Certificate authority(KeyPair keys, Lives lives, Instant now) {
        try {
            // a name of its own for each: whoever holds two must not mistake one for the other
            var name =
                    new X500Name(
                            "CN=Hansa injector "
                                    + new BigInteger(32, RANDOM).toString(Character.MAX_RADIX));
            var builder = builder(name, name, keys.getPublic(), now, now.plus(lives.authority()));
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
            return signed(builder, keys.getPrivate());
        } catch (IOException e) {
            throw new IllegalStateException("an authority's certificate cannot be encoded", e);
        }
    }

    private static X509Certificate leaf(
            X509Certificate authority,
            PrivateKey authorityKey,
            PublicKey key,
            Lives lives,
            List<String> names,
            Instant now) {
        try {
            var end = now.plus(lives.leaf());
            var last = authority.getNotAfter().toInstant();
            var builder =
                    builder(
                            X500Name.getInstance(authority.getSubjectX500Principal().getEncoded()),
                            new X500Name("CN=hansa-injector"),
                            key,
                            now,
                            end.isAfter(last) ? last : end);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
            builder.addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(
                            names.stream()
                                    .map(name -> new GeneralName(GeneralName.dNSName, name))
                                    .toArray(GeneralName[]::new)));
            return signed(builder, authorityKey);
        } catch (IOException e) {
            throw new IllegalStateException("a webhook's certificate cannot be encoded", e);
        }
    }

    private static JcaX509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, PublicKey key, Instant now, Instant end) {
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(120, RANDOM).setBit(119),
                Date.from(now.minus(BACKDATED)),
                Date.from(end),
                subject,
                key);
    }

    private static X509Certificate signed(JcaX509v3CertificateBuilder builder, PrivateKey key) {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(
                                    new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
        } catch (OperatorCreationException | CertificateException e) {
            throw new IllegalStateException("this Java cannot sign by ECDSA", e);
        }
    }

    /// PEM of all authorities: what `caBundle` of a webhook is.
    String bundle() {
        return authorities.stream().map(WebhookMaterial::pem).collect(Collectors.joining());
    }

    /// By the keys of the Secret.
    Map<String, String> files() {
        return Map.of(
                "ca.crt", bundle(),
                "ca.key", pem("PRIVATE KEY", authorityKey.getEncoded()),
                "tls.crt", pem(leaf),
                "tls.key", pem("PRIVATE KEY", leafKey.getEncoded()));
    }

    /// @throws GeneralSecurityException naming the key of the Secret that holds something else;
    ///   without what it holds
    static WebhookMaterial of(Map<String, String> files) throws GeneralSecurityException {
        var leaf = certificates(files, "tls.crt");
        return new WebhookMaterial(
                certificates(files, "ca.crt"),
                key(files, "ca.key"),
                leaf.getFirst(),
                key(files, "tls.key"));
    }

    private static List<X509Certificate> certificates(Map<String, String> files, String name)
            throws GeneralSecurityException {
        var all = new ArrayList<X509Certificate>();
        try {
            var bytes = files.getOrDefault(name, "").getBytes(StandardCharsets.US_ASCII);
            for (var one :
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(bytes))) {
                all.add((X509Certificate) one);
            }
        } catch (CertificateException e) {
            throw new GeneralSecurityException(name + ": expected certificates in PEM", e);
        }
        if (all.isEmpty()) {
            throw new GeneralSecurityException(name + ": expected certificates in PEM; found none");
        }
        return all;
    }

    private static PrivateKey key(Map<String, String> files, String name)
            throws GeneralSecurityException {
        var base64 =
                files.getOrDefault(name, "")
                        .replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "")
                        .replaceAll("\\s", "");
        try {
            return KeyFactory.getInstance("EC")
                    .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
        } catch (IllegalArgumentException | GeneralSecurityException _) {
            // without the cause, which may quote what it has read
            throw new GeneralSecurityException(name + ": expected a key in PEM (PKCS#8, EC)");
        }
    }

    private static String pem(X509Certificate certificate) {
        try {
            return pem("CERTIFICATE", certificate.getEncoded());
        } catch (CertificateException e) {
            throw new IllegalStateException("a certificate cannot be encoded", e);
        }
    }

    private static String pem(String what, byte[] der) {
        return "-----BEGIN "
                + what
                + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END "
                + what
                + "-----\n";
    }

    @Override
    public String toString() {
        return "certificate until " + leaf.getNotAfter().toInstant();
    }
}
