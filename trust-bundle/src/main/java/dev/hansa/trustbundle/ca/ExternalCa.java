package dev.hansa.trustbundle.ca;

import dev.hansa.bootstrap.Secret;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.tls.PeerVerifier;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An intermediate of an operator's own root, as PEM texts, checked before a single leaf is signed
/// with it: what is wrong with it would otherwise show at the peers.
public final class ExternalCa {
    public static final String ROOT = "ca.root-file";
    public static final String INTERMEDIATE = "ca.intermediate-file";
    public static final String KEY = "ca.intermediate-key-file";

    /// Less, and it ends before a peer that is away for the night has heard of its successor.
    private static final Duration MIN_LEFT = Duration.ofDays(1);

    private static final int URI_NAME = 6;
    private static final int KEY_CERT_SIGN = 5;

    private ExternalCa() {}

    /// The trust domain that the root says it is for, if it says one.
    ///
    /// @throws IllegalArgumentException naming the setting and what is wrong
    public static Optional<TrustDomain> trustDomain(String rootPem) {
        return named(certificate(ROOT, new TrustDomain("external"), rootPem));
    }

    /// @throws IllegalArgumentException naming the setting and what is wrong
    public static IssuingCa read(
            TrustDomain trustDomain,
            Datacenter datacenter,
            String rootPem,
            String intermediatePem,
            Secret keyPem,
            Instant now) {
        var root = authority(ROOT, trustDomain, rootPem, now);
        try {
            root.verify(root.getPublicKey());
        } catch (GeneralSecurityException e) {
            throw problem(
                    ROOT, "expected a root, signed by its own key; found another's signature", e);
        }
        var intermediate = authority(INTERMEDIATE, trustDomain, intermediatePem, now);
        try {
            intermediate.verify(root.getPublicKey());
        } catch (GeneralSecurityException e) {
            throw problem(
                    INTERMEDIATE,
                    "expected one that the root of " + ROOT + " signed; found another",
                    e);
        }
        if (root.getBasicConstraints() < 1) {
            throw problem(
                    ROOT,
                    "expected a path length that allows an intermediate; found "
                            + root.getBasicConstraints(),
                    null);
        }
        named(root)
                .filter(name -> !name.equals(trustDomain))
                .ifPresent(name -> {
                    throw problem(
                            ROOT,
                            "expected trust domain '" + trustDomain + "'; found '" + name + "'",
                            null);
                });
        IssuingCa ca;
        try {
            ca =
                    new IssuingCa(
                            trustDomain,
                            root,
                            intermediate,
                            CaPem.key(keyPem),
                            List.of(),
                            List.of());
        } catch (IllegalArgumentException e) {
            throw problem(KEY, String.valueOf(e.getMessage()), null);
        }
        trial(ca, datacenter, now);
        return ca;
    }

    private static X509Certificate authority(
            String setting, TrustDomain trustDomain, String pem, Instant now) {
        var certificate = certificate(setting, trustDomain, pem);
        var usage = certificate.getKeyUsage();
        if (usage != null && !usage[KEY_CERT_SIGN]) {
            throw problem(setting, "expected key usage keyCertSign; found none of it", null);
        }
        if (!isFit(certificate.getPublicKey())) {
            throw problem(
                    setting,
                    "expected a key on P-256 or P-384, or RSA of 2048 to 4096 bits; found another "
                            + certificate.getPublicKey().getAlgorithm()
                            + " key",
                    null);
        }
        var begin = certificate.getNotBefore().toInstant();
        var end = certificate.getNotAfter().toInstant();
        if (now.isBefore(begin)) {
            throw problem(setting, "is not valid before " + begin, null);
        }
        if (!now.isBefore(end)) {
            throw problem(setting, "expired at " + end, null);
        }
        if (now.plus(MIN_LEFT).isAfter(end)) {
            throw problem(
                    setting,
                    "expected at least " + MIN_LEFT.toHours() + " h of life; ends at " + end,
                    null);
        }
        return certificate;
    }

    private static X509Certificate certificate(
            String setting, TrustDomain trustDomain, String pem) {
        try {
            return CaPem.certificate(trustDomain, pem);
        } catch (IllegalArgumentException e) {
            throw problem(setting, String.valueOf(e.getMessage()), null);
        }
    }

    private static boolean isFit(PublicKey key) {
        return key instanceof ECPublicKey ec
                ? List.of(256, 384).contains(ec.getParams().getCurve().getField().getFieldSize())
                        && ec.getParams().getCofactor() == 1
                : key.getAlgorithm().equals("RSA") && PeerVerifier.fit(key);
    }

    private static Optional<TrustDomain> named(X509Certificate root) {
        try {
            var names = root.getSubjectAlternativeNames();
            return names == null
                    ? Optional.empty()
                    : names.stream()
                            .filter(name -> name.getFirst().equals(URI_NAME))
                            .map(name -> name.get(1).toString())
                            .filter(uri -> uri.startsWith("spiffe://"))
                            .findFirst()
                            .map(uri -> SpiffeId.parse(uri).trustDomain());
        } catch (CertificateParsingException | IllegalArgumentException e) {
            throw problem(ROOT, "expected names that can be read; found others", e);
        }
    }

    /// Name constraints, path lengths and whatever else a verifier looks at: a leaf of the kind
    /// that peers will see must pass.
    private static void trial(IssuingCa ca, Datacenter datacenter, Instant now) {
        var id = SpiffeId.server(ca.trustDomain(), datacenter);
        var leaf =
                new CertificateAuthority(() -> ca, Clock.fixed(now, ZoneOffset.UTC))
                        .issue(
                                CertificateRequest.newKey().getPublic(),
                                id,
                                List.of(MeshNames.peeringServer(datacenter, ca.trustDomain())),
                                Duration.ofHours(1));
        var verdict =
                PeerVerifier.verify(
                        leaf.chain(),
                        BundleSet.EMPTY.with(ca.bundle()),
                        PeerVerifier.Usage.SERVER,
                        now);
        if (!verdict.trusted().equals(Optional.of(id))) {
            throw problem(
                    INTERMEDIATE,
                    "expected one whose constraints allow certificates of trust domain '"
                            + ca.trustDomain()
                            + "'; found otherwise",
                    null);
        }
    }

    private static IllegalArgumentException problem(
            String setting, String sentence, @Nullable Throwable cause) {
        return new IllegalArgumentException(setting + ": " + sentence, cause);
    }
}
