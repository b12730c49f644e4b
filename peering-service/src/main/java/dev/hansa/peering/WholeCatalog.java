package dev.hansa.peering;

import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.cluster.Knowledge;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.discovery.ProxyRegistrations;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreState;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// When a leader knows all that is live, which it may not from the beginning: its disk is new or
/// has lost the checkpoint, or lacks what came in the last moments before a kill, or it was elected
/// before the last leader had told it everything. Then it does once proxies and peers have had the
/// time to come back.
final class WholeCatalog implements AutoCloseable {
    /// For a leader that lacks the last moments only: proxies try each server within 5 s at the
    /// latest, and this is twice as long. Meanwhile little is kept from them.
    static final Duration LAST_MOMENTS = Duration.ofSeconds(10);

    private final LiveCatalog live;
    private final ScheduledExecutorService timer;
    private @Nullable ScheduledFuture<?> due;
    private final Latest.Subscription watch;
    private Optional<String> domain;
    private boolean isOver;

    /// The last one counts.
    private int waits;

    /// Begun once this server has counted its leading.
    WholeCatalog(LiveCatalog live, Store store, ScheduledExecutorService timer) {
        this.live = live;
        this.domain = domain(store.now());
        if (store.now().starts() == 1) {
            // of the first leader of all nobody has heard anything
            live.knowledge().set(Knowledge.WHOLE);
        }
        this.timer = timer;
        this.due =
                switch (live.knowledge().get()) {
                    case WHOLE -> null;
                    case REMEMBERED -> waitAnew(LAST_MOMENTS);
                    case PART -> waitAnew(ProxyRegistrations.RECONNECT_WITHIN);
                };
        this.watch = store.state().watch(this::look);
    }

    private static Optional<String> domain(StoreState state) {
        return state.ca().map(ca -> ca.trustDomain());
    }

    /// The task may have begun when it was called off.
    private synchronized void over(int wait) {
        if (!isOver && wait == waits) {
            live.knowledge().set(Knowledge.WHOLE);
        }
    }

    /// Restored from a snapshot of another history, this server serves those that knew it from its
    /// next life on; whoever comes before has as long as after an election.
    private synchronized void look(StoreState state) {
        var now = domain(state);
        if (!now.equals(domain) && !isOver) {
            domain = now;
            if (due != null) {
                due.cancel(false);
            }
            live.knowledge().set(Knowledge.PART);
            due = waitAnew(ProxyRegistrations.RECONNECT_WITHIN);
        }
    }

    private ScheduledFuture<?> waitAnew(Duration time) {
        var wait = ++waits;
        return timer.schedule(() -> over(wait), time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private synchronized void cancel() {
        isOver = true;
        if (due != null) {
            due.cancel(false);
        }
    }

    @Override
    public void close() {
        watch.close();
        cancel();
    }
}
