package dev.hansa.peering.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A follower's catalog becomes what the leader's is, whatever it was before, and is never emptied
/// on the way.
class LiveFeedTest {
    private static final Duration SEEN = Duration.ofSeconds(30);
    private static final PeerName LKE = new PeerName("lke");
    private static final PeerName VMS = new PeerName("vms");

    private final LiveCatalog leader = new LiveCatalog();
    private final LiveCatalog follower = new LiveCatalog();
    private final LinkedBlockingQueue<byte[]> wire = new LinkedBlockingQueue<>();
    private Thread telling = new Thread();
    private Thread taking = new Thread();

    @BeforeEach
    void knowAll() {
        leader.knowledge().set(Knowledge.WHOLE);
    }

    @AfterEach
    void stop() throws InterruptedException {
        telling.interrupt();
        taking.interrupt();
        telling.join();
        taking.join();
    }

    private void connect() throws InterruptedException {
        stop();
        wire.clear();
        var copy = new LiveCopy(follower);
        telling =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                new LiveFeed(leader).tell(wire::put);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        taking =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                while (true) {
                                    copy.take(wire.take());
                                }
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
    }

    private static ServiceInstance instance(String name, String problem) {
        return new ServerInfo(
                        name,
                        "node-" + name,
                        new Endpoint("192.0.2.1", 8503),
                        new Endpoint("192.0.2.1", 8502),
                        new Endpoint("192.0.2.1", 8500))
                .instance(
                        new Datacenter("eks"),
                        problem.isEmpty() ? Optional.empty() : Optional.of(problem));
    }

    private void imported(PeerName peer, String service) {
        leader.imported(
                peer,
                old ->
                        old.with(service, List.of(instance(service, "")))
                                .heard(Instant.EPOCH, true));
    }

    private void eventually(Predicate<CatalogSnapshot> wanted) throws InterruptedException {
        assertThat(wanted.test(follower.snapshots().await(wanted, SEEN))).isTrue();
    }

    private boolean isSame(CatalogSnapshot now) {
        var there = leader.snapshots().get();
        return now.local().equals(there.local()) && now.imported().equals(there.imported());
    }

    @Test
    void followerHasAllAndThenWhatChanges() throws Exception {
        for (var i = 0; i < 250; i++) {
            leader.publish("owner-" + i, List.of(instance("m" + i, "")));
            imported(LKE, "service-" + i);
        }
        connect();
        eventually(this::isSame);
        assertThat(follower.owners()).isEqualTo(leader.owners());

        leader.publish("owner-3", List.of());
        leader.publish("owner-4", List.of(instance("m4", "it is ill")));
        imported(VMS, "other");
        leader.imported(LKE, old -> old.with("service-9", List.of()));
        eventually(this::isSame);
        leader.forget(LKE);
        eventually(this::isSame);
        assertThat(follower.owners()).isEqualTo(leader.owners());
    }

    /// Who was told all by the last leader must not forget it for one that has just come.
    @Test
    void nothingGoesWhileTheLeaderDoesNotKnowAllItself() throws Exception {
        leader.knowledge().set(Knowledge.REMEMBERED);
        leader.publish("both", List.of(instance("both", "")));
        follower.publish("both", List.of(instance("both", "")));
        follower.publish("unknown", List.of(instance("unknown", "")));
        follower.knowledge().set(Knowledge.WHOLE);
        connect();
        leader.publish("new", List.of(instance("new", "")));
        // not with the snapshot's lock held, which a publication wants too
        await().atMost(SEEN).until(() -> follower.owners().containsKey("new"));
        leader.publish("newer", List.of(instance("newer", "")));
        await().atMost(SEEN).until(() -> follower.owners().containsKey("newer"));
        assertThat(follower.owners()).containsKey("unknown");
        assertThat(follower.knowledge().get()).isEqualTo(Knowledge.REMEMBERED);

        leader.knowledge().set(Knowledge.WHOLE);

        eventually(this::isSame);
        assertThat(follower.knowledge().await(now -> now == Knowledge.WHOLE, SEEN))
                .isEqualTo(Knowledge.WHOLE);
        assertThat(follower.owners()).isEqualTo(leader.owners());
    }

    /// What an earlier life left may be of days ago.
    @Test
    void whoHearsALeaderHasMissedMoreThanMomentsUnlessItWasToldAllBefore() throws Exception {
        leader.knowledge().set(Knowledge.PART);
        leader.publish("new", List.of(instance("new", "")));
        follower.knowledge().set(Knowledge.REMEMBERED);
        connect();
        await().atMost(SEEN).until(() -> follower.owners().containsKey("new"));
        assertThat(follower.knowledge().get()).isEqualTo(Knowledge.PART);
    }

    @Test
    void whatWasThereBeforeAndIsNotTheLeadersGoesOnceAllIsTold() throws Exception {
        leader.publish("both", List.of(instance("both", "")));
        follower.publish("both", List.of(instance("both", "")));
        follower.publish("gone", List.of(instance("gone", "")));
        follower.imported(VMS, old -> old.with("gone", List.of(instance("gone", ""))));
        follower.imported(LKE, old -> old.with("gone", List.of(instance("gone", ""))));
        imported(LKE, "kept");
        var emptied = new boolean[1];
        try (var _ =
                follower.snapshots()
                        .watch(now -> emptied[0] |= now.named(ServerInfo.SERVICE).isEmpty())) {
            connect();
            eventually(this::isSame);
        }
        assertThat(emptied[0]).isFalse();

        // while the two do not hear of each other
        stop();
        leader.publish("both", List.of());
        imported(VMS, "new");
        connect();
        eventually(this::isSame);
    }
}
