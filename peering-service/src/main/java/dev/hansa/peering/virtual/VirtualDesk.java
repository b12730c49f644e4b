package dev.hansa.peering.virtual;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.store.VirtualAddresses;
import dev.hansa.peering.store.VirtualRecord;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Sees to it that each service has its virtual address, and takes back those of names that are
/// long gone; at the leader only. What it decides is in the log, so that all servers say the same.
public final class VirtualDesk implements AutoCloseable {
    /// How long a name keeps its address that nothing speaks of any more: a service that is down
    /// for a night is called under the same address in the morning.
    static final Duration KEEP = Duration.ofDays(1);

    /// A datacenter that starts brings its services within moments: they are one write, or a few.
    private static final Duration GATHER = Duration.ofMillis(100);

    /// Between two looks when nothing happens: what is to be taken back has time.
    private static final Duration IDLE = Duration.ofMinutes(1);

    /// After a write that was not taken, and while a server of an older version is among the
    /// others.
    private static final Duration AGAIN = Duration.ofSeconds(5);

    /// Some 20 KiB of the log; a snapshot of 10,000 imported names is forty of them.
    private static final int BATCH = 256;

    private final Store store;
    private final Latest<CatalogSnapshot> catalog;
    private final BooleanSupplier isReadByAll;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;
    private final Duration again;
    private final Semaphore dirty = new Semaphore(1);
    private final List<Latest.Subscription> subscriptions;
    private final Thread thread;

    /// When a name was first found to need nothing. As many as there are addresses.
    private final Map<String, Instant> unneeded = new HashMap<>();

    private boolean isCrowded;
    private boolean isWaiting;

    private VirtualDesk(
            Store store,
            Latest<CatalogSnapshot> catalog,
            BooleanSupplier isReadByAll,
            Clock clock,
            Consumer<PeeringEvent> events,
            Duration again) {
        this.store = store;
        this.catalog = catalog;
        this.isReadByAll = isReadByAll;
        this.clock = clock;
        this.events = events;
        this.again = again;
        this.thread = Thread.ofVirtual().name("virtual-addresses").unstarted(this::run);
        this.subscriptions =
                List.of(
                        catalog.watch(_ -> dirty.release()),
                        store.state().watch(_ -> dirty.release()));
    }

    /// @param isReadByAll whether all servers can read what is written here
    public static VirtualDesk start(
            Store store,
            Latest<CatalogSnapshot> catalog,
            BooleanSupplier isReadByAll,
            Clock clock,
            Consumer<PeeringEvent> events) {
        return start(store, catalog, isReadByAll, clock, events, AGAIN);
    }

    /// @param again how long after a look that could not do all that there was to do
    static VirtualDesk start(
            Store store,
            Latest<CatalogSnapshot> catalog,
            BooleanSupplier isReadByAll,
            Clock clock,
            Consumer<PeeringEvent> events,
            Duration again) {
        var desk = new VirtualDesk(store, catalog, isReadByAll, clock, events, again);
        desk.thread.start();
        return desk;
    }

    private void run() {
        try {
            while (true) {
                if (dirty.tryAcquire(IDLE.toMillis(), TimeUnit.MILLISECONDS)) {
                    Thread.sleep(GATHER);
                }
                dirty.drainPermits();
                if (!isDone()) {
                    Thread.sleep(again);
                    dirty.release();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Whether a look did all that there was to do.
    private boolean isDone() {
        try {
            return look();
        } catch (StoreFailure e) {
            events.accept(new PeeringEvent.WriteRefused(String.valueOf(e.getMessage())));
        } catch (RuntimeException | Error e) {
            events.accept(new PeeringEvent.BackgroundFailure("giving virtual addresses", e));
        }
        return false;
    }

    private boolean look() {
        var state = store.now();
        var needed = VirtualNames.needed(catalog.get(), state);
        release(state.virtual(), needed);
        var held = store.now().virtual();
        var missing =
                needed.stream()
                        .filter(name -> held.of(name).isEmpty())
                        .map(VirtualRecord::of)
                        .toList();
        var fitting = held.fitting(missing);
        tellWhenCrowded(missing.size() - fitting.size());
        if (fitting.isEmpty()) {
            return true;
        }
        // whoever has read of one reads of all
        if (held.equals(VirtualAddresses.NONE) && !isReadByAll.getAsBoolean()) {
            tellThatItWaits(fitting.size());
            return false;
        }
        isWaiting = false;
        for (var from = 0; from < fitting.size(); from += BATCH) {
            store.apply(
                    new StoreCommand.AssignVirtual(
                            fitting.subList(from, Math.min(from + BATCH, fitting.size()))));
        }
        return true;
    }

    private void release(VirtualAddresses held, List<UpstreamName> needed) {
        var keys = new HashSet<String>();
        needed.forEach(name -> keys.add(VirtualRecord.of(name).key()));
        var now = clock.instant();
        unneeded.keySet().removeIf(key -> keys.contains(key) || !held.records().containsKey(key));
        held.records().keySet().stream()
                .filter(key -> !keys.contains(key))
                .forEach(key -> unneeded.putIfAbsent(key, now));
        // names that are there go before names that were
        var isFull = held.records().size() >= VirtualAddresses.MOST;
        var due =
                unneeded.entrySet().stream()
                        .filter(one -> isFull || !one.getValue().plus(KEEP).isAfter(now))
                        .map(Map.Entry::getKey)
                        .sorted()
                        .toList();
        for (var from = 0; from < due.size(); from += BATCH) {
            store.apply(
                    new StoreCommand.ReleaseVirtual(
                            due.subList(from, Math.min(from + BATCH, due.size()))));
        }
    }

    /// Once, until it goes on.
    private void tellThatItWaits(int names) {
        if (!isWaiting) {
            isWaiting = true;
            events.accept(
                    new PeeringEvent.VirtualAddressesWait(
                            "names that wait: "
                                    + names
                                    + "; every server of this datacenter has to answer and to be of a"
                                    + " version that reads them, and one is away or older"));
        }
    }

    /// Once, until there is room for all again.
    private void tellWhenCrowded(int left) {
        if (left > 0 && !isCrowded) {
            events.accept(
                    new PeeringEvent.BackgroundFailure(
                            "giving virtual addresses",
                            new StoreFailure(
                                    "virtual addresses: expected at most "
                                            + VirtualAddresses.MOST
                                            + " names, "
                                            + VirtualAddresses.MOST_OF_PEER
                                            + " of one peer; found "
                                            + left
                                            + " more, which have none",
                                    null)));
        }
        isCrowded = left > 0;
    }

    @Override
    public void close() throws InterruptedException {
        subscriptions.forEach(Latest.Subscription::close);
        thread.interrupt();
        thread.join();
    }
}
