package dev.hansa.peering;

import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.stream.DialLoop;
import dev.hansa.peering.stream.PeerConnector;
import dev.hansa.peering.stream.StreamContext;
import dev.hansa.trustbundle.PeerName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The peerings that the store wants against the conversations that run: starts a dialling loop for
/// each peering that dials, says goodbye for each that is deleted, and clears away what a peering
/// that is over has left.
public final class PeeringRegistry implements AutoCloseable {
    /// Only to notice a defect: every change wakes the loop.
    private static final Duration IDLE = Duration.ofHours(1);

    /// After a failure, such as a write that nobody took while another leader was elected; doubles
    /// with each further one.
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);

    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    /// A conversation that was interrupted ends at once; this is for one that does not.
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    private final StreamContext context;
    private final PeerConnector connector;
    private final Map<PeerName, Dialing> dialing = new HashMap<>();
    private final Map<PeerName, Thread> departures = new HashMap<>();
    private final Thread loop;

    private record Dialing(String peeringId, Thread thread) {}

    private PeeringRegistry(StreamContext context, PeerConnector connector) {
        this.context = context;
        this.connector = connector;
        this.loop = Thread.ofVirtual().name("peerings").unstarted(this::run);
    }

    public static PeeringRegistry start(StreamContext context, PeerConnector connector) {
        var registry = new PeeringRegistry(context, connector);
        registry.loop.start();
        return registry;
    }

    /// How a peering's stream is now.
    public StreamStatus status(PeerName peer) {
        return context.streams().status(peer);
    }

    /// The services that we hold from a peer, sorted.
    public List<String> imported(PeerName peer) {
        return context.catalog().snapshots().get().from(peer).serviceNames();
    }

    /// What an operator is to be shown of a peering now.
    public PeeringState state(PeeringRecord peering) {
        return PeeringLifecycle.shown(peering.state(), status(peering.name()));
    }

    /// Counts what a reader of [#status] and [#state] may wait for.
    public Latest<Long> changes() {
        return context.streams().changes();
    }

    private void run() {
        var seen = -1L;
        var retry = FIRST_RETRY;
        try {
            while (true) {
                try {
                    var last = seen;
                    var state = context.store().state().await(now -> now.index() != last, IDLE);
                    seen = state.index();
                    reconcile(state);
                    retry = FIRST_RETRY;
                } catch (RuntimeException | Error e) {
                    failed("reconciling the peerings", e);
                    seen = -1;
                    Thread.sleep(retry);
                    retry = longer(retry);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static Duration longer(Duration retry) {
        var doubled = retry.multipliedBy(2);
        return doubled.compareTo(LONGEST_RETRY) < 0 ? doubled : LONGEST_RETRY;
    }

    private void failed(String what, Throwable cause) {
        context.events().accept(new PeeringEvent.BackgroundFailure(what, cause));
    }

    private synchronized void reconcile(StoreState state) {
        dialing.values().removeIf(running -> !running.thread().isAlive());
        departures.values().removeIf(thread -> !thread.isAlive());
        for (var peering : state.peerings().values()) {
            switch (peering.state()) {
                case PENDING, ESTABLISHING -> {
                    if (DialLoop.wanted(peering, state)) {
                        dial(peering);
                    }
                }
                case DELETING -> depart(peering, this::delete);
                case TERMINATED -> {
                    if (hasLeftovers(peering.name(), state)) {
                        depart(peering, this::clearAway);
                    }
                }
            }
        }
    }

    private void dial(PeeringRecord peering) {
        var running = dialing.get(peering.name());
        if (running != null) {
            if (running.peeringId().equals(peering.id())) {
                return;
            }
            running.thread().interrupt();
        }
        var thread =
                Thread.ofVirtual()
                        .name("peer-" + peering.name())
                        .unstarted(() -> {
                            new DialLoop(context, connector, peering.id()).run();
                            dialled(peering);
                        });
        dialing.put(peering.name(), new Dialing(peering.id(), thread));
        thread.start();
    }

    /// The store may have changed its mind while the loop was ending.
    private synchronized void dialled(PeeringRecord peering) {
        dialing.remove(peering.name(), new Dialing(peering.id(), Thread.currentThread()));
        if (!Thread.currentThread().isInterrupted()) {
            reconcile(context.store().now());
        }
    }

    private synchronized void departed(PeeringRecord peering) {
        departures.remove(peering.name(), Thread.currentThread());
        var now = context.store().now();
        if (!isStill(peering, now)) {
            reconcile(now);
        }
    }

    private static boolean isStill(PeeringRecord peering, StoreState now) {
        return now.peeringById(peering.id())
                .filter(record -> record.state() == peering.state())
                .isPresent();
    }

    private boolean hasLeftovers(PeerName peer, StoreState state) {
        return state.bundles().containsKey(peer)
                || context.catalog().snapshots().get().imported().containsKey(peer);
    }

    /// One at a time for each peer, beside the others: a peer that does not answer delays nobody.
    private void depart(PeeringRecord peering, Departure departure) {
        if (departures.containsKey(peering.name())) {
            return;
        }
        departures.put(
                peering.name(),
                Thread.ofVirtual()
                        .name("departure-" + peering.name())
                        .start(() -> {
                            try {
                                departUntilDone(peering, departure);
                            } catch (InterruptedException _) {
                                // the server stops; the store still says what is to be done
                                Thread.currentThread().interrupt();
                            }
                        }));
    }

    private void departUntilDone(PeeringRecord peering, Departure departure)
            throws InterruptedException {
        var retry = FIRST_RETRY;
        while (true) {
            try {
                if (isStill(peering, context.store().now())) {
                    departure.of(peering);
                }
                departed(peering);
                return;
            } catch (RuntimeException | Error e) {
                failed("end of peering '" + peering.name() + "'", e);
                Thread.sleep(retry);
                retry = longer(retry);
            }
        }
    }

    private interface Departure {
        void of(PeeringRecord peering) throws InterruptedException;
    }

    /// Deleted here: the peer is told, what came from it goes, then the record.
    private void delete(PeeringRecord peering) throws InterruptedException {
        var peer = peering.name();
        context.streams().terminate(peer);
        context.catalog().forget(peer);
        // before the name is free: the stream of a new peering has a place of its own
        context.streams().forget(peer);
        context.store().apply(new StoreCommand.RemovePeering(peer));
        context.events().accept(new PeeringEvent.PeeringDeleted(peer));
    }

    /// Ended by the peer: what came from it goes; the record stays until the operator here has seen
    /// and deleted it.
    private void clearAway(PeeringRecord peering) throws InterruptedException {
        context.streams().awaitEnd(peering.name());
        context.catalog().forget(peering.name());
        context.store().apply(new StoreCommand.RemoveBundle(peering.name()));
    }

    /// Ends every conversation, and no peering.
    @Override
    public void close() throws InterruptedException {
        loop.interrupt();
        context.streams().close();
        List<Thread> threads;
        synchronized (this) {
            threads = new ArrayList<>(departures.values());
            dialing.values().forEach(running -> threads.add(running.thread()));
        }
        threads.forEach(Thread::interrupt);
        threads.add(loop);
        for (var thread : threads) {
            thread.join(CLOSE_LIMIT);
        }
    }
}
