package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.store.StoreThrough;
import dev.hansa.peering.store.TestStore;
import dev.hansa.peering.stream.AdvertisedAddresses;
import dev.hansa.peering.stream.LiveStreams;
import dev.hansa.peering.stream.OwnDatacenter;
import dev.hansa.peering.stream.PeerConnector;
import dev.hansa.peering.stream.PeerLimits;
import dev.hansa.peering.stream.StreamContext;
import dev.hansa.peering.stream.StreamTimes;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeeringRegistryTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final PeerName LKE = new PeerName("lke");

    @TempDir Path folder;
    private final List<PeeringEvent> events = new CopyOnWriteArrayList<>();
    private final Vertx vertx = Vertx.vertx();
    private RaftStore store;

    /// A real one that fails as often as it is told to, as one whose leader is gone does.
    private static final class FailingStore extends StoreThrough {
        private final AtomicInteger removals = new AtomicInteger();
        private final AtomicInteger looks = new AtomicInteger();

        FailingStore(Store store) {
            super(store);
        }

        private static void fail(AtomicInteger left) {
            if (left.getAndDecrement() > 0) {
                throw new StoreFailure("nobody leads", null);
            }
        }

        @Override
        public StoreAnswer apply(StoreCommand command) {
            if (command instanceof StoreCommand.RemovePeering) {
                fail(removals);
            }
            return super.apply(command);
        }

        @Override
        public Latest<StoreState> state() {
            fail(looks);
            return super.state();
        }
    }

    @BeforeEach
    void open() {
        store = TestStore.open(folder.resolve("data"));
        store.apply(new StoreCommand.PutPeering(PeeringRecord.accepting(LKE, "id", Map.of())));
        store.apply(
                new StoreCommand.PutPeering(
                        store.now().peering(LKE).orElseThrow().deleting(Instant.EPOCH)));
    }

    @AfterEach
    void close() {
        store.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private PeeringRegistry started(Store over) {
        var own =
                new OwnDatacenter(
                        new TrustDomain("eks.consul"),
                        new Datacenter("eks"),
                        OwnDatacenter::storedRoots,
                        _ -> ExportPolicy.NONE,
                        new AdvertisedAddresses(_ -> List.of(), _ -> false));
        var context =
                new StreamContext(
                        own,
                        over,
                        new LiveCatalog(),
                        new LiveStreams(),
                        StreamTimes.DEFAULT,
                        PeerLimits.DEFAULT,
                        Clock.systemUTC(),
                        events::add);
        return PeeringRegistry.start(context, new PeerConnector(vertx, PeerLimits.DEFAULT));
    }

    private void deletes(FailingStore failing) throws Exception {
        try (var _ = started(failing)) {
            await().atMost(SOON).until(() -> store.now().peering(LKE).isEmpty());
            await().atMost(SOON).until(() -> events.size() == 2);
        }
        assertThat(events.getFirst()).isInstanceOf(PeeringEvent.BackgroundFailure.class);
        assertThat(events.getLast()).isEqualTo(new PeeringEvent.PeeringDeleted(LKE));
    }

    @Test
    void endOfAPeeringThatFailsIsTriedAgainThoughNobodyWrites() throws Exception {
        var failing = new FailingStore(store);
        failing.removals.set(1);

        deletes(failing);
    }

    @Test
    void failureToLookAtThePeeringsIsToldAndNotTheLastLook() throws Exception {
        var failing = new FailingStore(store);
        failing.looks.set(1);

        deletes(failing);
    }
}
