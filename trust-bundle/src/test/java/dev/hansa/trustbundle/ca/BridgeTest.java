package dev.hansa.trustbundle.ca;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.tls.PeerVerifier;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class BridgeTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final TrustDomain WEST = new TrustDomain("west.example");
    private static final Datacenter DC = new Datacenter("dc1");
    private static final SpiffeId BILLING = SpiffeId.service(WEST, DC, "billing");

    private final CaMaterial old = CaMaterial.create(WEST, DC, NOW);
    private final CaMaterial next = CaMaterial.create(WEST, DC, NOW);
    private final X509Certificate bridge = old.bridgeTo(next.root(), NOW);

    private static LeafCertificate leaf(IssuingCa ca) {
        return new CertificateAuthority(() -> ca, Clock.fixed(NOW, ZoneOffset.UTC))
                .issue(
                        CertificateRequest.newKey().getPublic(),
                        BILLING,
                        List.of(),
                        Duration.ofHours(1));
    }

    private static PeerVerifier.Verdict seenBy(LeafCertificate leaf, X509Certificate... roots) {
        return PeerVerifier.verify(
                leaf.chain(),
                BundleSet.EMPTY.with(new TrustBundle(WEST, List.of(roots))),
                PeerVerifier.Usage.SERVER,
                NOW);
    }

    private IssuingCa bridged() {
        return new IssuingCa(
                WEST,
                next.root(),
                next.intermediate(),
                next.intermediateKey(),
                List.of(bridge),
                List.of(old.root()));
    }

    @Test
    void leafOfTheNextRootIsTrustedByWhomeverKnowsEither() {
        var leaf = leaf(bridged());

        assertThat(seenBy(leaf, old.root()).trusted()).contains(BILLING);
        assertThat(seenBy(leaf, next.root()).trusted()).contains(BILLING);
        assertThat(seenBy(leaf, old.root(), next.root()).trusted()).contains(BILLING);
    }

    @Test
    void withoutTheBridgeTheOldRootDoesNotSpeakForTheNext() {
        assertThat(seenBy(leaf(next.issuing()), old.root()))
                .isInstanceOf(PeerVerifier.Rejected.class);
    }

    @Test
    void bridgeDoesNotSpeakForAStrangersRoot() {
        var stranger = CaMaterial.create(WEST, DC, NOW);

        assertThat(seenBy(leaf(bridged()), stranger.root()))
                .isInstanceOf(PeerVerifier.Rejected.class);
    }

    @Test
    void bundleNamesTheSigningRootFirst() {
        assertThat(bridged().bundle().roots()).containsExactly(next.root(), old.root());
    }

    @Test
    void newIntermediateOfTheSameRootIsTrustedAsTheOldOneWas() {
        var renewed = old.withNewIntermediate(NOW);

        assertThat(renewed.intermediate()).isNotEqualTo(old.intermediate());
        assertThat(seenBy(leaf(renewed.issuing()), old.root()).trusted()).contains(BILLING);
    }

    @Test
    void noWordAboutACaShowsItsKeys() {
        assertThat(bridged() + " " + old)
                .isEqualTo("IssuingCa[west.example] CaMaterial[west.example]");
    }
}
