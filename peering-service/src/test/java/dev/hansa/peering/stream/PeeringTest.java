package dev.hansa.peering.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.PeeringFailure;
import dev.hansa.peering.PeeringState;
import dev.hansa.peering.establish.Acceptor;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.peering.establish.TokenGeneration;
import dev.hansa.tests.support.FreePorts;
import dev.hansa.token.TokenForm;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two whole ends over real TLS on loopback: eks makes the token, lke dials.
class PeeringTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir Path dir;

    private final Vertx vertx = Vertx.vertx();
    private TestDatacenter eks;
    private TestDatacenter lke;

    @BeforeEach
    void start() throws Exception {
        eks = new TestDatacenter(vertx, "eks", dir.resolve("eks"));
        lke = new TestDatacenter(vertx, "lke", dir.resolve("lke"));
    }

    @AfterEach
    void stop() throws Exception {
        lke.close();
        eks.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private void peer() throws Exception {
        assertThat(lke.establish("eks", eks.token("lke", "lke")))
                .isInstanceOf(Establishment.Established.class);
        await().atMost(SOON)
                .untilAsserted(() -> {
                    assertThat(eks.state("lke")).contains(PeeringState.ACTIVE);
                    assertThat(lke.state("eks")).contains(PeeringState.ACTIVE);
                });
    }

    @Test
    void revokedTokenIsWorthless() throws Exception {
        var token = eks.token("lke", "lke");

        assertThat(eks.acceptor.revokeToken(new PeerName("lke")))
                .isInstanceOf(Acceptor.Revocation.Revoked.class);
        assertThat(lke.establish("eks", token).toString())
                .contains("invalid peering establishment secret");
        assertThat(eks.acceptor.revokeToken(new PeerName("lke")))
                .isInstanceOf(Acceptor.Revocation.Refused.class);
    }

    /// Consul's TestPeeringService_Establish: the token that Consul knows, used up as any other.
    @Test
    void tokenInConsulsFormEstablishesOnce() throws Exception {
        var token = eks.token("lke", "lke", TokenForm.CONSUL);

        assertThat(lke.establish("eks", token)).isInstanceOf(Establishment.Established.class);
        assertThat(lke.establish("eks", token)).isInstanceOf(Establishment.Refused.class);
    }

    @Test
    void bothSidesAreActiveAndTrustEachOther() throws Exception {
        peer();

        await().atMost(SOON)
                .untilAsserted(() -> {
                    assertThat(eks.trusted("lke")).contains(lke.trustDomain.name());
                    assertThat(lke.trusted("eks")).contains(eks.trustDomain.name());
                });
        assertThat(eks.store.now().peering(new PeerName("lke")).orElseThrow().trustDomain())
                .contains(lke.trustDomain);
        assertThat(eks.store.now().peering(new PeerName("lke")).orElseThrow().remoteDatacenter())
                .isEqualTo("lke");
    }

    @Test
    void onlyWhatIsExportedIsImportedAndWithdrawalTakesItAway() throws Exception {
        lke.run("shippingservice", CheckStatus.PASSING);
        lke.run("cartservice", CheckStatus.PASSING);
        peer();
        lke.export("shippingservice>eks");

        await().atMost(SOON).until(() -> eks.imported("lke").equals(List.of("shippingservice")));
        await().atMost(SOON).until(() -> !importedProxies("shippingservice").isEmpty());
        var proxy = importedProxies("shippingservice").getFirst();
        assertThat(proxy.peerMeta().orElseThrow().sni())
                .containsExactly("shippingservice.default.default.eks.external." + lke.trustDomain);
        assertThat(proxy.wanEndpoint().orElseThrow()).hasToString("203.0.113.7:8443");

        lke.exportNothing();
        await().atMost(SOON).until(() -> eks.imported("lke").isEmpty());
        await().atMost(SOON).until(() -> importedProxies("shippingservice").isEmpty());
    }

    private List<ServiceInstance> importedProxies(String service) {
        return eks.catalog
                .snapshots()
                .get()
                .from(new PeerName("lke"))
                .named(service + "-sidecar-proxy");
    }

    @Test
    void bothSidesExportAtTheSameTimeAndChangesOfHealthArrive() throws Exception {
        lke.run("shippingservice", CheckStatus.PASSING);
        lke.export("*>eks");
        eks.run("cartservice", CheckStatus.PASSING);
        eks.export("cartservice>lke");
        peer();

        await().atMost(SOON).until(() -> lke.imported("eks").equals(List.of("cartservice")));
        await().atMost(SOON).until(() -> eks.imported("lke").equals(List.of("shippingservice")));

        lke.run("shippingservice", CheckStatus.CRITICAL);
        await().atMost(SOON)
                .until(() ->
                        eks
                                .catalog
                                .snapshots()
                                .get()
                                .from(new PeerName("lke"))
                                .named("shippingservice")
                                .stream()
                                .anyMatch(one -> one.status() == CheckStatus.CRITICAL));
    }

    @Test
    void deletionTellsThePeerAndLeavesNothing() throws Exception {
        lke.run("shippingservice", CheckStatus.PASSING);
        lke.export("shippingservice>eks");
        eks.run("cartservice", CheckStatus.PASSING);
        eks.export("cartservice>lke");
        peer();
        await().atMost(SOON).until(() -> eks.imported("lke").equals(List.of("shippingservice")));
        await().atMost(SOON).until(() -> lke.imported("eks").equals(List.of("cartservice")));

        eks.delete("lke");

        await().atMost(SOON)
                .untilAsserted(() -> {
                    assertThat(eks.state("lke")).isEmpty();
                    assertThat(lke.state("eks")).contains(PeeringState.TERMINATED);
                    assertThat(eks.catalog.snapshots().get().imported()).isEmpty();
                    assertThat(lke.catalog.snapshots().get().imported()).isEmpty();
                    assertThat(lke.store.now().bundles()).isEmpty();
                    assertThat(eks.store.now().bundles()).isEmpty();
                    assertThat(eks.store.now().secrets()).isEmpty();
                });
    }

    @Test
    void dialerMayDeleteTooAndPeerAgain() throws Exception {
        peer();
        lke.delete("eks");
        await().atMost(SOON)
                .untilAsserted(() -> {
                    assertThat(lke.state("eks")).isEmpty();
                    assertThat(eks.state("lke")).contains(PeeringState.TERMINATED);
                });

        eks.delete("lke");
        await().atMost(SOON).until(() -> eks.state("lke").isEmpty());
        peer();
    }

    @Test
    void tokenWorksOnceAndARefusedOneChangesNothing() throws Exception {
        var token = eks.token("lke", "lke");
        assertThat(lke.establish("eks", token)).isInstanceOf(Establishment.Established.class);
        await().atMost(SOON).until(() -> lke.state("eks").equals(Optional.of(PeeringState.ACTIVE)));

        var third =
                new TestDatacenter(
                        vertx,
                        "lke",
                        new TrustDomain("33333333.consul"),
                        dir.resolve("third"),
                        TestDatacenter.times());
        try (third) {
            assertThat(third.establish("eks", token))
                    .isEqualTo(
                            new Establishment.Refused(
                                    new PeeringFailure.SecretDenied(
                                            "invalid peering establishment secret")));
            assertThat(third.store.now().peerings()).isEmpty();
        }
        assertThat(lke.establish("eks", token)).isInstanceOf(Establishment.Refused.class);
        assertThat(lke.state("eks")).contains(PeeringState.ACTIVE);
        assertThat(lke.establish("again", token)).isInstanceOf(Establishment.Refused.class);
        assertThat(lke.state("again")).isEmpty();
    }

    @Test
    void onlyAddressIsGivenTimeToAnswer() throws Exception {
        try (var silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            var address = "127.0.0.1:" + silent.getLocalPort();
            var token = eks.token("lke", "lke", TokenForm.SIGNED, List.of(address));

            assertThat(lke.establish("eks", token).toString())
                    .contains("Unreachable")
                    .contains("no answer after 10000 ms");
        }
    }

    @Test
    void denialNamesTheAttemptsBeforeIt() throws Exception {
        var address = "127.0.0.1:" + FreePorts.one();
        var token = eks.token("lke", "lke", TokenForm.SIGNED, List.of(address, eks.address));
        eks.acceptor.revokeToken(new PeerName("lke"));

        assertThat(lke.establish("eks", token).toString())
                .contains("SecretDenied")
                .contains("invalid peering establishment secret; earlier attempts: ", address);
    }

    @Test
    void peeringWithOneselfIsRefused() throws Exception {
        var refused = (Establishment.Refused) eks.establish("me", eks.token("lke", "eks"));

        assertThat(refused.failure().reason()).isEqualTo("with_oneself");
        assertThat(refused.failure().message())
                .startsWith("cannot create a peering within the same cluster");
        assertThat(eks.state("me")).isEmpty();
    }

    @Test
    void acceptorCannotDialUnderTheSameNameNorDialerAccept() throws Exception {
        peer();

        var dialled = (Establishment.Refused) eks.establish("lke", lke.token("other", "eks"));
        assertThat(dialled.failure().message())
                .isEqualTo(
                        "cannot create peering with name: \"lke\"; there is an existing peering expecting to be dialed");
    }

    @Test
    void lostStreamKeepsTheCatalogAndAnotherOneReconciles() throws Exception {
        eks.run("cartservice", CheckStatus.PASSING);
        eks.run("shippingservice", CheckStatus.PASSING);
        eks.export("cartservice>lke", "shippingservice>lke");
        peer();
        await().atMost(SOON)
                .until(() -> lke.imported("eks").equals(List.of("cartservice", "shippingservice")));

        eks.stopListening();
        await().atMost(SOON)
                .until(() -> lke.state("eks").equals(Optional.of(PeeringState.FAILING)));
        assertThat(lke.imported("eks")).containsExactly("cartservice", "shippingservice");
        await().atMost(SOON)
                .until(() -> !lke.catalog.snapshots().get().from(new PeerName("eks")).connected());
        eks.export("cartservice>lke");
        eks.listen();

        await().atMost(SOON).until(() -> lke.state("eks").equals(Optional.of(PeeringState.ACTIVE)));
        await().atMost(SOON).until(() -> lke.imported("eks").equals(List.of("cartservice")));
    }

    /// Whoever says the name of a trust domain does not have its keys yet. Refused before the
    /// secret is used, and the peering stays as it is. Between the look at a peering and the place
    /// that its stream takes, an operator may delete it; such a stream would go on for ever, and
    /// import into a peering that is none.
    @Test
    void streamOfAPeeringThatIsDeletedMeanwhileIsNotTaken() throws Exception {
        lke.run("shippingservice", CheckStatus.PASSING);
        lke.export("shippingservice>eks");
        peer();
        await().atMost(SOON).until(() -> !eks.imported("lke").isEmpty());
        eks.stopListening();
        await().atMost(SOON)
                .until(() -> !eks.context.streams().status(new PeerName("lke")).connected());
        var deleted = new AtomicBoolean();
        eks.beforeRoots =
                () -> {
                    if (deleted.compareAndSet(false, true)) {
                        eks.delete("lke");
                        await().atMost(SOON).until(() -> eks.state("lke").isEmpty());
                    }
                };

        eks.listen();

        await().atMost(SOON)
                .until(() ->
                        eks.events.stream()
                                .anyMatch(event ->
                                        event instanceof PeeringEvent.StreamRefused(_, var why)
                                                && why.startsWith("peering is marked as deleted")));
        assertThat(deleted).isTrue();
        assertThat(eks.context.streams().status(new PeerName("lke")).connected()).isFalse();
        assertThat(eks.imported("lke")).isEmpty();
        // and the peer knows, as it would have by its stream
        await().atMost(SOON)
                .until(() -> lke.state("eks").equals(Optional.of(PeeringState.TERMINATED)));
    }

    @Test
    void tokenOfTheSameTrustDomainUnderAnotherAuthorityIsRefused() throws Exception {
        peer();
        var before = lke.store.now().peering(new PeerName("eks"));
        var impostor =
                new TestDatacenter(
                        vertx,
                        "eks",
                        eks.trustDomain,
                        dir.resolve("impostor"),
                        TestDatacenter.times());
        try (impostor) {
            var refused =
                    (Establishment.Refused) lke.establish("eks", impostor.token("lke", "lke"));

            assertThat(refused.failure().reason()).isEqualTo("unknown_root");
            assertThat(refused.failure().message()).contains("found another: delete the peering");
            assertThat(impostor.events).noneMatch(PeeringEvent.SecretExchanged.class::isInstance);
        }
        assertThat(lke.store.now().peering(new PeerName("eks"))).isEqualTo(before);
        assertThat(lke.state("eks")).contains(PeeringState.ACTIVE);
        assertThat(lke.establish("eks", eks.token("lke", "lke")))
                .isInstanceOf(Establishment.Established.class);
    }

    @Test
    void samePairIsNotPeeredTwice() throws Exception {
        peer();

        var refused = (Establishment.Refused) lke.establish("again", eks.token("again", "lke"));

        assertThat(refused.failure().reason()).isEqualTo("peered_already");
        assertThat(refused.failure().message())
                .isEqualTo("trust domain '" + eks.trustDomain + "' is peered already, as 'eks'");
        assertThat(lke.state("again")).isEmpty();
    }

    /// Consul's Test_processResponse_Validation: what the operator gave is not overwritten.
    @Test
    void addressesFromTheStreamLeaveThoseOfTheOperatorAlone() throws Exception {
        var manual = List.of(eks.address.replace("127.0.0.1", "localhost"));
        var made =
                (TokenGeneration.Generated)
                        eks.acceptor.generateToken(
                                new PeerName("lke"),
                                "lke",
                                Map.of(),
                                manual,
                                Duration.ofHours(1),
                                TokenForm.SIGNED);
        assertThat(lke.establish("eks", made.text())).isInstanceOf(Establishment.Established.class);

        await().atMost(SOON)
                .until(() ->
                        lke.store
                                .now()
                                .peering(new PeerName("eks"))
                                .orElseThrow()
                                .serverAddresses()
                                .equals(List.of(eks.address)));
        var record = lke.store.now().peering(new PeerName("eks")).orElseThrow();
        assertThat(record.manualAddresses()).isEqualTo(manual);
        assertThat(record.addressesToDial()).isEqualTo(manual);
    }

    @Test
    void addressThatIsNoneIsRefusedInOneLine() {
        var refused =
                (TokenGeneration.Refused)
                        eks.acceptor.generateToken(
                                new PeerName("lke"),
                                "lke",
                                Map.of(),
                                List.of("a\nb" + "c".repeat(500)),
                                Duration.ofHours(1),
                                TokenForm.SIGNED);

        assertThat(refused.failure().message())
                .startsWith("a?bccc")
                .endsWith("c… is not a valid peering server address")
                .hasSizeLessThan(130);
    }

    @Test
    void aPeerWithAKnownTrustDomainIsNotTrusted() throws Exception {
        peer();
        await().atMost(SOON)
                .until(() -> eks.store.now().bundles().containsKey(new PeerName("lke")));
        var twin =
                new TestDatacenter(
                        vertx,
                        "twin",
                        lke.trustDomain,
                        dir.resolve("twin"),
                        TestDatacenter.times());
        try (twin) {
            twin.run("billing", CheckStatus.PASSING);
            twin.export("billing>eks");
            twin.establish("eks", eks.token("twin", "twin"));

            await().atMost(SOON)
                    .until(() ->
                            eks.events.stream()
                                    .anyMatch(event ->
                                            event instanceof PeeringEvent.ResourceRefused refused
                                                    && refused.reason()
                                                            .contains("is that of peer 'lke'")));
            assertThat(eks.store.now().bundles()).doesNotContainKey(new PeerName("twin"));
            assertThat(eks.store.now().peering(new PeerName("twin")).orElseThrow().trustDomain())
                    .isEmpty();
        }
    }
}
