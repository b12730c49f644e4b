package dev.hansa.trustbundle.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;

class CertificateAuthorityTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final TrustDomain WEST = new TrustDomain("west.example");
    private static final Datacenter DC = new Datacenter("dc1");
    private static final SpiffeId BILLING = SpiffeId.service(WEST, DC, "billing");
    private static final SpiffeId PAYMENT = SpiffeId.service(WEST, DC, "payment");
    private static final Duration LIFE = Duration.ofDays(3);

    private final CaMaterial material = CaMaterial.create(WEST, DC, NOW);
    private final CertificateAuthority authority =
            new CertificateAuthority(material, Clock.fixed(NOW, ZoneOffset.UTC));
    private final KeyPair key = CertificateRequest.newKey();

    @Test
    void requestBecomesALeafForItsKey() throws Exception {
        var leaf =
                authority.issue(
                        CertificateRequest.encode(key, BILLING),
                        BILLING,
                        List.of("billing.example"),
                        LIFE);
        var certificate = leaf.chain().getFirst();

        assertThat(leaf.identity()).isEqualTo(BILLING);
        assertThat(leaf.notAfter()).isEqualTo(NOW.plus(LIFE));
        assertThat(leaf.chain()).containsExactly(certificate, material.intermediate());
        assertThat(certificate.getPublicKey()).isEqualTo(key.getPublic());
        assertThat(certificate.getNotBefore()).isEqualTo(NOW.minus(Duration.ofHours(2)));
        assertThat(certificate.getSubjectX500Principal().getName()).isEmpty();
        assertThat(certificate.getCriticalExtensionOIDs())
                .containsExactlyInAnyOrder("2.5.29.15", "2.5.29.17", "2.5.29.19");
        assertThat(certificate.getSubjectAlternativeNames())
                .containsExactlyInAnyOrder(
                        List.of(6, BILLING.uri()), List.of(2, "billing.example"));
        assertThat(certificate.getExtendedKeyUsage())
                .containsExactlyInAnyOrder("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
        assertThat(certificate.getKeyUsage())
                .containsExactly(true, false, false, false, false, false, false, false, false);
        assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
        certificate.verify(material.intermediate().getPublicKey());
    }

    @Test
    void leafOfAShortLifeIsBackdatedByAThirdOfIt() {
        var leaf = authority.issue(key.getPublic(), BILLING, List.of(), Duration.ofMinutes(6));

        assertThat(leaf.chain().getFirst().getNotBefore())
                .isEqualTo(NOW.minus(Duration.ofMinutes(2)));
    }

    @Test
    void serialsAreLongPositiveAndNeverTheSame() {
        var serials = new HashSet<BigInteger>();
        for (var i = 0; i < 50; i++) {
            var serial =
                    authority
                            .issue(key.getPublic(), BILLING, List.of(), LIFE)
                            .chain()
                            .getFirst()
                            .getSerialNumber();
            assertThat(serial.signum()).isPositive();
            serials.add(serial);
        }
        assertThat(serials).hasSize(50).anyMatch(serial -> serial.bitLength() > 100);
    }

    @Test
    void leafNeverOutlivesItsIssuer() {
        assertThat(
                        authority
                                .issue(key.getPublic(), BILLING, List.of(), Duration.ofDays(9999))
                                .notAfter())
                .isEqualTo(material.intermediate().getNotAfter().toInstant());
    }

    @Test
    void expiredAuthorityIssuesNothing() {
        var later = Clock.fixed(NOW.plus(Duration.ofDays(365)), ZoneOffset.UTC);

        assertThatThrownBy(() ->
                        new CertificateAuthority(material, later)
                                .issue(key.getPublic(), BILLING, List.of(), LIFE))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("CA of 'west.example': its intermediate expired at ");
    }

    @Test
    void identityOfAnotherTrustDomainIsNotIssued() {
        var stranger = SpiffeId.service(new TrustDomain("east.example"), DC, "billing");

        assertThatThrownBy(() -> authority.issue(key.getPublic(), stranger, List.of(), LIFE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void lifeOfNothingIsNotIssued() {
        for (var life : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
            assertThatThrownBy(() -> authority.issue(key.getPublic(), BILLING, List.of(), life))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void requestForAnotherIdentityIsRefused() {
        assertRefused(
                CertificateRequest.encode(key, PAYMENT),
                "certificate request: expected exactly the URI name"
                        + " 'spiffe://west.example/ns/default/dc/dc1/svc/billing'; found 1 names, or another");
    }

    /// CVE-2022-40716: a request with a second URI was signed as it stood.
    @Test
    void requestWithMoreThanTheIdentityIsRefused() throws Exception {
        var billing = uri(BILLING.uri());
        for (var names :
                List.of(
                        List.of(billing, uri(PAYMENT.uri())),
                        List.of(uri(PAYMENT.uri()), billing),
                        List.of(billing, billing),
                        List.of(billing, uri(PAYMENT.uri()), uri("https://west.example/")),
                        List.of(billing, new GeneralName(GeneralName.dNSName, "payment.example")),
                        List.of(new GeneralName(GeneralName.dNSName, BILLING.uri())),
                        List.of(uri("https://west.example/ns/default/dc/dc1/svc/billing")),
                        List.of(uri(BILLING.uri() + "/")))) {
            assertRefused(request(key, "", names(names)), "expected exactly the URI name");
        }
    }

    @Test
    void requestWithoutNamesIsRefused() throws Exception {
        assertRefused(
                new JcaPKCS10CertificationRequestBuilder(new X500Name(""), key.getPublic())
                        .build(
                                new JcaContentSignerBuilder("SHA256withECDSA")
                                        .build(key.getPrivate()))
                        .getEncoded(),
                "found none");
    }

    @Test
    void requestToBeAnAuthorityIsRefused() throws Exception {
        var asked = new ExtensionsGenerator();
        asked.addExtension(
                Extension.subjectAlternativeName, true, new GeneralNames(uri(BILLING.uri())));
        asked.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));

        assertRefused(request(key, "", asked.generate()), "found extension 2.5.29.19");
    }

    @Test
    void requestWithASubjectIsRefused() throws Exception {
        assertRefused(
                request(key, "CN=payment", names(List.of(uri(BILLING.uri())))),
                "expected an empty subject");
    }

    @Test
    void secondSetOfNamesIsRefused() throws Exception {
        assertRefused(
                request(
                        key,
                        "",
                        names(List.of(uri(BILLING.uri()))),
                        names(List.of(uri(PAYMENT.uri())))),
                "expected one attribute; found 2");
    }

    @Test
    void keyThatDidNotSignTheRequestIsRefused() {
        var stolen = new KeyPair(CertificateRequest.newKey().getPublic(), key.getPrivate());

        assertRefused(
                CertificateRequest.encode(stolen, BILLING), "expected a signature by its own key");
    }

    @Test
    void otherKeysAreRefused() throws Exception {
        var rsa = KeyPairGenerator.getInstance("RSA");
        rsa.initialize(2048);
        assertRefused(
                request(rsa.generateKeyPair(), "", names(List.of(uri(BILLING.uri())))),
                "expected an EC P-256 or P-384 key");
        assertRefused(
                request(curve("secp521r1"), "", names(List.of(uri(BILLING.uri())))),
                "expected an EC P-256 or P-384 key");
        assertThat(
                        authority
                                .issue(
                                        request(
                                                curve("secp384r1"),
                                                "",
                                                names(List.of(uri(BILLING.uri())))),
                                        BILLING,
                                        List.of(),
                                        LIFE)
                                .identity())
                .isEqualTo(BILLING);
    }

    @Test
    void everyPrefixOfARequestIsRefused() {
        var whole = CertificateRequest.encode(key, BILLING);
        for (var length = 0; length < whole.length; length++) {
            var prefix = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> authority.issue(prefix, BILLING, List.of(), LIFE))
                    .isInstanceOf(CsrRejectedException.class);
        }
    }

    @Test
    void oversizedRequestIsNotParsed() {
        assertRefused(
                new byte[8 * 1024 + 1],
                "certificate request: expected at most 8192 bytes; found 8193");
    }

    @Test
    void fingerprintSpeaksForTrustDomainAndRoots() {
        var root = material.root();
        var other = CaMaterial.create(WEST, DC, NOW).root();

        assertThat(authority.fingerprint())
                .matches("([0-9a-f]{4}:){15}[0-9a-f]{4}")
                .isEqualTo(CertificateAuthority.fingerprint(authority.bundle()))
                .isNotEqualTo(
                        CertificateAuthority.fingerprint(
                                new TrustBundle(new TrustDomain("east.example"), List.of(root))))
                .isNotEqualTo(
                        CertificateAuthority.fingerprint(new TrustBundle(WEST, List.of(other))));
        assertThat(CertificateAuthority.fingerprint(new TrustBundle(WEST, List.of(root, other))))
                .isEqualTo(
                        CertificateAuthority.fingerprint(
                                new TrustBundle(WEST, List.of(other, root))));
    }

    @Test
    void materialSurvivesPemAndKeepsItsKeysToItself() {
        var read =
                CaMaterial.fromPem(
                        WEST,
                        DC,
                        material.rootPem(),
                        material.rootKeyPem(),
                        material.intermediatePem(),
                        material.intermediateKeyPem());

        assertThat(read).isEqualTo(material).hasToString("CaMaterial[west.example]");
        assertThat(material.rootKeyPem()).hasToString("<redacted>");
        assertThat(((ECPrivateKey) read.rootKey()).getS())
                .isEqualTo(((ECPrivateKey) material.rootKey()).getS());
    }

    @Test
    void keysThatBelongToOthersAreRefused() {
        assertThatThrownBy(() ->
                        CaMaterial.fromPem(
                                WEST,
                                DC,
                                material.rootPem(),
                                material.intermediateKeyPem(),
                                material.intermediatePem(),
                                material.rootKeyPem()))
                .hasMessage(
                        "CA of 'west.example': expected the key of its root certificate; found another");
        var other = CaMaterial.create(WEST, DC, NOW);
        assertThatThrownBy(() ->
                        CaMaterial.fromPem(
                                WEST,
                                DC,
                                material.rootPem(),
                                material.rootKeyPem(),
                                other.intermediatePem(),
                                other.intermediateKeyPem()))
                .hasMessage(
                        "CA of 'west.example': expected an intermediate that the root signed; found another");
    }

    @Test
    void noProviderWasRegistered() {
        assertThat(Security.getProvider("BC")).isNull();
    }

    private void assertRefused(byte[] request, String message) {
        assertThatThrownBy(() -> authority.issue(request, BILLING, List.of(), LIFE))
                .isInstanceOf(CsrRejectedException.class)
                .hasMessageContaining(message);
    }

    private static GeneralName uri(String text) {
        return new GeneralName(GeneralName.uniformResourceIdentifier, text);
    }

    private static ASN1Encodable names(List<GeneralName> names) throws Exception {
        var asked = new ExtensionsGenerator();
        asked.addExtension(
                Extension.subjectAlternativeName,
                true,
                new GeneralNames(names.toArray(GeneralName[]::new)));
        return asked.generate();
    }

    private static byte[] request(KeyPair key, String subject, ASN1Encodable... extensions)
            throws Exception {
        var builder =
                new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), key.getPublic());
        for (var asked : extensions) {
            builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, asked);
        }
        var algorithm =
                key.getPrivate().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        return builder.build(new JcaContentSignerBuilder(algorithm).build(key.getPrivate()))
                .getEncoded();
    }

    private static KeyPair curve(String name) throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(name));
        return generator.generateKeyPair();
    }
}
