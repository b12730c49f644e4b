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
import dev.hansa.trustbundle.tls.PeerVerifier.Usage;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;

class PeerMemoryTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
    private static final Duration LIFE = Duration.ofHours(1);

    /// Longer than a root's.
    private static final Duration LONG = Duration.ofDays(3660);

    private static final TrustDomain WEST = new TrustDomain("west.example");
    private static final Datacenter DC = new Datacenter("dc1");

    private final CaMaterial west = CaMaterial.create(WEST, DC, NOW);
    private final BundleSet bundles =
            BundleSet.EMPTY.with(new TrustBundle(WEST, List.of(west.root())));
    private final PeerMemory memory = new PeerMemory(bundles, Usage.CLIENT);

    private static List<X509Certificate> issued(CaMaterial authority, String service) {
        return new CertificateAuthority(authority, Clock.fixed(NOW, ZoneOffset.UTC))
                .issue(
                        CertificateRequest.newKey().getPublic(),
                        SpiffeId.service(WEST, DC, service),
                        List.of(),
                        LIFE)
                .chain();
    }

    /// As another connection brings them: the same bytes, other objects.
    private static List<X509Certificate> again(List<X509Certificate> chain) {
        try {
            var parsed = new ArrayList<X509Certificate>();
            for (var certificate : chain) {
                parsed.add(
                        (X509Certificate)
                                CertificateFactory.getInstance("X.509")
                                        .generateCertificate(
                                                new ByteArrayInputStream(
                                                        certificate.getEncoded())));
            }
            return parsed;
        } catch (CertificateException e) {
            throw new IllegalStateException("a certificate that was parsed before", e);
        }
    }

    private static Reason reason(PeerVerifier.Verdict verdict) {
        assertThat(verdict).isInstanceOf(Rejected.class);
        return ((Rejected) verdict).reason();
    }

    @Test
    void whoWasBelievedIsNotVerifiedAnew() {
        var chain = issued(west, "billing");

        var first = memory.verify(chain, NOW);

        assertThat(first.trusted()).contains(SpiffeId.service(WEST, DC, "billing"));
        assertThat(memory.verify(again(chain), NOW.plusSeconds(60))).isSameAs(first);
    }

    @Test
    void verdictIsComputedAnewAfterAWhile() {
        var chain = issued(west, "billing");
        var first = memory.verify(chain, NOW);

        assertThat(memory.verify(chain, NOW.plus(PeerMemory.LONGEST))).isSameAs(first);
        assertThat(memory.verify(chain, NOW.plus(PeerMemory.LONGEST).plusMillis(1)))
                .isNotSameAs(first)
                .isEqualTo(first);
    }

    @Test
    void certificateThatHasEndedIsNotBelievedAnyMore() {
        var chain = issued(west, "billing");
        var end = chain.getFirst().getNotAfter().toInstant();
        var first = memory.verify(chain, end.minusSeconds(1));

        assertThat(first.trusted()).isPresent();
        assertThat(memory.verify(chain, end)).isSameAs(first);
        assertThat(reason(memory.verify(chain, end.plusMillis(1)))).isEqualTo(Reason.EXPIRED);
    }

    @Test
    void clockThatIsSetBackIsBelieved() {
        var chain = issued(west, "billing");
        var beginning = chain.getFirst().getNotBefore().toInstant();
        assertThat(memory.verify(chain, beginning).trusted()).isPresent();

        assertThat(reason(memory.verify(chain, beginning.minusMillis(1))))
                .isEqualTo(Reason.NOT_YET_VALID);
    }

    /// The leaf lives on: the time of what is above it counts as well.
    @Test
    void intermediateThatHasEndedIsNotBelievedAnyMore() throws Exception {
        var end = west.intermediate().getNotAfter().toInstant();
        var chain = livesLongerThanItsIssuer();
        assertThat(memory.verify(chain, end.minusSeconds(1)).trusted()).isPresent();

        assertThat(reason(memory.verify(chain, end.plusSeconds(1))))
                .isEqualTo(Reason.NO_PATH_TO_ROOT);
    }

    @Test
    void rootThatHasEndedIsNotBelievedAnyMore() throws Exception {
        var end = west.root().getNotAfter().toInstant();
        var chain = livesLongerThanItsRoot();
        assertThat(memory.verify(chain, end.minusSeconds(1)).trusted()).isPresent();

        assertThat(reason(memory.verify(chain, end.plusSeconds(1))))
                .isEqualTo(Reason.NO_PATH_TO_ROOT);
    }

    private List<X509Certificate> livesLongerThanItsIssuer() throws Exception {
        return List.of(
                longLived().signedBy(west.intermediate(), west.intermediateKey()),
                west.intermediate());
    }

    private List<X509Certificate> livesLongerThanItsRoot() throws Exception {
        var forged =
                new ForgedCertificate(NOW)
                        .subject("CN=long-lived")
                        .authority(0)
                        .usage(new KeyUsage(KeyUsage.keyCertSign))
                        .purposes()
                        .life(LONG.toSeconds());
        var intermediate = forged.signedBy(west.root(), west.rootKey());
        return List.of(longLived().signedBy(intermediate, forged.key().getPrivate()), intermediate);
    }

    private static ForgedCertificate longLived() {
        return new ForgedCertificate(NOW)
                .uri(SpiffeId.service(WEST, DC, "billing").uri())
                .life(LONG.toSeconds());
    }

    @Test
    void chainThatDiffersInAByteIsAnother() {
        var billing = issued(west, "billing");
        var impostor = issued(CaMaterial.create(WEST, DC, NOW), "billing");
        assertThat(memory.verify(billing, NOW).trusted()).isPresent();

        assertThat(reason(memory.verify(impostor, NOW))).isEqualTo(Reason.NO_PATH_TO_ROOT);
        assertThat(reason(memory.verify(List.of(billing.getFirst()), NOW)))
                .isEqualTo(Reason.NO_PATH_TO_ROOT);
        assertThat(reason(memory.verify(List.of(billing.getFirst(), impostor.getLast()), NOW)))
                .isEqualTo(Reason.NO_PATH_TO_ROOT);
    }

    @Test
    void usageIsTheMemorysOwn() throws Exception {
        var chain =
                List.of(
                        longLived()
                                .purposes(KeyPurposeId.id_kp_clientAuth)
                                .signedBy(west.intermediate(), west.intermediateKey()),
                        west.intermediate());
        assertThat(memory.verify(chain, NOW).trusted()).isPresent();

        assertThat(reason(new PeerMemory(bundles, Usage.SERVER).verify(chain, NOW)))
                .isEqualTo(Reason.WRONG_USAGE);
    }

    @Test
    void whoIsNotBelievedLeavesNothing() {
        var impostor = issued(CaMaterial.create(WEST, DC, NOW), "billing");

        memory.verify(impostor, NOW);
        memory.verify(List.of(), NOW);

        assertThat(memory.size()).isZero();
    }

    @Test
    void chainThatIsTooLargeToBeKeptIsVerifiedEachTime() throws Exception {
        var leaf = longLived();
        for (var i = 0; i < 40; i++) {
            leaf.dns("a".repeat(60) + "." + "b".repeat(60) + "." + "c".repeat(60) + "." + i);
        }
        var chain =
                List.of(
                        leaf.signedBy(west.intermediate(), west.intermediateKey()),
                        west.intermediate());
        assertThat(chain.getFirst().getEncoded().length)
                .isBetween(PeerMemory.LONGEST_CHAIN - 1024, PeerMemory.LONGEST_CHAIN);

        assertThat(memory.verify(chain, NOW).trusted()).isPresent();

        assertThat(memory.size()).isZero();
    }

    @Test
    void noMoreThanItsMostAreRemembered() {
        for (var i = 0; i < PeerMemory.MOST; i++) {
            assertThat(memory.verify(issued(west, "service-" + i), NOW).trusted()).isPresent();
        }
        assertThat(memory.size()).isEqualTo(PeerMemory.MOST);

        assertThat(memory.verify(issued(west, "billing"), NOW).trusted()).isPresent();

        assertThat(memory.size()).isEqualTo(1);
    }

    @Test
    void memorySaysWhatTheVerifierSaysAtAnyTime() throws Exception {
        var random = new Random(40);
        var chains =
                List.of(
                        issued(west, "billing"),
                        livesLongerThanItsIssuer(),
                        livesLongerThanItsRoot(),
                        issued(CaMaterial.create(WEST, DC, NOW), "billing"));
        var seen = Collections.newSetFromMap(new IdentityHashMap<PeerVerifier.Verdict, Boolean>());
        var remembered = 0;
        var refused = 0;
        for (var i = 0; i < 200; i++) {
            var chain = chains.get(random.nextInt(chains.size()));
            var edge =
                    List.of(
                                    chain.getFirst().getNotBefore(),
                                    chain.getFirst().getNotAfter(),
                                    west.intermediate().getNotAfter(),
                                    west.root().getNotAfter())
                            .get(random.nextInt(4))
                            .toInstant();
            var at = edge.plusSeconds(random.nextInt(-400, 400));
            seen.add(memory.verify(chain, at));
            var then = at.plusSeconds(random.nextInt(-700, 700));

            var said = memory.verify(chain, then);

            assertThat(said)
                    .as("round " + i + " at " + then + ", asked before at " + at)
                    .isEqualTo(PeerVerifier.verify(chain, bundles, Usage.CLIENT, then));
            remembered += seen.contains(said) ? 1 : 0;
            refused += said.trusted().isEmpty() ? 1 : 0;
        }
        assertThat(remembered).as("answers from memory").isGreaterThan(10);
        assertThat(refused).as("refusals").isGreaterThan(10);
    }
}
