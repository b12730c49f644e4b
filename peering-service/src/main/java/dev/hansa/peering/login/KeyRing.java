package dev.hansa.peering.login;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.checks.AllowedAddresses;
import dev.hansa.peering.store.AuthMethodRecord;
import dev.hansa.token.login.LoginKeys;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Keys as their issuers published them last. Strangers make this server ask by what they send, so
/// that each place is asked seldom, whatever they send.
public final class KeyRing implements KeySource, AutoCloseable {
    /// After this, keys are asked for again: one that an issuer has withdrawn is good for no
    /// longer.
    static final Duration FRESH = Duration.ofMinutes(10);

    /// An issuer that is away for a moment locks nobody out; one that is kept away must not keep a
    /// withdrawn key good.
    static final Duration GOOD = Duration.ofHours(1);

    /// Between two requests of one place, whatever became of the first.
    static final Duration PAUSE = Duration.ofSeconds(10);

    private final Fetch fetch;
    private final LongSupplier nanos;
    private final Consumer<PeeringEvent> events;

    /// The one that was used least recently is forgotten first; there are no more than methods.
    private final Map<KeyPlace, Ring> rings =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<KeyPlace, Ring> eldest) {
                    return size() > AuthMethodRecord.MOST;
                }
            };

    @FunctionalInterface
    interface Fetch extends AutoCloseable {
        LoginKeys fetch(KeyPlace place) throws KeysUnavailableException, InterruptedException;

        @Override
        default void close() {}
    }

    KeyRing(Fetch fetch, LongSupplier nanos, Consumer<PeeringEvent> events) {
        this.fetch = fetch;
        this.nanos = nanos;
        this.events = events;
    }

    public static KeyRing start(Vertx vertx, Consumer<PeeringEvent> events) {
        return new KeyRing(new KeyFetch(vertx, new AllowedAddresses()), System::nanoTime, events);
    }

    /// One place's; whoever has the lock may ask it.
    private static final class Ring {
        private final ReentrantLock lock = new ReentrantLock();
        private Optional<LoginKeys> keys = Optional.empty();
        private long fetchedAt;
        private Optional<Long> askedAt = Optional.empty();
    }

    @Override
    public LoginKeys keys(KeyPlace place, boolean newer)
            throws KeysUnavailableException, InterruptedException {
        Ring ring;
        synchronized (rings) {
            ring = rings.computeIfAbsent(place, _ -> new Ring());
        }
        ring.lock.lockInterruptibly();
        try {
            return keys(place, ring, newer);
        } finally {
            ring.lock.unlock();
        }
    }

    private LoginKeys keys(KeyPlace place, Ring ring, boolean newer)
            throws KeysUnavailableException, InterruptedException {
        var now = nanos.getAsLong();
        var isDue = newer || ring.keys.isEmpty() || now - ring.fetchedAt >= FRESH.toNanos();
        var mayAsk = ring.askedAt.map(at -> now - at >= PAUSE.toNanos()).orElse(true);
        if (isDue && mayAsk) {
            ring.askedAt = Optional.of(now);
            try {
                ring.keys = Optional.of(fetch.fetch(place));
                ring.fetchedAt = now;
            } catch (KeysUnavailableException e) {
                events.accept(new PeeringEvent.LoginKeysUnavailable(e.sentence()));
            }
        }
        return ring.keys
                .filter(_ -> now - ring.fetchedAt < GOOD.toNanos())
                .orElseThrow(() ->
                        new KeysUnavailableException(
                                "'" + place.url() + "': expected keys; found none for now"));
    }

    @Override
    public void close() {
        fetch.close();
    }
}
