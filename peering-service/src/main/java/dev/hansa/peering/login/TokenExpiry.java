package dev.hansa.peering.login;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.store.AclState;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Takes tokens that have expired out of the store; at the leader only. They are good for nothing
/// from their moment on, at each server by its own clock: this only makes room.
public final class TokenExpiry implements AutoCloseable {
    /// One write takes all that have expired meanwhile.
    public static final Duration PAUSE = Duration.ofSeconds(10);

    private final Store store;
    private final Clock clock;
    private final Duration pause;
    private final Consumer<PeeringEvent> events;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    public TokenExpiry(Store store, Clock clock, Duration pause, Consumer<PeeringEvent> events) {
        this.store = store;
        this.clock = clock;
        this.pause = pause;
        this.events = events;
        this.thread = Thread.ofVirtual().name("token-expiry").start(this::run);
    }

    private void run() {
        try {
            while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Without auth methods there are none but operators' tokens, which the next one that is made
    /// takes along; and there may be servers of a version that knows of no logins, nor this
    /// command.
    static boolean isDue(AclState acl, Instant now) {
        return !acl.logins().methods().isEmpty()
                && acl.tokens().values().stream().anyMatch(token -> token.isExpired(now));
    }

    private void look() {
        var now = clock.instant();
        if (isDue(store.now().acl(), now)) {
            try {
                store.apply(new StoreCommand.ForgetExpiredTokens(now));
            } catch (StoreFailure e) {
                // asked again after the pause
                events.accept(new PeeringEvent.WriteRefused(String.valueOf(e.getMessage())));
            } catch (RuntimeException | Error e) {
                events.accept(new PeeringEvent.BackgroundFailure("forgetting tokens", e));
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        closed.countDown();
        thread.interrupt();
        thread.join();
    }
}
