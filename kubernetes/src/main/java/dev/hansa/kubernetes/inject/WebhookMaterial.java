package dev.hansa.kubernetes.inject;

import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.ca.CaPem;
import dev.hansa.trustbundle.ca.HttpsAuthority;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

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

    /// An authority's certificates begin as long before they are made, for clocks that are behind;
    /// those of a short life a third of it, which is a quarter of what stands in them.
    private static final Duration BACKDATED = Duration.ofHours(2);

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
            var made = authority(lives, now);
            var kept = new ArrayList<X509Certificate>();
            kept.add(made.certificate());
            held.authorities().stream()
                    .filter(one -> !isOver(one, now))
                    .limit(KEPT_AUTHORITIES - 1)
                    .forEach(kept::add);
            return new WebhookMaterial(kept, made.key().getPrivate(), held.leaf(), held.leafKey());
        }
        var isKnown = !now.isBefore(made(newest).plus(lives.overlap()));
        var isWrong =
                !isBy(held.leaf(), newest) || !names(held.leaf()).equals(new TreeSet<>(names));
        if (isOver(held.leaf(), now) || isKnown && (isWrong || isDue(held.leaf(), now))) {
            return certified(held.authorities(), held.authorityKey(), lives, names, now);
        }
        return held;
    }

    private static WebhookMaterial fresh(Lives lives, List<String> names, Instant now) {
        var made = authority(lives, now);
        return certified(List.of(made.certificate()), made.key().getPrivate(), lives, names, now);
    }

    private static HttpsAuthority authority(Lives lives, Instant now) {
        // a name of its own for each: whoever holds two must not mistake one for the other
        var name = "Hansa injector " + new BigInteger(32, RANDOM).toString(Character.MAX_RADIX);
        return HttpsAuthority.create(name, now, lives.authority());
    }

    /// With a leaf by the first of the authorities, which ends no later than that one.
    private static WebhookMaterial certified(
            List<X509Certificate> authorities,
            PrivateKey authorityKey,
            Lives lives,
            List<String> names,
            Instant now) {
        var newest = authorities.getFirst();
        var left = Duration.between(now, newest.getNotAfter().toInstant());
        var leaf =
                new HttpsAuthority(new KeyPair(newest.getPublicKey(), authorityKey), newest)
                        .issue(
                                "hansa-injector",
                                names,
                                List.of(),
                                now,
                                left.compareTo(lives.leaf()) < 0 ? left : lives.leaf());
        return new WebhookMaterial(
                authorities, authorityKey, leaf.certificate(), CaPem.key(leaf.key()));
    }

    private static Instant made(X509Certificate certificate) {
        var begin = certificate.getNotBefore().toInstant();
        var quarter = Duration.between(begin, certificate.getNotAfter().toInstant()).dividedBy(4);
        return begin.plus(quarter.compareTo(BACKDATED) < 0 ? quarter : BACKDATED);
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

    /// PEM of all authorities: what `caBundle` of a webhook is.
    String bundle() {
        return authorities.stream().map(TrustBundle::pem).collect(Collectors.joining());
    }

    /// By the keys of the Secret.
    Map<String, String> files() {
        return Map.of(
                "ca.crt", bundle(),
                "ca.key", CaPem.pem(authorityKey).value(),
                "tls.crt", TrustBundle.pem(leaf),
                "tls.key", CaPem.pem(leafKey).value());
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

    @Override
    public String toString() {
        return "certificate until " + leaf.getNotAfter().toInstant();
    }
}
