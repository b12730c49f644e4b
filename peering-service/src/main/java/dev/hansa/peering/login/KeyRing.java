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
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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
    public static final Duration PAUSE = Duration.ofSeconds(10);

    /// Who wants newer keys, or has none, waits for whoever asks; strangers can want newer ones all
    /// the time, so that no more do so, and the others take what there is.
    static final int MOST_WAITING = 8;

    /// While there are no keys at all: a deployment that starts at once after a quiet hour, or a
    /// change of leader, waits for the one that asks. A quarter of the requests that are answered
    /// at once.
    static final int MOST_WAITING_AT_FIRST = 256;

    /// As long as a request may take, and a little.
    private static final Duration LONGEST_WAIT = KeyFetch.TIMEOUT.plusSeconds(1);

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

    /// One place's.
    private static final class Ring {
        /// Of whoever asks the place.
        private final ReentrantLock lock = new ReentrantLock();

        private final Semaphore waiting = new Semaphore(MOST_WAITING);
        private final Semaphore waitingAtFirst = new Semaphore(MOST_WAITING_AT_FIRST);
        private volatile Optional<Held> held = Optional.empty();

        /// Only with the lock.
        private Optional<Long> askedAt = Optional.empty();
    }

    /// @param at just before they were asked for
    private record Held(LoginKeys keys, long at) {
        boolean isYoungerThan(Duration age, long now) {
            return now - at < age.toNanos();
        }
    }

    @Override
    public LoginKeys keys(KeyPlace place, boolean newer)
            throws KeysUnavailableException, InterruptedException {
        Ring ring;
        synchronized (rings) {
            ring = rings.computeIfAbsent(place, _ -> new Ring());
        }
        var held = ring.held;
        var now = nanos.getAsLong();
        if (!newer && held.filter(one -> one.isYoungerThan(FRESH, now)).isPresent()) {
            return held.get().keys();
        }
        var isGood = held.filter(one -> one.isYoungerThan(GOOD, now)).isPresent();
        var places = isGood ? ring.waiting : ring.waitingAtFirst;
        if (!newer && isGood) {
            // one asks; the others go on with what there is, however long that takes
            if (ring.lock.tryLock()) {
                askWithLock(place, ring, held);
            }
        } else if (places.tryAcquire()) {
            try {
                if (ring.lock.tryLock(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                    askWithLock(place, ring, held);
                }
            } finally {
                places.release();
            }
        }
        return good(place, ring);
    }

    /// Asks, unless another has done so meanwhile, or a moment ago; gives the lock back.
    private void askWithLock(KeyPlace place, Ring ring, Optional<Held> seen)
            throws InterruptedException {
        try {
            var now = nanos.getAsLong();
            if (!ring.held.equals(seen)
                    || ring.askedAt.filter(at -> now - at < PAUSE.toNanos()).isPresent()) {
                return;
            }
            try {
                ring.held = Optional.of(new Held(fetch.fetch(place), now));
            } catch (KeysUnavailableException e) {
                events.accept(new PeeringEvent.LoginKeysUnavailable(e.sentence()));
            } finally {
                // a place that is slow to fail is asked no more often
                ring.askedAt = Optional.of(nanos.getAsLong());
            }
        } finally {
            ring.lock.unlock();
        }
    }

    private LoginKeys good(KeyPlace place, Ring ring) throws KeysUnavailableException {
        var now = nanos.getAsLong();
        return ring.held
                .filter(held -> held.isYoungerThan(GOOD, now))
                .map(Held::keys)
                .orElseThrow(() ->
                        new KeysUnavailableException(
                                "'" + place.shown() + "': expected keys; found none for now"));
    }

    @Override
    public void close() {
        fetch.close();
    }
}
