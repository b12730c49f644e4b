package dev.hansa.peering.checks;

import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.Latest;
import dev.hansa.bootstrap.PersistentMap;
import dev.hansa.exportedservices.CheckDefinition;
import dev.hansa.exportedservices.CheckDefinition.Kind;
import dev.hansa.exportedservices.CheckDefinition.Way;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.api.CheckWatch;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreFailure;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Runs the checks that registrations ask for, and waits for the words of those who run their own;
/// at the leader only. What it finds goes into the log when it is another status than before, so
/// that every server has it, and the next leader goes on from there (ADR 0025).
public final class CheckRounds implements CheckWatch, AutoCloseable {
    /// Each holds a connection; others wait for their turn.
    static final int MOST_AT_ONCE = 256;

    /// Each waits for a majority of the servers. Many TTLs end at once where their owners' network
    /// does; what is left is written as places come free.
    static final int MOST_WRITES = 64;

    /// A status is news, what a target says beside it seldom is: as Consul's agents.
    private static final Duration OUTPUT_PAUSE = Duration.ofMinutes(5);

    /// So long after its registration at the latest a check is run for the first time.
    private static final Duration FIRST = Duration.ofSeconds(1);

    /// What was there before this server led is run within its interval, and within this: the next
    /// leader must not put off what is to be run once a week. With as many as there may be, seven
    /// in a second.
    private static final Duration LONGEST_SPREAD = Duration.ofMinutes(10);

    /// What a probe may take beyond its timeout before it is stopped.
    private static final Duration GRACE = Duration.ofSeconds(1);

    /// Between two looks: how late something can be, and how much work looking is.
    private static final Duration SHORTEST_LOOK = Duration.ofMillis(50);

    /// Nobody waits so long for a place: whoever makes room says so.
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(1);

    /// Only to notice a defect.
    private static final Duration IDLE = Duration.ofHours(1);

    private final Store store;
    private final Probe probe;
    private final LongSupplier nanos;
    private final Consumer<PeeringEvent> events;
    private final Map<Key, Turn> turns = new HashMap<>();
    private final Closer closer = new Closer();
    private PersistentMap<String, RegistrationRecord> followed = PersistentMap.empty();
    private final FairShare asking = new FairShare(MOST_AT_ONCE);
    private final FairShare writing = new FairShare(MOST_WRITES);

    /// How often there was something to look at.
    private final Latest<Long> news = new Latest<>(0L);

    /// As of the last news of them. Guarded by the state that they are of.
    private Map<String, RegistrationRecord> noted = Map.of();

    private boolean begun;

    record Key(String node, String serviceId, String checkId) {
        String registration() {
            return RegistrationRecord.key(node, serviceId);
        }
    }

    /// A check whose target is to be asked, or of which something is to be written.
    ///
    /// @param late for how many nanoseconds; read once, so that it stays while it is sorted by
    private record Waiting(Key key, Turn turn, long late, Runnable work) {
        /// Whether a machine is there decides over all that is on it.
        boolean isOfNode() {
            return key.serviceId().isEmpty() && key.checkId().equals(HealthCheck.NODE_ALIVE);
        }
    }

    /// @param probe is closed with the rounds
    /// @param nanos a clock that never goes back
    CheckRounds(Store store, Probe probe, LongSupplier nanos, Consumer<PeeringEvent> events) {
        this.store = store;
        this.probe = probe;
        this.nanos = nanos;
        this.events = events;
        closer.add(probe);
        // before the probe is closed: what it finds by that says nothing of a target
        closer.add(this::forgetAll);
    }

    public static CheckRounds start(
            Store store, Vertx vertx, CheckNetworks networks, Consumer<PeeringEvent> events) {
        var rounds = new CheckRounds(store, new Probes(vertx, networks), System::nanoTime, events);
        var thread = Thread.ofVirtual().name("check-rounds").start(rounds::run);
        rounds.closer.add(() -> {
            thread.interrupt();
            thread.join();
        });
        return rounds;
    }

    private void run() {
        try (var _ = store.state().watch(state -> note(state.registrations()))) {
            while (true) {
                long seen = news.get();
                var pause = IDLE;
                try {
                    pause = look();
                } catch (RuntimeException | Error e) {
                    // one bad record must not stop all checks
                    events.accept(new PeeringEvent.BackgroundFailure("running checks", e));
                    pause = LONGEST_LOOK;
                }
                news.await(count -> count != seen, pause);
                Thread.sleep(SHORTEST_LOOK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void note(Map<String, RegistrationRecord> registrations) {
        if (registrations != noted) {
            noted = registrations;
            tell();
        }
    }

    private void tell() {
        news.update(count -> count + 1);
    }

    /// Changes when registrations have, or when there is room for what the last look left.
    Latest<Long> news() {
        return news;
    }

    /// Does what is due, on threads of its own; returns how long there is nothing to do, unless
    /// there is news.
    synchronized Duration look() {
        var now = nanos.getAsLong();
        follow(PersistentMap.copyOf(store.now().registrations()), now);
        var next = LONGEST_LOOK;
        var asks = new ArrayList<Waiting>();
        var writes = new ArrayList<Waiting>();
        for (var entry : turns.entrySet()) {
            var key = entry.getKey();
            var turn = entry.getValue();
            var late = now - turn.due;
            if (turn.thread != null) {
                if (now - turn.stopAt > 0) {
                    turn.thread.interrupt();
                }
                continue;
            }
            var leaves = leavesSince(key, turn, now);
            if (leaves >= 0) {
                writes.add(new Waiting(key, turn, leaves, () -> deregister(key, turn)));
            } else if (late < 0) {
                var left = Duration.ofNanos(-late);
                next = left.compareTo(next) < 0 ? left : next;
            } else if (turn.way.kind() != Kind.TTL) {
                asks.add(new Waiting(key, turn, late, () -> ask(key, turn)));
            } else if (isCritical(key)) {
                // nothing is to be written, and thousands may be so: they take no places
                turn.putOff(now);
            } else {
                writes.add(new Waiting(key, turn, late, () -> expire(key, turn)));
            }
        }
        begin(writes, writing, now);
        begin(asks, asking, now);
        if (turns.isEmpty()) {
            return IDLE;
        }
        return next.compareTo(SHORTEST_LOOK) < 0 ? SHORTEST_LOOK : next;
    }

    /// Nodes first; then who has waited longest, or some would never have their turn. Those for
    /// whom there is no room wait for news.
    private void begin(List<Waiting> waiting, FairShare places, long now) {
        waiting.sort(
                Comparator.comparing(Waiting::isOfNode)
                        .thenComparingLong(Waiting::late)
                        .reversed());
        var _ =
                places.handOut(
                        waiting,
                        one -> one.turn().owner,
                        one -> {
                            var owner = one.turn().owner;
                            begin(one, now, () -> places.free(owner));
                        });
    }

    private void follow(PersistentMap<String, RegistrationRecord> registrations, long now) {
        for (var changed : registrations.changedSince(followed)) {
            var before = followed.get(changed);
            var after = registrations.get(changed);
            if (before != null) {
                for (var check : before.instance().checks()) {
                    var stays =
                            after != null
                                    && way(check).isPresent()
                                    && after.check(check.id())
                                            .flatMap(CheckRounds::way)
                                            .equals(way(check));
                    if (!stays) {
                        forget(key(before, check));
                    }
                }
            }
            if (after != null) {
                for (var check : after.instance().checks()) {
                    way(check)
                            .ifPresent(way ->
                                    turns.computeIfAbsent(
                                                            key(after, check),
                                                            _ ->
                                                                    new Turn(
                                                                            way,
                                                                            owner(after),
                                                                            now + first(way)))
                                                    .owner =
                                            owner(after));
                }
            }
        }
        followed = registrations;
        begun = true;
    }

    private static Optional<Way> way(HealthCheck check) {
        return check.definition().flatMap(CheckDefinition::way);
    }

    /// Whoever may write a service has its checks in hand, whatever nodes and ids he gives them; a
    /// node's own are the node's.
    private static String owner(RegistrationRecord record) {
        return record.isNode()
                ? "node " + record.instance().node().name()
                : "service " + record.instance().name();
    }

    private static Key key(RegistrationRecord record, HealthCheck check) {
        return new Key(record.instance().node().name(), record.instance().id(), check.id());
    }

    private void forget(Key key) {
        var turn = turns.remove(key);
        if (turn != null && turn.thread != null) {
            turn.thread.interrupt();
        }
    }

    private long first(Way way) {
        if (way.kind() == Kind.TTL) {
            return way.interval().toNanos();
        }
        var spread = begun ? FIRST : LONGEST_SPREAD;
        var most = way.interval().compareTo(spread) > 0 ? spread : way.interval();
        return ThreadLocalRandom.current().nextLong(most.toNanos());
    }

    /// @param free is called with the rounds' lock held, and says whether that is news
    private void begin(Waiting one, long now, BooleanSupplier free) {
        var turn = one.turn();
        turn.stopAt = now + turn.way.timeout().plus(GRACE).toNanos();
        turn.thread =
                Thread.ofVirtual()
                        .name("check-" + one.key().checkId())
                        .unstarted(() -> {
                            try {
                                one.work().run();
                            } catch (StoreFailure e) {
                                // asked again at the next turn
                                events.accept(
                                        new PeeringEvent.WriteRefused(
                                                String.valueOf(e.getMessage())));
                            } catch (RuntimeException | Error e) {
                                events.accept(
                                        new PeeringEvent.BackgroundFailure("running a check", e));
                            } finally {
                                ended(turn, free);
                            }
                        });
        turn.thread.start();
    }

    private synchronized void ended(Turn turn, BooleanSupplier free) {
        if (free.getAsBoolean()) {
            tell();
        }
        turn.thread = null;
        turn.putOff(nanos.getAsLong());
    }

    /// Whoever was heard in time is not critical, however the two writes fall.
    private void expire(Key key, Turn turn) {
        synchronized (turn.writing) {
            if (nanos.getAsLong() - turn.due < 0) {
                return;
            }
            held(key)
                    .filter(check -> check.status() != CheckStatus.CRITICAL)
                    .ifPresent(check ->
                            write(
                                    key,
                                    turn,
                                    check,
                                    check.with(
                                            CheckStatus.CRITICAL,
                                            "its owner has said nothing for "
                                                    + turn.way.interval().toMillis()
                                                    + " ms; before that: "
                                                    + check.output())));
        }
    }

    @Override
    public void heard(String node, String serviceId, String checkId) {
        Turn turn;
        synchronized (this) {
            turn = turns.get(new Key(node, serviceId, checkId));
        }
        if (turn != null) {
            turn.heard(nanos.getAsLong());
        }
    }

    private void ask(Key key, Turn turn) {
        Verdict verdict;
        try {
            verdict = probe.ask(turn.way);
        } catch (InterruptedException _) {
            verdict =
                    Verdict.critical(
                            turn.way.target()
                                    + ": expected an answer within "
                                    + turn.way.timeout().toMillis()
                                    + " ms; found none");
        }
        // an interrupt that came too late must not reach the store's client
        var _ = Thread.interrupted();
        conclude(key, turn, verdict);
    }

    private synchronized boolean isGone(Key key, Turn turn) {
        return turns.get(key) != turn;
    }

    private void conclude(Key key, Turn turn, Verdict verdict) {
        turn.streak = turn.streak.with(verdict.status());
        var status = turn.streak.status(verdict.status(), turn.way.thresholds());
        var held = held(key);
        if (held.isEmpty()) {
            return;
        }
        var check = held.get();
        var now = nanos.getAsLong();
        var told = check.with(status.orElse(check.status()), verdict.output());
        var mayTell =
                turn.outputAt.map(at -> now - at >= OUTPUT_PAUSE.toNanos()).orElse(true)
                        && !check.output().equals(told.output());
        if (told.status() != check.status() || mayTell) {
            write(key, turn, check, told);
            turn.outputAt = Optional.of(now);
        }
    }

    private boolean isCritical(Key key) {
        return held(key).filter(check -> check.status() == CheckStatus.CRITICAL).isPresent();
    }

    private Optional<HealthCheck> held(Key key) {
        return Optional.ofNullable(store.now().registrations().get(key.registration()))
                .flatMap(record -> record.check(key.checkId()));
    }

    /// Nothing of a turn that is gone, however it ended: it may have been stopped with the server.
    private void write(Key key, Turn turn, HealthCheck before, HealthCheck after) {
        if (isGone(key, turn)) {
            return;
        }
        var answer =
                store.apply(
                        new StoreCommand.PutCheckResult(
                                key.node(),
                                key.serviceId(),
                                key.checkId(),
                                after.status(),
                                after.output()));
        if (answer instanceof StoreAnswer.Applied && after.status() != before.status()) {
            events.accept(
                    new PeeringEvent.HealthChanged(
                            key.node(),
                            service(key),
                            key.serviceId(),
                            after.status().word(),
                            after.output()));
        }
    }

    private String service(Key key) {
        var record = store.now().registrations().get(key.registration());
        return record == null ? "" : record.instance().name();
    }

    /// Since when a check is critical is counted from the moment at which this server led. A node
    /// goes, with all that is registered there, when nobody has heard of it for so long, and by no
    /// other check of its own.
    ///
    /// @return for how many nanoseconds it should have been gone; below 0: it stays
    private long leavesSince(Key key, Turn turn, long now) {
        if (turn.way.deregisterAfter().isZero()
                || key.serviceId().isEmpty() && !key.checkId().equals(HealthCheck.NODE_ALIVE)) {
            return -1;
        }
        if (!isCritical(key)) {
            turn.criticalSince = Optional.empty();
            return -1;
        }
        var since = turn.criticalSince.orElse(now);
        turn.criticalSince = Optional.of(since);
        return now - since - turn.way.deregisterAfter().toNanos() - 1;
    }

    private void deregister(Key key, Turn turn) {
        var service = service(key);
        if (store.apply(new StoreCommand.RemoveRegistration(key.node(), key.serviceId()))
                instanceof StoreAnswer.Applied) {
            events.accept(
                    new PeeringEvent.ServiceDropped(
                            key.node(),
                            service,
                            key.serviceId(),
                            "check '"
                                    + key.checkId()
                                    + "' was critical for "
                                    + turn.way.deregisterAfter()));
        }
    }

    @Override
    public void close() throws Exception {
        closer.close();
    }

    private synchronized void forgetAll() {
        List.copyOf(turns.keySet()).forEach(this::forget);
    }
}
