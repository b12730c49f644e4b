package dev.hansa.trustbundle.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.bootstrap.Secret;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.tls.PeerVerifier;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExternalCaTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final TrustDomain WEST = new TrustDomain("west.example");
    private static final Datacenter DC = new Datacenter("dc1");

    private final KeyPair rootKey = ec("secp384r1");
    private final KeyPair key = ec("secp256r1");

    private static KeyPair ec(String curve) {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair rsa(int bits) {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// One certificate of a company's own CA, as a test wants it.
    private static final class Company {
        private String subject = "CN=Company intermediate";
        private BasicConstraints constraints = new BasicConstraints(0);
        private int usage = KeyUsage.keyCertSign;
        private Instant begin = NOW.minusSeconds(60);
        private Instant end = NOW.plus(Duration.ofDays(90));
        private @Nullable NameConstraints names;

        static Company root() {
            var root = new Company();
            root.subject = "CN=Company root";
            root.constraints = new BasicConstraints(true);
            return root;
        }

        String pem(KeyPair own, KeyPair signer) {
            try {
                var builder =
                        new JcaX509v3CertificateBuilder(
                                new X500Name("CN=Company root"),
                                BigInteger.TEN,
                                Date.from(begin),
                                Date.from(end),
                                new X500Name(subject),
                                own.getPublic());
                builder.addExtension(Extension.basicConstraints, true, constraints);
                builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
                if (names != null) {
                    builder.addExtension(Extension.nameConstraints, true, names);
                }
                var algorithm =
                        signer.getPrivate().getAlgorithm().equals("RSA")
                                ? "SHA256withRSA"
                                : "SHA384withECDSA";
                return TrustBundle.pem(
                        new JcaX509CertificateConverter()
                                .getCertificate(
                                        builder.build(
                                                new JcaContentSignerBuilder(algorithm)
                                                        .build(signer.getPrivate()))));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private String root() {
        return Company.root().pem(rootKey, rootKey);
    }

    private IssuingCa read(String root, String intermediate, KeyPair signing) {
        return ExternalCa.read(WEST, DC, root, intermediate, CaPem.pem(signing.getPrivate()), NOW);
    }

    private void assertRefused(String root, String intermediate, String reason) {
        assertThatThrownBy(() -> read(root, intermediate, key))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(reason);
    }

    private static void assertIssues(IssuingCa ca) {
        var id = SpiffeId.service(WEST, DC, "billing");
        var leaf =
                new CertificateAuthority(() -> ca, Clock.fixed(NOW, ZoneOffset.UTC))
                        .issue(
                                CertificateRequest.newKey().getPublic(),
                                id,
                                List.of(),
                                Duration.ofHours(1));
        assertThat(
                        PeerVerifier.verify(
                                        leaf.chain(),
                                        BundleSet.EMPTY.with(ca.bundle()),
                                        PeerVerifier.Usage.CLIENT,
                                        NOW)
                                .trusted())
                .contains(id);
    }

    @Test
    void intermediateOfTheCompanysRootIssuesLeaves() {
        assertIssues(read(root(), new Company().pem(key, rootKey), key));
    }

    @Test
    void rsaIssuesLeavesToo() {
        var companyKey = rsa(3072);
        var ownKey = rsa(2048);

        assertIssues(
                read(
                        Company.root().pem(companyKey, companyKey),
                        new Company().pem(ownKey, companyKey),
                        ownKey));
    }

    @Test
    void certificateThatIsNoAuthoritysIsRefused() {
        var leaf = new Company();
        leaf.constraints = new BasicConstraints(false);

        assertThatThrownBy(() -> read(root(), leaf.pem(key, rootKey), key))
                .hasMessageStartingWith("ca.intermediate-file: ")
                .hasMessageContaining("not a CA's");
    }

    @Test
    void authorityThatMayNotSignCertificatesIsRefused() {
        var mute = new Company();
        mute.usage = KeyUsage.digitalSignature;

        assertRefused(
                root(),
                mute.pem(key, rootKey),
                "ca.intermediate-file: expected key usage keyCertSign");
    }

    @Test
    void keyOfAnotherCertificateIsRefused() {
        assertThatThrownBy(() -> read(root(), new Company().pem(key, rootKey), ec("secp256r1")))
                .hasMessageStartingWith("ca.intermediate-key-file: ")
                .hasMessageContaining(
                        "expected the key of its intermediate certificate; found another");
    }

    @Test
    void textThatIsNoKeyIsRefusedWithoutBeingQuoted() {
        assertThatThrownBy(() ->
                        ExternalCa.read(
                                WEST,
                                DC,
                                root(),
                                new Company().pem(key, rootKey),
                                new Secret("swordfish"),
                                NOW))
                .hasMessageStartingWith("ca.intermediate-key-file: CA key: expected an EC or RSA")
                .hasMessageNotContaining("swordfish");
    }

    @Test
    void intermediateOfAnotherRootIsRefused() {
        assertRefused(
                root(),
                new Company().pem(key, ec("secp384r1")),
                "ca.intermediate-file: expected one that the root of ca.root-file signed");
    }

    @Test
    void rootThatIsAnIntermediateIsRefused() {
        assertRefused(
                Company.root().pem(rootKey, ec("secp384r1")),
                new Company().pem(key, rootKey),
                "ca.root-file: expected a root, signed by its own key");
    }

    @Test
    void rootWithoutRoomForAnIntermediateIsRefused() {
        var narrow = Company.root();
        narrow.constraints = new BasicConstraints(0);

        assertRefused(
                narrow.pem(rootKey, rootKey),
                new Company().pem(key, rootKey),
                "ca.root-file: expected a path length that allows an intermediate; found 0");
    }

    @Test
    void keysThatAreTooSmallOrOfAnotherKindAreRefused() {
        for (var other : List.of(rsa(1024), ec("secp521r1"))) {
            assertRefused(
                    root(),
                    new Company().pem(other, rootKey),
                    "ca.intermediate-file: expected a key on P-256 or P-384, or RSA of 2048");
        }
    }

    @Test
    void datesAreHeld() {
        var past = new Company();
        past.end = NOW.minusSeconds(1);
        assertRefused(root(), past.pem(key, rootKey), "ca.intermediate-file: expired at");
        var soon = new Company();
        soon.end = NOW.plusSeconds(3600);
        assertRefused(
                root(),
                soon.pem(key, rootKey),
                "ca.intermediate-file: expected at least 24 h of life");
        var future = Company.root();
        future.begin = NOW.plusSeconds(3600);
        assertRefused(
                future.pem(rootKey, rootKey),
                new Company().pem(key, rootKey),
                "ca.root-file: is not valid before");
    }

    @Test
    void nameConstraintsMustAllowTheTrustDomain() {
        var constrained = new Company();
        constrained.names = permitted("east.example");
        assertRefused(
                root(),
                constrained.pem(key, rootKey),
                "ca.intermediate-file: expected one whose constraints allow certificates of trust domain 'west.example'");

        constrained.names = permitted("west.example");
        assertIssues(read(root(), constrained.pem(key, rootKey), key));
    }

    private static NameConstraints permitted(String host) {
        return new NameConstraints(
                new GeneralSubtree[] {
                    new GeneralSubtree(new GeneralName(GeneralName.uniformResourceIdentifier, host))
                },
                null);
    }

    @Test
    void rootOfAnotherTrustDomainIsRefused() {
        var east = CaMaterial.create(new TrustDomain("east.example"), DC, NOW);

        assertThat(ExternalCa.trustDomain(east.rootPem()))
                .contains(new TrustDomain("east.example"));
        assertThat(ExternalCa.trustDomain(root())).isEmpty();
        assertThatThrownBy(() ->
                        ExternalCa.read(
                                WEST,
                                DC,
                                east.rootPem(),
                                east.intermediatePem(),
                                east.intermediateKeyPem(),
                                NOW))
                .hasMessage(
                        "ca.root-file: expected trust domain 'west.example'; found 'east.example'");
    }
}
