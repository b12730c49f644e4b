package dev.hansa.peering;

import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.discovery.ProxyRegistrations;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreState;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// When a leader knows all that is live, which it may not from the beginning: its disk is new or
/// has lost the checkpoint, or it was elected before the last leader had told it everything. Then
/// it does once proxies and peers have had the time to come back.
final class WholeCatalog implements AutoCloseable {
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
            live.whole().set(true);
        }
        this.timer = timer;
        this.due = live.whole().get() ? null : waitAnew();
        this.watch = store.state().watch(this::look);
    }

    private static Optional<String> domain(StoreState state) {
        return state.ca().map(ca -> ca.trustDomain());
    }

    /// The task may have begun when it was called off.
    private synchronized void over(int wait) {
        if (!isOver && wait == waits) {
            live.whole().set(true);
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
            live.whole().set(false);
            due = waitAnew();
        }
    }

    private ScheduledFuture<?> waitAnew() {
        var wait = ++waits;
        return timer.schedule(
                () -> over(wait),
                ProxyRegistrations.RECONNECT_WITHIN.toMillis(),
                TimeUnit.MILLISECONDS);
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
