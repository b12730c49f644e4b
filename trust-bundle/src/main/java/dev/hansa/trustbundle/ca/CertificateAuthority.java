package dev.hansa.trustbundle.ca;

import dev.hansa.bootstrap.Sha256;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/// Issues certificates for one trust domain. What a request says about itself only has to agree:
/// the identity is decided by the caller of [#issue], never by the request.
public final class CertificateAuthority {
    /// A P-256 request with one name is under 500 bytes.
    private static final int MAX_REQUEST_BYTES = 8 * 1024;

    /// Named curves only: explicit parameters can describe a curve that is none.
    private static final Set<ASN1ObjectIdentifier> CURVES =
            Set.of(SECObjectIdentifiers.secp256r1, SECObjectIdentifiers.secp384r1);

    private final Supplier<IssuingCa> issuing;
    private final Clock clock;

    public CertificateAuthority(CaMaterial material, Clock clock) {
        this(constant(material.issuing()), clock);
    }

    /// @param issuing asked anew for each certificate: a rotation changes it
    public CertificateAuthority(Supplier<IssuingCa> issuing, Clock clock) {
        this.issuing = issuing;
        this.clock = clock;
    }

    private static Supplier<IssuingCa> constant(IssuingCa ca) {
        return () -> ca;
    }

    /// What speaks for this trust domain, the signing root first.
    public TrustBundle bundle() {
        return issuing.get().bundle();
    }

    /// A certificate for the request's key and this identity.
    ///
    /// @param csrDer PKCS#10, DER, at most 8 KiB
    /// @param life cut to what is left of the intermediate's
    /// @throws CsrRejectedException when the request does not parse, is not signed by its key, has
    ///   another key type than EC P-256 or P-384, or asks for any name but the identity
    public LeafCertificate issue(
            byte[] csrDer, SpiffeId identity, List<String> dnsNames, Duration life)
            throws CsrRejectedException {
        return issue(checked(csrDer, identity), identity, dnsNames, life);
    }

    /// A certificate for a key of our own.
    public LeafCertificate issue(
            PublicKey key, SpiffeId identity, List<String> dnsNames, Duration life) {
        var material = issuing.get();
        if (!identity.trustDomain().equals(material.trustDomain())) {
            throw new IllegalArgumentException(
                    "CA of '"
                            + material.trustDomain()
                            + "': expected an identity of it; found '"
                            + identity
                            + "'");
        }
        var now = clock.instant();
        if (life.isNegative() || life.isZero()) {
            throw new IllegalArgumentException(
                    "certificate of '" + identity + "': expected a life; found " + life);
        }
        if (!now.isBefore(material.intermediate().getNotAfter().toInstant())) {
            throw new IllegalStateException(
                    "CA of '"
                            + material.trustDomain()
                            + "': its intermediate expired at "
                            + material.intermediate().getNotAfter().toInstant());
        }
        var leaf =
                X509Builder.leaf(
                        material.intermediatePair(),
                        material.intermediate(),
                        key,
                        identity,
                        dnsNames,
                        now,
                        life);
        var chain = new ArrayList<X509Certificate>();
        chain.add(leaf);
        chain.add(material.intermediate());
        chain.addAll(material.bridges());
        return new LeafCertificate(identity, chain);
    }

    /// SHA-256 over the trust domain and the root's public key, in groups of four hex digits: what
    /// two operators compare.
    public String fingerprint() {
        return fingerprint(bundle());
    }

    /// The fingerprint of any bundle.
    public static String fingerprint(TrustBundle bundle) {
        var digest = Sha256.digest();
        digest.update(bundle.trustDomain().name().getBytes(StandardCharsets.UTF_8));
        bundle.roots().stream()
                .map(root -> HexFormat.of().formatHex(root.getPublicKey().getEncoded()))
                .sorted()
                .forEach(key -> {
                    digest.update((byte) 0);
                    digest.update(key.getBytes(StandardCharsets.US_ASCII));
                });
        return HexFormat.of().formatHex(digest.digest()).replaceAll("(.{4})(?!$)", "$1:");
    }

    private static PublicKey checked(byte[] csrDer, SpiffeId identity) throws CsrRejectedException {
        if (csrDer.length > MAX_REQUEST_BYTES) {
            throw new CsrRejectedException(
                    "certificate request: expected at most "
                            + MAX_REQUEST_BYTES
                            + " bytes; found "
                            + csrDer.length);
        }
        try {
            var request = new JcaPKCS10CertificationRequest(csrDer);
            var algorithm = request.getSubjectPublicKeyInfo().getAlgorithm();
            if (!algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)
                    || !(algorithm.getParameters() instanceof ASN1ObjectIdentifier curve)
                    || !CURVES.contains(curve)) {
                throw new CsrRejectedException(
                        "certificate request: expected an EC P-256 or P-384 key; found algorithm "
                                + algorithm.getAlgorithm());
            }
            var key = request.getPublicKey();
            if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
                throw new CsrRejectedException(
                        "certificate request: expected a signature by its own key; found another");
            }
            names(request, identity);
            return key;
        } catch (IOException
                | InvalidKeyException
                | NoSuchAlgorithmException
                | PKCSException
                | OperatorCreationException
                | RuntimeException e) {
            // the parser throws unchecked exceptions on some malformed input
            throw new CsrRejectedException(
                    "certificate request: expected PKCS#10 in DER; found something else", e);
        }
    }

    private static void names(JcaPKCS10CertificationRequest request, SpiffeId identity)
            throws CsrRejectedException {
        if (request.getSubject().getRDNs().length != 0) {
            throw new CsrRejectedException(
                    "certificate request: expected an empty subject; found one");
        }
        // a second attribute could hold names that this check did not see (CVE-2022-40716)
        if (request.getAttributes().length > 1) {
            throw new CsrRejectedException(
                    "certificate request: expected one attribute; found "
                            + request.getAttributes().length);
        }
        var extensions = request.getRequestedExtensions();
        if (extensions == null) {
            throw new CsrRejectedException(
                    "certificate request: expected the URI name '" + identity + "'; found none");
        }
        for (ASN1ObjectIdentifier asked : extensions.getExtensionOIDs()) {
            if (!asked.equals(Extension.subjectAlternativeName)) {
                throw new CsrRejectedException(
                        "certificate request: expected names only; found extension " + asked);
            }
        }
        var names = GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName);
        var all = names == null ? new GeneralName[0] : names.getNames();
        if (all.length != 1
                || all[0].getTagNo() != GeneralName.uniformResourceIdentifier
                || !all[0].getName().toString().equals(identity.uri())) {
            throw new CsrRejectedException(
                    "certificate request: expected exactly the URI name '"
                            + identity
                            + "'; found "
                            + all.length
                            + " names, or another");
        }
    }
}
