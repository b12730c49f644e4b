package dev.hansa.trustbundle.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import dev.hansa.trustbundle.ca.ForgedCertificate;
import dev.hansa.trustbundle.tls.PeerVerifier.Reason;
import dev.hansa.trustbundle.tls.PeerVerifier.Rejected;
import dev.hansa.trustbundle.tls.PeerVerifier.Trusted;
import dev.hansa.trustbundle.tls.PeerVerifier.Usage;
import dev.hansa.trustbundle.tls.PeerVerifier.Verdict;
import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.spec.RSAPublicKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;

class PeerVerifierTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final TrustDomain WEST = new TrustDomain("west.example");
    private static final TrustDomain EAST = new TrustDomain("east.example");
    private static final Datacenter DC = new Datacenter("dc1");
    private static final SpiffeId BILLING = SpiffeId.service(WEST, DC, "billing");

    private final CaMaterial west = CaMaterial.create(WEST, DC, NOW);
    private final CaMaterial east = CaMaterial.create(EAST, DC, NOW);
    private final BundleSet bundles =
            BundleSet.EMPTY
                    .with(new TrustBundle(WEST, List.of(west.root())))
                    .with(new TrustBundle(EAST, List.of(east.root())));

    @Test
    void leafOfItsOwnTrustDomainIsTrusted() {
        assertThat(verify(issued()).trusted()).contains(BILLING);
        assertThat(PeerVerifier.verify(issued(), bundles, Usage.SERVER, NOW).trusted())
                .contains(BILLING);
    }

    @Test
    void rootInTheChainIsHarmless() {
        var chain = new ArrayList<>(issued());
        chain.add(west.root());

        assertThat(verify(chain).trusted()).contains(BILLING);
    }

    @Test
    void nobodyIsNotTrusted() {
        assertRejected(verify(List.of()), Reason.NO_CERTIFICATE);
    }

    @Test
    void trustDomainWithoutBundleIsUnknown() {
        var verdict =
                PeerVerifier.verify(
                        issued(),
                        BundleSet.EMPTY.with(new TrustBundle(EAST, List.of(east.root()))),
                        Usage.CLIENT,
                        NOW);

        assertRejected(verdict, Reason.UNKNOWN_TRUST_DOMAIN);
        assertThat(verdict)
                .isEqualTo(
                        new Rejected(
                                Reason.UNKNOWN_TRUST_DOMAIN,
                                "expected one of the trust domains [east.example]; found 'west.example'"));
    }

    /// The reason for one bundle to one trust domain: a peer's CA can name anybody.
    @Test
    void peersAuthorityCannotSpeakForAnotherTrustDomain() throws Exception {
        var forged =
                leaf().uri(BILLING.uri()).signedBy(east.intermediate(), east.intermediateKey());

        assertRejected(verify(List.of(forged, east.intermediate())), Reason.NO_PATH_TO_ROOT);
    }

    @Test
    void chainOfAnotherAuthorityOfTheSameNameIsRefused() throws Exception {
        var impostor = CaMaterial.create(WEST, DC, NOW);
        var chain =
                new CertificateAuthority(impostor, clock())
                        .issue(key(), BILLING, List.of(), Duration.ofHours(1))
                        .chain();

        assertRejected(verify(chain), Reason.NO_PATH_TO_ROOT);
    }

    @Test
    void rootThatTheOtherEndBringsIsNoRoot() throws Exception {
        var impostor = CaMaterial.create(WEST, DC, NOW);
        var chain =
                new ArrayList<>(
                        new CertificateAuthority(impostor, clock())
                                .issue(key(), BILLING, List.of(), Duration.ofHours(1))
                                .chain());
        chain.add(impostor.root());

        assertRejected(verify(chain), Reason.NO_PATH_TO_ROOT);
    }

    @Test
    void leafWithoutItsIntermediateHasNoPath() {
        assertRejected(verify(issued().subList(0, 1)), Reason.NO_PATH_TO_ROOT);
    }

    @Test
    void noUriOrTwoOrThreeAreRefused() throws Exception {
        assertRejected(verify(chain(leaf().subject("CN=billing"))), Reason.NOT_ONE_URI);
        assertRejected(verify(chain(leaf().dns("billing.example"))), Reason.NOT_ONE_URI);
        var two = leaf().uri(BILLING.uri()).uri(SpiffeId.service(WEST, DC, "payment").uri());
        assertRejected(verify(chain(two)), Reason.NOT_ONE_URI);
        assertRejected(verify(chain(two.uri("https://west.example/"))), Reason.NOT_ONE_URI);
    }

    @Test
    void sameUriTwiceIsStillTwo() throws Exception {
        assertRejected(
                verify(chain(leaf().uri(BILLING.uri()).uri(BILLING.uri()))), Reason.NOT_ONE_URI);
    }

    @Test
    void spiffeIdInAnotherKindOfNameIsNoIdentity() throws Exception {
        assertRejected(verify(chain(leaf().dns(BILLING.uri()))), Reason.NOT_ONE_URI);
        assertRejected(verify(chain(leaf().email("billing@west.example"))), Reason.NOT_ONE_URI);
    }

    @Test
    void otherUriIsNoIdentity() throws Exception {
        for (var uri :
                List.of(
                        "https://west.example/ns/default/dc/dc1/svc/billing",
                        "spiffe://west.example:443/a",
                        "spiffe://user@west.example/a")) {
            assertRejected(verify(chain(leaf().uri(uri))), Reason.NOT_A_SPIFFE_ID);
        }
    }

    @Test
    void expiredLeafIsRefusedToTheSecond() {
        var end = issued().getFirst().getNotAfter().toInstant();

        assertThat(PeerVerifier.verify(issued(), bundles, Usage.CLIENT, end))
                .isInstanceOf(Trusted.class);
        assertRejected(
                PeerVerifier.verify(issued(), bundles, Usage.CLIENT, end.plusSeconds(1)),
                Reason.EXPIRED);
    }

    @Test
    void leafOfTomorrowIsRefused() {
        var begin = issued().getFirst().getNotBefore().toInstant();

        assertThat(PeerVerifier.verify(issued(), bundles, Usage.CLIENT, begin))
                .isInstanceOf(Trusted.class);
        assertRejected(
                PeerVerifier.verify(issued(), bundles, Usage.CLIENT, begin.minusSeconds(1)),
                Reason.NOT_YET_VALID);
    }

    @Test
    void expiredIntermediateOrRootEndsThePath() throws Exception {
        var afterIntermediate = NOW.plus(Duration.ofDays(366));
        var afterRoot = NOW.plus(Duration.ofDays(3651));
        var longLived = chain(leaf().uri(BILLING.uri()).life(20L * 365 * 86_400));
        var byRoot =
                leaf().uri(BILLING.uri())
                        .life(20L * 365 * 86_400)
                        .signedBy(west.root(), west.rootKey());

        assertRejected(
                PeerVerifier.verify(longLived, bundles, Usage.CLIENT, afterIntermediate),
                Reason.NO_PATH_TO_ROOT);
        assertThat(PeerVerifier.verify(List.of(byRoot), bundles, Usage.CLIENT, afterIntermediate))
                .isInstanceOf(Trusted.class);
        assertRejected(
                PeerVerifier.verify(List.of(byRoot), bundles, Usage.CLIENT, afterRoot),
                Reason.NO_PATH_TO_ROOT);
    }

    @Test
    void authorityIsNoLeaf() throws Exception {
        assertRejected(verify(List.of(west.intermediate())), Reason.NOT_A_LEAF);
        assertRejected(verify(List.of(west.root())), Reason.NOT_A_LEAF);
        assertRejected(verify(chain(leaf().uri(BILLING.uri()).authority(0))), Reason.NOT_A_LEAF);
        for (var usage : List.of(KeyUsage.keyCertSign, KeyUsage.cRLSign)) {
            var signer =
                    leaf().uri(BILLING.uri())
                            .usage(new KeyUsage(KeyUsage.digitalSignature | usage));
            assertRejected(verify(chain(signer)), Reason.NOT_A_LEAF);
        }
        assertRejected(verify(chain(leaf().uri("spiffe://west.example"))), Reason.NOT_A_LEAF);
    }

    @Test
    void leafCannotIssue() throws Exception {
        var issuer = leaf().subject("CN=issuer").uri(BILLING.uri());
        var issuerCertificate = issuer.signedBy(west.intermediate(), west.intermediateKey());
        var issued =
                leaf().uri(SpiffeId.service(WEST, DC, "payment").uri())
                        .signedBy(issuerCertificate, issuer.key().getPrivate());

        assertRejected(
                verify(List.of(issued, issuerCertificate, west.intermediate())),
                Reason.NO_PATH_TO_ROOT);
    }

    @Test
    void intermediateCannotIssueIntermediates() throws Exception {
        var second =
                leaf().subject("CN=second")
                        .uri("spiffe://west.example")
                        .authority(0)
                        .purposes()
                        .usage(new KeyUsage(KeyUsage.keyCertSign));
        var secondCertificate = second.signedBy(west.intermediate(), west.intermediateKey());
        var issued =
                leaf().uri(BILLING.uri()).signedBy(secondCertificate, second.key().getPrivate());

        assertRejected(
                verify(List.of(issued, secondCertificate, west.intermediate())),
                Reason.NO_PATH_TO_ROOT);
    }

    @Test
    void certificateForOtherPurposesIsRefused() throws Exception {
        var mail = leaf().uri(BILLING.uri()).purposes(KeyPurposeId.id_kp_emailProtection);
        var anything = leaf().uri(BILLING.uri()).purposes(KeyPurposeId.anyExtendedKeyUsage);
        var nothingSaid = leaf().uri(BILLING.uri()).purposes();

        for (var forged : List.of(mail, anything, nothingSaid)) {
            assertRejected(verify(chain(forged)), Reason.WRONG_USAGE);
        }
    }

    @Test
    void serversCertificateIsNoClientsNorTheOtherWayRound() throws Exception {
        var server = chain(leaf().uri(BILLING.uri()).purposes(KeyPurposeId.id_kp_serverAuth));
        var client = chain(leaf().uri(BILLING.uri()).purposes(KeyPurposeId.id_kp_clientAuth));

        assertRejected(verify(server), Reason.WRONG_USAGE);
        assertThat(PeerVerifier.verify(server, bundles, Usage.SERVER, NOW))
                .isInstanceOf(Trusted.class);
        assertRejected(PeerVerifier.verify(client, bundles, Usage.SERVER, NOW), Reason.WRONG_USAGE);
        assertThat(verify(client)).isInstanceOf(Trusted.class);
    }

    @Test
    void keyThatMayNotSignIsRefused() throws Exception {
        var forged = leaf().uri(BILLING.uri()).usage(new KeyUsage(KeyUsage.keyAgreement));

        assertRejected(verify(chain(forged)), Reason.WRONG_USAGE);
    }

    @Test
    void chainLongerThanARotationNeedsIsNotBuilt() {
        var chain = new ArrayList<>(issued());
        chain.addAll(Collections.nCopies(5, west.root()));

        assertThat(verify(chain))
                .isEqualTo(
                        new Rejected(
                                Reason.CHAIN_TOO_LONG,
                                "expected a chain of at most 6 certificates; found 7"));
    }

    /// SPIRE 1.14.2: a certificate whose key makes the server burn CPU; and exponents of no honest
    /// use.
    @Test
    void keyThatIsTooSmallOrAnUndueBurdenIsRefused() throws Exception {
        var usual = BigInteger.valueOf(65537);
        for (var unfit :
                List.of(
                        rsa(1024, usual),
                        rsa(5120, usual),
                        rsa(16384, usual),
                        rsa(2048, BigInteger.valueOf(3)),
                        rsa(2048, usual.add(BigInteger.ONE)),
                        rsa(2048, BigInteger.ONE.shiftLeft(40).setBit(0)))) {
            assertRejected(verify(chain(leaf().uri(BILLING.uri()).key(unfit))), Reason.UNFIT_KEY);
        }
        assertThat(verify(chain(leaf().uri(BILLING.uri()).key(rsa(2048)))))
                .isInstanceOf(Trusted.class);
    }

    /// A public key of that shape; nobody needs its private half.
    private static KeyPair rsa(int bits, BigInteger exponent) throws Exception {
        var modulus = BigInteger.ONE.shiftLeft(bits - 1).setBit(0);
        return new KeyPair(
                KeyFactory.getInstance("RSA")
                        .generatePublic(new RSAPublicKeySpec(modulus, exponent)),
                CertificateRequest.newKey().getPrivate());
    }

    @Test
    void retiredRootNoLongerCounts() {
        var fresh = CaMaterial.create(WEST, DC, NOW);
        var rotated = new TrustBundle(WEST, List.of(west.root(), fresh.root()));
        var retired = new TrustBundle(WEST, List.of(fresh.root()));

        assertThat(PeerVerifier.verify(issued(), bundles.with(rotated), Usage.CLIENT, NOW))
                .isInstanceOf(Trusted.class);
        assertRejected(
                PeerVerifier.verify(issued(), bundles.with(retired), Usage.CLIENT, NOW),
                Reason.NO_PATH_TO_ROOT);
        assertRejected(
                PeerVerifier.verify(
                        issued(),
                        bundles.with(new TrustBundle(WEST, List.of())),
                        Usage.CLIENT,
                        NOW),
                Reason.NO_PATH_TO_ROOT);
    }

    private List<X509Certificate> issued() {
        return new CertificateAuthority(west, clock())
                .issue(key(), BILLING, List.of(), Duration.ofHours(1))
                .chain();
    }

    private static PublicKey key() {
        return CertificateRequest.newKey().getPublic();
    }

    private static KeyPair rsa(int bits) throws Exception {
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    private static Clock clock() {
        return Clock.fixed(NOW, ZoneOffset.UTC);
    }

    private static ForgedCertificate leaf() {
        return new ForgedCertificate(NOW);
    }

    private List<X509Certificate> chain(ForgedCertificate forged) throws Exception {
        return List.of(
                forged.signedBy(west.intermediate(), west.intermediateKey()), west.intermediate());
    }

    private Verdict verify(List<X509Certificate> chain) {
        return PeerVerifier.verify(chain, bundles, Usage.CLIENT, NOW);
    }

    private static void assertRejected(Verdict verdict, Reason reason) {
        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> {
                            assertThat(rejected.reason()).isEqualTo(reason);
                            assertThat(rejected.sentence()).isNotBlank();
                        });
    }
}
