package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.Secret;
import dev.hansa.peering.api.CaOperations;
import dev.hansa.peering.config.ExternalCaFiles;
import dev.hansa.peering.discovery.RoutePublisher.ProxyTrust;
import dev.hansa.peering.store.CaRecord;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.TestStore;
import dev.hansa.peering.stream.LiveStreams;
import dev.hansa.token.PeeringToken;
import dev.hansa.token.TokenReader;
import dev.hansa.token.TokenReading;
import dev.hansa.token.TokenTerms;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.tls.PeerVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RootRotationTest {
    private static final Datacenter EKS = new Datacenter("eks");

    @TempDir Path folder;
    private final Queue<PeeringEvent> events = new ConcurrentLinkedQueue<>();
    private volatile List<ProxyTrust> proxies = List.of();
    private Closer closer = new Closer();
    private Optional<ExternalCaFiles> external = Optional.empty();
    private Duration limit = Duration.ofHours(1);
    private Duration settle = Duration.ZERO;
    private Clock clock = Clock.systemUTC();
    private RaftStore store;
    private CertificateKeeper keeper;
    private RootRotation rotation;

    @BeforeEach
    void open() {
        open(folder.resolve("data"));
    }

    private void open(Path data) {
        store = closer.add(TestStore.open(data));
        keeper =
                CertificateKeeper.open(
                        store, EKS, () -> CertificateKeeper.first(EKS, external, clock), clock);
        rotation =
                closer.add(
                        new RootRotation(
                                store,
                                new LiveStreams(),
                                () -> proxies,
                                keeper::renew,
                                new RootRotation.Terms(external, limit, Duration.ofDays(3), settle),
                                clock,
                                events::add));
        rotation.start();
    }

    /// A server that is killed leaves its files as they are at that moment; another finds them so.
    private void killAndStartAgain() throws Exception {
        var left = Files.createTempDirectory(folder, "left");
        Files.delete(left);
        TestStore.copy(folder.resolve("data"), left);
        again(left);
    }

    @AfterEach
    void close() throws Exception {
        closer.close();
    }

    private void again(Path data) throws Exception {
        close();
        closer = new Closer();
        open(data);
    }

    private CaRecord ca() {
        return store.now().ca().orElseThrow();
    }

    private Optional<CaRecord.Phase> phase() {
        return ca().rotation().map(CaRecord.Rotation::phase);
    }

    private ProxyTrust proxy(String issuer) {
        return new ProxyTrust("/svc/a#1", keeper.authority().bundle().roots(), issuer);
    }

    private PeerVerifier.Verdict serversLeafSeenWith(TrustBundle bundle) {
        return PeerVerifier.verify(
                keeper.own().leaf().chain(),
                BundleSet.EMPTY.with(bundle),
                PeerVerifier.Usage.SERVER,
                clock.instant());
    }

    @Test
    void oldRootStaysForHandshakesThatAreOnTheirWay() throws Exception {
        settle = Duration.ofSeconds(1);
        again(folder.resolve("settling"));
        proxies = List.of(proxy(ca().issuer()));
        assertThat(rotation.rotate(false)).isEmpty();
        proxies = List.of(proxy(ca().issuer()));
        await().until(() -> phase().equals(Optional.of(CaRecord.Phase.RETIRING)));

        // all have the new certificate now
        proxies = List.of(proxy(ca().issuer()));
        var renewed = System.nanoTime();
        await().pollInterval(Duration.ofMillis(20)).until(() -> phase().isEmpty());

        assertThat(Duration.ofNanos(System.nanoTime() - renewed))
                .isGreaterThanOrEqualTo(Duration.ofMillis(900));
    }

    @Test
    void oneAfterTheOtherBothRootsThenTheNewOneSignsThenTheOldOneGoes() {
        var old = keeper.authority().bundle();
        var oldIssuer = ca().issuer();
        // it has not heard of the new root yet
        proxies = List.of(proxy(oldIssuer));

        assertThat(rotation.rotate(false)).isEmpty();

        await().during(Duration.ofMillis(500))
                .until(() -> phase().equals(Optional.of(CaRecord.Phase.PUBLISHING)));
        assertThat(keeper.authority().bundle().roots())
                .hasSize(2)
                .startsWith(old.roots().getFirst());
        assertThat(ca().issuer()).isEqualTo(oldIssuer);
        assertThat(rotation.status().rotation().orElseThrow().waits())
                .extracting(CaOperations.Wait::kind, CaOperations.Wait::name)
                .containsExactly(tuple("proxy", "/svc/a#1"));

        proxies = List.of(proxy(oldIssuer));

        await().until(() -> phase().equals(Optional.of(CaRecord.Phase.RETIRING)));
        await().untilAsserted(() ->
                assertThat(serversLeafSeenWith(keeper.authority().bundle()))
                        .isInstanceOf(PeerVerifier.Trusted.class));
        assertThat(ca().issuer()).isNotEqualTo(oldIssuer);
        assertThat(keeper.authority().bundle().roots()).hasSize(2).endsWith(old.roots().getFirst());
        await().untilAsserted(() ->
                assertThat(rotation.status().rotation().orElseThrow().waits())
                        .extracting(CaOperations.Wait::reason)
                        .containsExactly("uses a certificate of the old root"));

        proxies = List.of(proxy(ca().issuer()));

        await().until(() -> phase().isEmpty());
        assertThat(keeper.authority().bundle().roots())
                .hasSize(1)
                .doesNotContainAnyElementsOf(old.roots());
        // who was away all the time still knows us
        assertThat(serversLeafSeenWith(old)).isInstanceOf(PeerVerifier.Trusted.class);
        assertThat(serversLeafSeenWith(keeper.authority().bundle()))
                .isInstanceOf(PeerVerifier.Trusted.class);
    }

    private String token() {
        var now = clock.instant();
        return keeper.tokenIssuer()
                .issue(
                        new PeeringToken(
                                keeper.trustDomain(),
                                EKS,
                                "lke",
                                now,
                                now,
                                now.plus(Duration.ofHours(1)),
                                "t1",
                                "p1",
                                MeshNames.peeringServer(EKS, keeper.trustDomain()),
                                List.of("127.0.0.1:8443"),
                                List.of(),
                                ca().rootPems(),
                                new Secret("e4b3d9f6-3f0c-4b6e-8e58-8d7f5d7a9b1c")));
    }

    private PeeringToken read(String token) {
        return switch (new TokenReader()
                .read(token, clock.instant(), TokenTerms.of(new Datacenter("lke")))) {
            case TokenReading.Accepted(var accepted, _, _) -> accepted;
            case TokenReading.Rejected(var rejection) ->
                    throw new AssertionError(rejection.sentence());
        };
    }

    private static String header(String token) {
        return token.substring(0, token.indexOf('.'));
    }

    /// A token says by which certificate it is signed and by which root that is: no list of keys
    /// has to be kept for it.
    @Test
    void tokenIsGoodWhicheverKeyAndRootCameAfterIt() {
        var first = token();
        var firstRoots = ca().rootPems();
        keeper.renew();
        var underAnotherKey = token();
        assertThat(header(underAnotherKey)).isNotEqualTo(header(first));

        proxies = List.of(proxy(ca().issuer()));
        assertThat(rotation.rotate(false)).isEmpty();
        var publishing = token();
        proxies = List.of(proxy(ca().issuer()));
        await().until(() -> phase().equals(Optional.of(CaRecord.Phase.RETIRING)));
        // between the switch and the server's new leaf, too
        var retiring = token();
        var renewed = keeper.renew();
        var underTheNewRoot = token();
        proxies = List.of(proxy(ca().issuer()));
        await().until(() -> phase().isEmpty());
        var last = token();

        assertThat(read(first).caPems()).isEqualTo(firstRoots);
        assertThat(read(underAnotherKey).caPems()).isEqualTo(firstRoots);
        for (var both : List.of(publishing, retiring, underTheNewRoot)) {
            assertThat(read(both).caPems()).hasSize(2).containsAll(firstRoots);
        }
        assertThat(header(underTheNewRoot)).isNotEqualTo(header(publishing));
        assertThat(renewed.leaf().chain().get(1).getIssuerX500Principal())
                .isEqualTo(
                        keeper.authority().bundle().roots().getFirst().getSubjectX500Principal());
        assertThat(read(last).caPems()).hasSize(1).doesNotContainAnyElementsOf(firstRoots);
    }

    @Test
    void killedAtEveryPhaseItGoesOnFromThere() throws Exception {
        var oldIssuer = ca().issuer();
        proxies = List.of(proxy(oldIssuer));
        assertThat(rotation.rotate(false)).isEmpty();
        var published = ca();

        killAndStartAgain();

        assertThat(ca()).isEqualTo(published);
        assertThat(phase()).contains(CaRecord.Phase.PUBLISHING);

        proxies = List.of(proxy(oldIssuer));
        await().until(() -> phase().equals(Optional.of(CaRecord.Phase.RETIRING)));
        // gone for the moment, with a certificate of the old root: a restart must not forget it
        proxies = List.of();
        var switched = ca();
        var data = folder.resolve("again");
        Files.move(latest(), data);
        again(data);

        assertThat(ca()).isEqualTo(switched);
        await().during(Duration.ofMillis(500))
                .until(() -> phase().equals(Optional.of(CaRecord.Phase.RETIRING)));
        assertThat(rotation.status().rotation().orElseThrow().waits())
                .extracting(CaOperations.Wait::reason)
                .containsExactly("is away with a certificate of the old root");

        proxies = List.of(proxy(ca().issuer()));
        await().until(() -> phase().isEmpty());
        var retired = ca();
        again(data);
        assertThat(ca()).isEqualTo(retired);
        assertThat(phase()).isEmpty();
    }

    private Path latest() throws IOException {
        try (var all = Files.list(folder)) {
            return all.filter(path -> path.getFileName().toString().startsWith("left"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void secondRotationDuringARotationIsRefused() {
        proxies = List.of(proxy(ca().issuer()));
        assertThat(rotation.rotate(false)).isEmpty();

        assertThat(rotation.rotate(false).orElseThrow())
                .startsWith("rotation: expected none in progress; found one publishing, begun at ");
    }

    @Test
    void whoDoesNotAnswerDelaysItUpToTheLimit() throws Exception {
        limit = Duration.ofSeconds(1);
        again(folder.resolve("data"));
        proxies = List.of(proxy("unknown"));

        assertThat(rotation.rotate(false)).isEmpty();

        await().atMost(Duration.ofSeconds(30)).until(() -> phase().isEmpty());
        assertThat(events)
                .filteredOn(PeeringEvent.CaRotated.class::isInstance)
                .extracting(event -> ((PeeringEvent.CaRotated) event).step())
                .containsExactly(
                        "publishing", "waited-enough", "switched", "waited-enough", "retired");
    }

    @Test
    void operatorsOwnRootIsTheFirstOrTheNext() throws Exception {
        assertThat(rotation.rotate(true).orElseThrow())
                .startsWith("rotation: expected the settings ca.root-file");
        var theirs = CaMaterial.create(keeper.trustDomain(), EKS, clock.instant());
        external = Optional.of(files(theirs));
        again(folder.resolve("data"));

        assertThat(rotation.rotate(true)).isEmpty();

        await().until(() -> phase().isEmpty());
        assertThat(keeper.authority().bundle().roots()).containsExactly(theirs.root());
        assertThat(ca().rootKeyPem().value()).isEmpty();
        assertThat(rotation.status().isOwn()).isFalse();
        assertThat(rotation.rotate(true).orElseThrow())
                .isEqualTo(
                        "ca.intermediate-file: expected another intermediate than the present one; found the same");
        var renewed = theirs.withNewIntermediate(clock.instant());
        files(renewed);
        assertThat(rotation.rotate(true)).isEmpty();
        assertThat(phase()).isEmpty();
        assertThat(keeper.renew().leaf().chain().get(1)).isEqualTo(renewed.intermediate());

        again(folder.resolve("fresh"));
        assertThat(keeper.authority().bundle().roots()).containsExactly(theirs.root());
        assertThat(keeper.trustDomain()).isEqualTo(theirs.trustDomain());
    }

    private ExternalCaFiles files(CaMaterial ca) throws IOException {
        return new ExternalCaFiles(
                Files.writeString(folder.resolve("root.pem"), ca.rootPem()),
                Files.writeString(folder.resolve("intermediate.pem"), ca.intermediatePem()),
                Files.writeString(folder.resolve("key.pem"), ca.intermediateKeyPem().value()));
    }

    @Test
    void fileThatIsNotWhatItHasToBeIsNamed() throws Exception {
        var theirs = CaMaterial.create(keeper.trustDomain(), EKS, clock.instant());
        external = Optional.of(files(theirs));
        again(folder.resolve("data"));
        Files.delete(folder.resolve("key.pem"));

        assertThat(rotation.rotate(true).orElseThrow())
                .startsWith("ca.intermediate-key-file: expected a file that can be read; found ");
        assertThat(phase()).isEmpty();
    }

    @Test
    void intermediateIsRenewedLongBeforeItsEnd() throws Exception {
        var first = ca();
        close();
        closer = new Closer();
        clock = Clock.fixed(Instant.now().plus(Duration.ofDays(200)), ZoneOffset.UTC);
        open(folder.resolve("data"));

        await().until(() -> ca().generation() > first.generation());
        assertThat(ca().rootPem()).isEqualTo(first.rootPem());
        assertThat(ca().issuer()).isNotEqualTo(first.issuer());
    }

    /// CVE-2020-28053: CA private keys where operators can read.
    @Test
    void noWordAboutARotationShowsAKey() {
        proxies = List.of(proxy(ca().issuer()));
        assertThat(rotation.rotate(false)).isEmpty();

        assertThat(ca() + " " + rotation.status() + " " + events + " " + keeper.own())
                .doesNotContain("PRIVATE KEY")
                .doesNotContain(
                        ca().intermediateKeyPem().value().lines().skip(1).findFirst().get());
    }

    @Test
    void databaseWithTheKeysIsReadableByItsOwnerAlone() throws Exception {
        try (var files = Files.walk(folder.resolve("data"))) {
            assertThat(files.filter(file -> file.getFileName().toString().startsWith("hansa.db")))
                    .isNotEmpty()
                    .allSatisfy(file ->
                            assertThat(
                                            PosixFilePermissions.toString(
                                                    Files.getPosixFilePermissions(file)))
                                    .endsWith("------"));
        }
    }
}
