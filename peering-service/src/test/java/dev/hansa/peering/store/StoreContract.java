package dev.hansa.peering.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.bootstrap.Secret;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every store keeps, however it is made.
abstract class StoreContract {
    static final PeerName LKE = new PeerName("lke");
    static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    Store store;

    abstract Store open();

    @BeforeEach
    void start() {
        store = open();
    }

    @AfterEach
    void stop() {
        store.close();
    }

    private StoreState reopened() {
        store.close();
        store = open();
        return store.now();
    }

    private void accept(StoreCommand command) {
        assertThat(store.apply(command)).isInstanceOf(StoreAnswer.Applied.class);
    }

    private void peering() {
        accept(
                new StoreCommand.PutPeering(
                        PeeringRecord.accepting(LKE, "id-1", Map.of("team", "shop"))));
    }

    @Test
    void indexGrowsWithEachChangeAndWithNothingElse() {
        var before = store.now().index();
        accept(new StoreCommand.PutConfig("mesh", "mesh", "{}", OptionalLong.empty()));
        assertThat(
                        store.apply(
                                new StoreCommand.PutConfig(
                                        "mesh", "mesh", "{}", OptionalLong.empty())))
                .isInstanceOf(StoreAnswer.Unchanged.class);
        assertThat(
                        store.apply(
                                new StoreCommand.PutConfig(
                                        "mesh", "mesh", "{\"a\":1}", OptionalLong.of(99))))
                .isInstanceOf(StoreAnswer.Refused.class);

        assertThat(store.now().index()).isEqualTo(before + 1);
    }

    @Test
    void compareAndSetHoldsForWriteAndDelete() {
        assertThat(
                        store.apply(
                                new StoreCommand.PutConfig(
                                        "mesh", "mesh", "{}", OptionalLong.of(7))))
                .isEqualTo(
                        new StoreAnswer.Refused(
                                "config entry 'mesh/mesh': expected modify index 7; found 0"));
        accept(new StoreCommand.PutConfig("mesh", "mesh", "{}", OptionalLong.of(0)));
        var index = store.now().config("mesh", "mesh").orElseThrow().modifyIndex();
        assertThat(
                        store.apply(
                                new StoreCommand.DeleteConfig(
                                        "mesh", "mesh", OptionalLong.of(index + 1))))
                .isInstanceOf(StoreAnswer.Refused.class);
        accept(new StoreCommand.DeleteConfig("mesh", "mesh", OptionalLong.of(index)));

        assertThat(store.now().config()).isEmpty();
    }

    @Test
    void everyKindOfRecordComesBackAfterAReopening() {
        peering();
        accept(
                new StoreCommand.PutConfig(
                        "mesh", "mesh", "{\"Kind\":\"mesh\"}", OptionalLong.empty()));
        accept(
                new StoreCommand.IssueEstablishment(
                        "id-1",
                        new PeeringSecrets.Establishment("hash", "jti", NOW.plusSeconds(60))));
        accept(new StoreCommand.PutBundle(new BundleRecord(LKE, "lke.consul", List.of("pem"), 0)));
        accept(
                new StoreCommand.PutRegistration(
                        new ServiceInstance(
                                new NodeRecord(
                                        "",
                                        "vm1",
                                        "192.0.2.1",
                                        "eks",
                                        Map.of("wan", "198.51.100.1"),
                                        Map.of()),
                                "db-1",
                                "db",
                                ServiceKind.TYPICAL,
                                List.of("t"),
                                "",
                                5432,
                                Map.of("wan", new Endpoint("198.51.100.1", 1)),
                                Map.of("k", "v"),
                                1,
                                1,
                                Optional.of(new ServiceName("db")),
                                Optional.of(new PeerMeta(List.of("s"), List.of("i"), "tcp")),
                                List.of(
                                        new HealthCheck(
                                                "c", "c", CheckStatus.WARNING, "slow", "tcp")),
                                0,
                                0)));
        accept(
                new StoreCommand.InitCa(
                        new CaRecord(
                                "eks.consul",
                                "eks",
                                "root",
                                new Secret("k1"),
                                "int",
                                new Secret("k2"))));
        accept(
                new StoreCommand.PutJoinSecret(
                        new JoinSecretRecord("h", Set.of("/p"), NOW.plusSeconds(9)), NOW));
        accept(
                new StoreCommand.Establish(
                        new PeeringRecord(
                                new PeerName("eks"),
                                "id-2",
                                StoredState.ESTABLISHING,
                                Map.of(),
                                "p",
                                Optional.empty(),
                                "eks",
                                "server",
                                List.of("pem"),
                                List.of("192.0.2.1:8443"),
                                List.of(),
                                Optional.of(NOW),
                                0,
                                0),
                        new Secret("stream")));
        accept(
                new StoreCommand.AssignVirtual(
                        List.of(
                                new VirtualRecord("db", "", 0),
                                new VirtualRecord("web", "", 0),
                                new VirtualRecord("db", "lke", 0))));
        accept(new StoreCommand.ReleaseVirtual(List.of("web")));
        var before = store.now();

        var after = reopened();

        // each server counts its own
        assertThat(after.starts()).isGreaterThan(before.starts());
        assertThat(after.config()).isEqualTo(before.config());
        assertThat(after.peerings()).isEqualTo(before.peerings());
        assertThat(after.secrets()).isEqualTo(before.secrets());
        assertThat(after.bundles()).isEqualTo(before.bundles());
        assertThat(after.registrations()).isEqualTo(before.registrations());
        assertThat(after.joinSecrets()).isEqualTo(before.joinSecrets());
        assertThat(after.ca()).isEqualTo(before.ca());
        assertThat(after.virtual()).isEqualTo(before.virtual());
        assertThat(after.virtual().records()).containsOnlyKeys("db", "db.lke");
        assertThat(after.virtual().next()).isEqualTo(4);
    }

    @Test
    void establishmentSecretWorksOnceWhoeverRaces() throws Exception {
        peering();
        accept(
                new StoreCommand.IssueEstablishment(
                        "id-1",
                        new PeeringSecrets.Establishment("hash", "jti", NOW.plusSeconds(60))));
        var racer =
                (Callable<StoreAnswer>)
                        () ->
                                store.apply(
                                        new StoreCommand.ExchangeSecret(
                                                "id-1",
                                                "hash",
                                                "new-" + Thread.currentThread().threadId(),
                                                NOW));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var wins =
                    threads.invokeAll(java.util.Collections.nCopies(64, racer)).stream()
                            .filter(future -> future.resultNow() instanceof StoreAnswer.Applied)
                            .count();

            assertThat(wins).isEqualTo(1);
        }
        assertThat(reopened().secrets("id-1").establishment()).isEmpty();
    }

    @Test
    void expiredSupersededOrForeignSecretIsRefusedAndNothingChanges() {
        peering();
        accept(
                new StoreCommand.IssueEstablishment(
                        "id-1",
                        new PeeringSecrets.Establishment("old", "j1", NOW.plusSeconds(60))));
        accept(
                new StoreCommand.IssueEstablishment(
                        "id-1",
                        new PeeringSecrets.Establishment("new", "j2", NOW.plusSeconds(60))));
        var before = store.now();

        assertThat(store.apply(new StoreCommand.ExchangeSecret("id-1", "old", "s", NOW)))
                .isEqualTo(new StoreAnswer.Refused("invalid peering establishment secret"));
        assertThat(store.apply(new StoreCommand.ExchangeSecret("id-9", "new", "s", NOW)))
                .isEqualTo(new StoreAnswer.Refused("invalid peering establishment secret"));
        assertThat(
                        store.apply(
                                new StoreCommand.ExchangeSecret(
                                        "id-1", "new", "s", NOW.plusSeconds(61))))
                .isEqualTo(
                        new StoreAnswer.Refused(
                                "peering establishment secret expired at 2026-01-01T00:01:00Z"));
        assertThat(store.now()).isSameAs(before);
    }

    @Test
    void firstUsePromotesThePendingSecretAndDropsTheOlderOne() {
        peering();
        accept(
                new StoreCommand.IssueEstablishment(
                        "id-1", new PeeringSecrets.Establishment("e", "j", NOW.plusSeconds(60))));
        accept(new StoreCommand.ExchangeSecret("id-1", "e", "s1", NOW));
        accept(new StoreCommand.PromoteStream("id-1", "s1"));

        assertThat(store.apply(new StoreCommand.PromoteStream("id-1", "s1")))
                .isInstanceOf(StoreAnswer.Unchanged.class);
        assertThat(store.apply(new StoreCommand.PromoteStream("id-1", "other")))
                .isEqualTo(new StoreAnswer.Refused("invalid peering stream secret"));
        assertThat(store.now().secrets("id-1").activeStream()).hasValue("s1");
    }

    @Test
    void stalePeeringWriteIsRefused() {
        peering();
        var seen = store.now().peering(LKE).orElseThrow();
        accept(new StoreCommand.PutPeering(seen.withDatacenter("lke")));

        assertThat(store.apply(new StoreCommand.PutPeering(seen.withDatacenter("other"))))
                .isInstanceOf(StoreAnswer.Refused.class);
        assertThat(store.now().peering(LKE).orElseThrow().remoteDatacenter()).isEqualTo("lke");
    }

    /// Checked where writes are in order: two that are made at once could each find the other
    /// absent.
    @Test
    void trustDomainIsThatOfOnePeeringWhoeverRaces() throws Exception {
        var domain = new TrustDomain("claimed.consul");
        var names = new java.util.concurrent.atomic.AtomicInteger();
        var racer =
                (Callable<StoreAnswer>)
                        () -> {
                            var name = "peer-" + names.incrementAndGet();
                            return store.apply(
                                    new StoreCommand.PutPeering(
                                            PeeringRecord.accepting(
                                                            new PeerName(name), name, Map.of())
                                                    .withRemote(domain, "lke")));
                        };
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers =
                    threads.invokeAll(java.util.Collections.nCopies(16, racer)).stream()
                            .map(future -> future.resultNow())
                            .toList();

            assertThat(answers).filteredOn(StoreAnswer.Applied.class::isInstance).hasSize(1);
            var winner = store.now().peerings().keySet().iterator().next();
            assertThat(answers)
                    .filteredOn(StoreAnswer.Refused.class::isInstance)
                    .hasSize(15)
                    .containsOnly(
                            new StoreAnswer.Refused(
                                    "trust domain 'claimed.consul' is peered already, as '"
                                            + winner
                                            + "'"));
        }
    }

    @Test
    void deletingTakesTheSecretsAndNothingBringsItBack() {
        peering();
        accept(
                new StoreCommand.IssueEstablishment(
                        "id-1", new PeeringSecrets.Establishment("e", "j", NOW.plusSeconds(60))));
        accept(new StoreCommand.PutPeering(store.now().peering(LKE).orElseThrow().deleting(NOW)));

        assertThat(store.now().secrets()).isEmpty();
        assertThat(
                        store.apply(
                                new StoreCommand.PutPeering(
                                        store.now()
                                                .peering(LKE)
                                                .orElseThrow()
                                                .with(StoredState.PENDING))))
                .isEqualTo(
                        new StoreAnswer.Refused(
                                "cannot write to peering that is marked for deletion"));
        accept(new StoreCommand.RemovePeering(LKE));
        assertThat(store.now().peerings()).isEmpty();
    }

    @Test
    void certificateAuthorityIsMadeOnce() {
        var ca = new CaRecord("eks.consul", "eks", "r", new Secret("k"), "i", new Secret("k"));
        accept(new StoreCommand.InitCa(ca));

        assertThat(store.apply(new StoreCommand.InitCa(ca)))
                .isInstanceOf(StoreAnswer.Refused.class);
    }

    private StoreAnswer join(String hash, String path, String key) {
        return store.apply(new StoreCommand.UseJoinSecret(hash, path, key, NOW));
    }

    @Test
    void joinSecretBuysOneCertificateForEachIdentity() {
        accept(
                new StoreCommand.PutJoinSecret(
                        new JoinSecretRecord("h", Set.of("/a", "/b"), NOW.plusSeconds(9)), NOW));

        assertThat(join("h", "/a", "k1")).isInstanceOf(StoreAnswer.Applied.class);
        // as a proxy does whose answer was lost
        assertThat(join("h", "/a", "k1")).isInstanceOf(StoreAnswer.Unchanged.class);
        assertThat(join("h", "/b", "k1")).isInstanceOf(StoreAnswer.Applied.class);
        assertThat(join("h", "/a", "k2"))
                .isInstanceOfSatisfying(
                        StoreAnswer.Refused.class,
                        refused -> assertThat(refused.reason()).contains("found it used"));
        assertThat(join("h", "/c", "k1").toString()).contains("expected one of the identities");
        assertThat(join("other", "/a", "k1").toString()).contains("found another");
        assertThat(
                        store.apply(
                                        new StoreCommand.UseJoinSecret(
                                                "h", "/a", "k1", NOW.plusSeconds(10)))
                                .toString())
                .contains("expired at");
    }

    private static ControlRecord drain(Instant until) {
        return ControlRecord.of(new Control.Order.DrainPeer(LKE), "ada", "upgrade", NOW, until);
    }

    @Test
    void controlIsNumberedKeptAndEnded() {
        accept(new StoreCommand.PutControl(drain(NOW.plusSeconds(60)), NOW));
        var id = store.now().index();

        var kept = reopened();
        assertThat(kept.controls()).containsOnlyKeys(id);
        assertThat(kept.controls(NOW).inForce())
                .singleElement()
                .satisfies(control -> {
                    assertThat(control.id()).isEqualTo(id);
                    assertThat(control.order()).isEqualTo(new Control.Order.DrainPeer(LKE));
                    assertThat(control.evidence())
                            .isEqualTo("drained by ada until 2026-01-01T00:01:00Z: upgrade");
                });

        accept(new StoreCommand.RemoveControl(id));
        assertThat(store.apply(new StoreCommand.RemoveControl(id)))
                .isInstanceOf(StoreAnswer.Unchanged.class);
        assertThat(reopened().controls()).isEmpty();
    }

    @Test
    void controlsAreBoundedAndThoseThatExpiredMakeRoom() throws Exception {
        // together, so that many share one write to the disk
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers =
                    IntStream.range(0, ControlRecord.MOST)
                            .mapToObj(_ ->
                                    threads.submit(() ->
                                            store.apply(
                                                    new StoreCommand.PutControl(
                                                            drain(NOW.plusSeconds(60)), NOW))))
                            .toList();
            for (var answer : answers) {
                assertThat(answer.get()).isInstanceOf(StoreAnswer.Applied.class);
            }
        }
        assertThat(store.apply(new StoreCommand.PutControl(drain(NOW.plusSeconds(90)), NOW)))
                .isInstanceOfSatisfying(
                        StoreAnswer.Refused.class,
                        refused -> assertThat(refused.reason()).contains("expected at most 256"));

        accept(new StoreCommand.PutControl(drain(NOW.plusSeconds(90)), NOW.plusSeconds(60)));
        assertThat(store.now().controls()).hasSize(1);
    }

    /// As SPIRE's was until 1.14.6: two who show one secret at once.
    @Test
    void joinSecretThatTwoShowAtOnceIsGoodForOne() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var round = 0; round < 20; round++) {
                var hash = "h" + round;
                accept(
                        new StoreCommand.PutJoinSecret(
                                new JoinSecretRecord(hash, Set.of("/a"), NOW.plusSeconds(9)), NOW));
                var together = new CyclicBarrier(4);
                var answers = new ArrayList<Future<StoreAnswer>>();
                for (var i = 0; i < 4; i++) {
                    var key = "key " + i;
                    answers.add(
                            threads.submit(() -> {
                                together.await();
                                return join(hash, "/a", key);
                            }));
                }
                var bought = 0;
                for (var answer : answers) {
                    bought += answer.get() instanceof StoreAnswer.Applied ? 1 : 0;
                }
                assertThat(bought).isEqualTo(1);
            }
        }
    }

    @Test
    void expiredJoinSecretsAreForgottenWithTheNextOne() {
        accept(new StoreCommand.PutJoinSecret(new JoinSecretRecord("a", Set.of(), NOW), NOW));
        accept(
                new StoreCommand.PutJoinSecret(
                        new JoinSecretRecord("b", Set.of(), NOW.plusSeconds(9)),
                        NOW.plusSeconds(1)));

        assertThat(store.now().joinSecrets()).containsOnlyKeys("b");
    }

    private static ServiceInstance instance(String node, String id) {
        return TestStore.registered(node, id, "db", List.of());
    }

    @Test
    void registrationIsWrittenOnlyOverWhatWasRead() {
        var a = instance("vm1", "a");
        accept(new StoreCommand.PutRegistration(a, OptionalLong.of(0), Set.of()));
        var read = store.now().index();
        for (var wrong : List.of(0L, read + 1)) {
            assertThat(
                            store.apply(
                                    new StoreCommand.PutRegistration(
                                            a, OptionalLong.of(wrong), Set.of())))
                    .isEqualTo(
                            new StoreAnswer.Refused(
                                    "registration 'vm1/a': expected modify index "
                                            + wrong
                                            + "; found "
                                            + read));
        }
        var check = List.of(new HealthCheck("c", "c", CheckStatus.PASSING, "", ""));
        accept(
                new StoreCommand.PutRegistration(
                        a.withChecks(check, 0), OptionalLong.of(read), Set.of("vm1")));

        var other = instance("vm1", "b").withChecks(check, 0);
        assertThat(
                        store.apply(
                                new StoreCommand.PutRegistration(
                                        other, OptionalLong.of(0), Set.of("vm1"))))
                .isEqualTo(
                        new StoreAnswer.Refused(
                                "check 'c': expected an id that no other registration has; found it at 'vm1/a'"));
        accept(new StoreCommand.PutRegistration(other, OptionalLong.of(0), Set.of("vm2")));
    }

    @Test
    void deregisteringANodeTouchesNoOtherNode() {
        accept(new StoreCommand.PutRegistration(instance("vm1", "a")));
        accept(new StoreCommand.PutRegistration(instance("vm1", "b/c")));
        accept(new StoreCommand.PutRegistration(instance("vm10", "a")));
        assertThat(store.apply(new StoreCommand.PutRegistration(instance("vm1/b", "c"))))
                .isEqualTo(
                        new StoreAnswer.Refused(
                                "node name: expected one without '/'; found 'vm1/b'"));

        accept(new StoreCommand.RemoveRegistration("vm1", "b/c"));
        assertThat(store.now().registrations()).containsOnlyKeys("vm1/a", "vm10/a");
        accept(new StoreCommand.RemoveRegistration("vm1", ""));
        assertThat(store.now().registrations()).containsOnlyKeys("vm10/a");
        assertThat(store.apply(new StoreCommand.RemoveRegistration("vm1", "")))
                .isInstanceOf(StoreAnswer.Unchanged.class);
    }
}
