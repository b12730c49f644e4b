package dev.hansa.trustbundle.tls;

import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Who is at the other end: the one SPIFFE ID of its certificate, believed only when a chain leads
/// to the bundle of the trust domain that the ID names. Called for every handshake, resumed ones
/// too (SPIFFE X509-SVID section 5).
public final class PeerVerifier {
    private static final int URI_NAME = 6;
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    /// Leaf, and intermediates of a rotation in progress; a longer chain only costs CPU.
    static final int MAX_CHAIN = 6;

    /// What CAs issue; a larger modulus makes each check cost the verifier more than its maker.
    private static final int MIN_RSA_BITS = 2048;

    private static final int MAX_RSA_BITS = 4096;

    private static final int MAX_RSA_EXPONENT_BITS = 33;

    private PeerVerifier() {}

    /// In which role the other end must be allowed to act.
    public enum Usage {
        CLIENT,
        SERVER
    }

    /// Why a certificate was not believed; the name is a metric's label.
    public enum Reason {
        NO_CERTIFICATE,
        CHAIN_TOO_LONG,
        NOT_ONE_URI,
        NOT_A_SPIFFE_ID,
        UNKNOWN_TRUST_DOMAIN,
        NOT_A_LEAF,
        UNFIT_KEY,
        WRONG_USAGE,
        EXPIRED,
        NOT_YET_VALID,
        NO_PATH_TO_ROOT,
        WRONG_IDENTITY
    }

    public sealed interface Verdict {
        /// Who it is, when it is believed.
        default Optional<SpiffeId> trusted() {
            return this instanceof Trusted(var identity, _)
                    ? Optional.of(identity)
                    : Optional.empty();
        }
    }

    /// @param signers the keys that the belief rests on: those of the path from the certificate's
    ///   issuer to a root of the bundle
    public record Trusted(SpiffeId identity, Set<PublicKey> signers) implements Verdict {
        public Trusted {
            signers = Set.copyOf(signers);
        }
    }

    /// @param sentence names what was expected and found
    public record Rejected(Reason reason, String sentence) implements Verdict {}

    /// @param chain as presented, leaf first
    /// @param bundles whom to believe; each bundle for its own trust domain only
    public static Verdict verify(
            List<X509Certificate> chain, BundleSet bundles, Usage usage, Instant now) {
        if (chain.isEmpty()) {
            return new Rejected(Reason.NO_CERTIFICATE, "expected a certificate; found none");
        }
        if (chain.size() > MAX_CHAIN) {
            return new Rejected(
                    Reason.CHAIN_TOO_LONG,
                    "expected a chain of at most "
                            + MAX_CHAIN
                            + " certificates; found "
                            + chain.size());
        }
        var leaf = chain.getFirst();
        var uris = uris(leaf);
        if (uris.size() != 1) {
            return new Rejected(
                    Reason.NOT_ONE_URI,
                    "expected exactly one URI name in the certificate; found " + uris.size());
        }
        SpiffeId id;
        try {
            id = SpiffeId.parse(uris.getFirst());
        } catch (IllegalArgumentException e) {
            return new Rejected(Reason.NOT_A_SPIFFE_ID, String.valueOf(e.getMessage()));
        }
        var bundle = bundles.of(id.trustDomain());
        if (bundle.isEmpty()) {
            return new Rejected(
                    Reason.UNKNOWN_TRUST_DOMAIN,
                    "expected one of the trust domains "
                            + bundles.bundles().keySet().stream().sorted().toList()
                            + "; found '"
                            + id.trustDomain()
                            + "'");
        }
        return leafProblem(leaf, id, usage, now)
                .or(() -> unfitKey(chain, id))
                .<Verdict>map(problem -> problem)
                .orElseGet(() -> path(chain, rootsAt(bundle.get(), now), id, now));
    }

    /// PKIX takes a trust anchor for good; a root of ours ends with its own validity, and is bound
    /// to keys that are not a burden to check with.
    static Set<X509Certificate> rootsAt(TrustBundle bundle, Instant now) {
        return bundle.roots().stream()
                .filter(root -> !now.isAfter(root.getNotAfter().toInstant()))
                .filter(root -> !now.isBefore(root.getNotBefore().toInstant()))
                .filter(root -> fit(root.getPublicKey()))
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Optional<Rejected> unfitKey(List<X509Certificate> chain, SpiffeId id) {
        return chain.stream().allMatch(certificate -> fit(certificate.getPublicKey()))
                ? Optional.empty()
                : rejected(
                        Reason.UNFIT_KEY,
                        "certificate of '"
                                + id
                                + "': expected keys on a named curve or RSA of "
                                + MIN_RSA_BITS
                                + " to "
                                + MAX_RSA_BITS
                                + " bits in its chain; found another");
    }

    /// The size limits what a check costs, and so does the exponent: the usual one has 17 bits, one
    /// that is even, tiny or as long as the modulus has no honest use (SPIRE 1.14.2).
    public static boolean fit(PublicKey key) {
        return switch (key) {
            case ECPublicKey _, EdECPublicKey _ -> true;
            case RSAPublicKey rsa ->
                    rsa.getModulus().bitLength() >= MIN_RSA_BITS
                            && rsa.getModulus().bitLength() <= MAX_RSA_BITS
                            && rsa.getPublicExponent().testBit(0)
                            && rsa.getPublicExponent().bitLength() > 16
                            && rsa.getPublicExponent().bitLength() <= MAX_RSA_EXPONENT_BITS;
            default -> false;
        };
    }

    private static List<String> uris(X509Certificate leaf) {
        try {
            var names = leaf.getSubjectAlternativeNames();
            return names == null
                    ? List.of()
                    : names.stream()
                            .filter(name -> name.getFirst().equals(URI_NAME))
                            .map(name -> name.get(1).toString())
                            .toList();
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }

    private static Optional<Rejected> leafProblem(
            X509Certificate leaf, SpiffeId id, Usage usage, Instant now) {
        var keyUsage = leaf.getKeyUsage();
        if (leaf.getBasicConstraints() != -1
                || id.path().isEmpty()
                || keyUsage != null && (keyUsage[5] || keyUsage[6])) {
            return rejected(
                    Reason.NOT_A_LEAF, "expected a leaf certificate; found a CA's of '" + id + "'");
        }
        if (keyUsage != null && !keyUsage[0]) {
            return rejected(
                    Reason.WRONG_USAGE,
                    "certificate of '" + id + "': expected key usage digitalSignature");
        }
        try {
            var wanted = usage == Usage.CLIENT ? CLIENT_AUTH : SERVER_AUTH;
            var extended = leaf.getExtendedKeyUsage();
            if (extended == null || !extended.contains(wanted)) {
                return rejected(
                        Reason.WRONG_USAGE,
                        "certificate of '"
                                + id
                                + "': expected extended key usage for a "
                                + usage
                                + "; found "
                                + extended);
            }
        } catch (CertificateParsingException e) {
            return rejected(
                    Reason.WRONG_USAGE,
                    "certificate of '" + id + "': its extended key usage does not parse");
        }
        if (now.isAfter(leaf.getNotAfter().toInstant())) {
            return rejected(
                    Reason.EXPIRED,
                    "certificate of '" + id + "' expired at " + leaf.getNotAfter().toInstant());
        }
        if (now.isBefore(leaf.getNotBefore().toInstant())) {
            return rejected(
                    Reason.NOT_YET_VALID,
                    "certificate of '"
                            + id
                            + "' is not valid before "
                            + leaf.getNotBefore().toInstant());
        }
        return Optional.empty();
    }

    private static Optional<Rejected> rejected(Reason reason, String sentence) {
        return Optional.of(new Rejected(reason, sentence));
    }

    private static Verdict path(
            List<X509Certificate> chain, Set<X509Certificate> roots, SpiffeId id, Instant now) {
        if (roots.isEmpty()) {
            return new Rejected(
                    Reason.NO_PATH_TO_ROOT,
                    "the bundle of '" + id.trustDomain() + "' has no root that is valid now");
        }
        try {
            var selector = new X509CertSelector();
            selector.setCertificate(chain.getFirst());
            var parameters =
                    new PKIXBuilderParameters(
                            roots.stream()
                                    .map(root -> new TrustAnchor(root, null))
                                    .collect(Collectors.toSet()),
                            selector);
            parameters.addCertStore(
                    CertStore.getInstance(
                            "Collection",
                            new CollectionCertStoreParameters(new ArrayList<>(chain))));
            // a peer's bundle is its revocation: short lives, and roots that go
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(now));
            parameters.setMaxPathLength(MAX_CHAIN);
            var built = CertPathBuilder.getInstance("PKIX").build(parameters);
            return new Trusted(id, signers((PKIXCertPathBuilderResult) built));
        } catch (CertPathBuilderException e) {
            return new Rejected(
                    Reason.NO_PATH_TO_ROOT,
                    "certificate of '"
                            + id
                            + "': expected a path to a root of '"
                            + id.trustDomain()
                            + "'; found none");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has PKIX", e);
        }
    }

    private static Set<PublicKey> signers(PKIXCertPathBuilderResult built) {
        var keys = new HashSet<PublicKey>();
        keys.add(built.getTrustAnchor().getTrustedCert().getPublicKey());
        built.getCertPath().getCertificates().stream()
                .skip(1)
                .map(Certificate::getPublicKey)
                .forEach(keys::add);
        return keys;
    }
}
