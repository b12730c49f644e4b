package dev.hansa.peering.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hansa.failover.Control.Order;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.store.ControlRecord;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.TestStore;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlExpiryTest {
    @TempDir Path folder;
    private RaftStore store;
    private volatile Instant now = FailoverWorld.NOW;
    private final Clock clock = new Moved();
    private final List<PeeringEvent> events = new CopyOnWriteArrayList<>();
    private final AtomicInteger published = new AtomicInteger();

    /// The time of day as the test says.
    private final class Moved extends Clock {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    @BeforeEach
    void open() {
        store = TestStore.open(folder.resolve("data"));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void drain(Duration life) {
        store.apply(
                new StoreCommand.PutControl(
                        ControlRecord.of(
                                new Order.DrainPeer(FailoverWorld.LKE),
                                "ada",
                                "",
                                now,
                                now.plus(life)),
                        now));
    }

    private ControlExpiry start() {
        return new ControlExpiry(store, published::incrementAndGet, clock, events::add);
    }

    private List<String> ended() {
        return events.stream()
                .filter(PeeringEvent.ControlEnded.class::isInstance)
                .map(event -> ((PeeringEvent.ControlEnded) event).how())
                .toList();
    }

    @Test
    void clockThatJumpsForwardEndsItAndOneThatJumpsBackDoesNot() throws Exception {
        try (var _ = start()) {
            drain(Duration.ofMinutes(30));
            await().until(() -> events.contains(new PeeringEvent.ControlsHeld(1)));

            now = now.minus(Duration.ofHours(1));
            drain(Duration.ofHours(5));
            await().until(() -> events.contains(new PeeringEvent.ControlsHeld(2)));
            assertThat(ended()).isEmpty();

            now = now.plus(Duration.ofHours(2));
            await().until(() -> store.now().controls().size() == 1);
            await().until(() -> ended().equals(List.of("expired")));
            assertThat(published.get()).isPositive();
        }
    }

    @Test
    void whatExpiredWhileNobodyLedIsEndedByTheNext() throws Exception {
        drain(Duration.ofMinutes(30));
        store.close();
        now = now.plus(Duration.ofHours(1));
        store = TestStore.open(folder.resolve("data"));
        assertThat(store.now().controls()).hasSize(1);
        assertThat(store.now().controls(now).inForce()).isEmpty();

        try (var _ = start()) {
            await().until(() -> store.now().controls().isEmpty());
        }
    }
}
