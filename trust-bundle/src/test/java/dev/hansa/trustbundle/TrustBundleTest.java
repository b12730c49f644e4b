package dev.hansa.trustbundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrustBundleTest {
    private static final TrustDomain WEST = new TrustDomain("west.example");
    private static final TrustDomain EAST = new TrustDomain("east.example");
    private static final CaMaterial CA =
            CaMaterial.create(WEST, new Datacenter("dc1"), Instant.parse("2026-11-23T00:00:00Z"));

    @Test
    void pemIsReadAgain() {
        var bundle = new TrustBundle(WEST, List.of(CA.root(), CA.intermediate()));

        assertThat(TrustBundle.fromPem(WEST, bundle.pems())).isEqualTo(bundle);
        assertThat(TrustBundle.fromPem(WEST, List.of(String.join("", bundle.pems()))))
                .isEqualTo(bundle);
        assertThat(bundle.pems()).allMatch(pem -> pem.endsWith("-----END CERTIFICATE-----\n"));
    }

    @Test
    void textThatIsNoCertificateIsRefusedByItsNumber() {
        for (var bad : List.of("", "not pem", CA.rootPem().substring(0, 200))) {
            assertThatThrownBy(() -> TrustBundle.fromPem(WEST, List.of(CA.rootPem(), bad)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("trust bundle of 'west.example', root 1: expected");
        }
    }

    /// SPIRE 1.14.7: what travels with the certificate that is checked must not be believed with
    /// it.
    @Test
    void certificateThatIsNoAuthoritysSpeaksForNobody() {
        var leaf =
                new CertificateAuthority(
                                CA,
                                Clock.fixed(Instant.parse("2026-11-23T00:00:00Z"), ZoneOffset.UTC))
                        .issue(
                                CertificateRequest.newKey().getPublic(),
                                SpiffeId.service(WEST, new Datacenter("dc1"), "billing"),
                                List.of(),
                                Duration.ofHours(1))
                        .chain()
                        .getFirst();

        assertThatThrownBy(() ->
                        TrustBundle.fromPem(WEST, List.of(CA.rootPem() + TrustBundle.pem(leaf))))
                .hasMessage(
                        "trust bundle of 'west.example', root 0: expected a PEM certificate: not a CA's");
    }

    @Test
    void oversizedTextIsNotParsed() {
        assertThatThrownBy(() -> TrustBundle.fromPem(WEST, List.of("a".repeat(16 * 1024 + 1))))
                .hasMessage(
                        "trust bundle of 'west.example', root 0: expected at most 16384 characters;"
                                + " found 16385");
    }

    @Test
    void moreRootsThanARotationNeedsAreRefused() {
        assertThatThrownBy(() -> new TrustBundle(WEST, Collections.nCopies(17, CA.root())))
                .hasMessage("trust bundle of 'west.example': expected at most 16 roots; found 17");
    }

    @Test
    void bundleStandsOnlyUnderItsOwnTrustDomain() {
        var bundle = new TrustBundle(WEST, List.of(CA.root()));

        assertThatThrownBy(() -> new BundleSet(Map.of(EAST, bundle)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(BundleSet.EMPTY.with(bundle).of(WEST)).contains(bundle);
        assertThat(BundleSet.EMPTY.with(bundle).of(EAST)).isEmpty();
    }

    @Test
    void laterBundleOfATrustDomainTakesThePlaceOfTheEarlier() {
        var earlier = new TrustBundle(WEST, List.of(CA.root()));
        var later = new TrustBundle(WEST, List.of());
        var set = BundleSet.EMPTY.with(earlier);

        assertThat(set.with(later).of(WEST)).contains(later);
        assertThat(set.of(WEST)).contains(earlier);
    }
}
