package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Callers on an open schedule: request number n is due n periods after the beginning, whether or
/// not those before it have been answered, and its time counts from then. The kinds of client take
/// turns. Nothing is tried again.
final class Load implements AutoCloseable {
    /// A request whose complete expected answer has not come by then has failed.
    static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);

    /// Connections that a client of the keeping kind has from the beginning, used in turn.
    private static final int KEPT = 16;

    private static final int ATTEMPTS_BEFOREHAND = 3;

    /// Enough for every request of a black hole of two seconds.
    private static final int MOST_KEPT = 2000;

    private final Map<ClientKind, InetSocketAddress> callees;
    private final List<ClientKind> kinds;
    private final List<InetAddress> sources;
    private final long period;
    private final Map<ClientKind, Queue<Wire>> kept = new EnumMap<>(ClientKind.class);
    private final Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    private final AtomicLong opened = new AtomicLong();
    private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean isOver;
    private volatile long begin;
    private @Nullable Thread schedule;

    /// @param callees where each kind of client calls
    /// @param sources addresses to connect from, used in turn
    /// @param perSecond requests of all kinds together
    Load(Map<ClientKind, InetSocketAddress> callees, List<InetAddress> sources, int perSecond) {
        this.callees = Map.copyOf(callees);
        this.kinds = callees.keySet().stream().sorted().toList();
        this.sources = List.copyOf(sources);
        this.period = TimeUnit.SECONDS.toNanos(1) / perSecond;
    }

    void start() throws IOException {
        for (var kind : kinds) {
            var pool = new ConcurrentLinkedQueue<Wire>();
            kept.put(kind, pool);
            for (var i = 0; i < KEPT && kind.keeps(); i++) {
                pool.add(openBeforehand(kind));
            }
        }
        begin = System.nanoTime();
        schedule = Thread.ofPlatform().name("schedule").start(this::run);
    }

    private void run() {
        for (var number = 0L; !isOver; number++) {
            var due = begin + number * period;
            for (var left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            var kind = kinds.get((int) (number % kinds.size()));
            var name = Long.toString(number);
            requests.execute(() -> outcomes.add(request(kind, name, due)));
        }
    }

    /// Nothing is measured yet, so that it may be tried again.
    private Wire openBeforehand(ClientKind kind) throws IOException {
        for (var attempt = 1; ; attempt++) {
            try {
                return open(kind, System.nanoTime() + LIMIT_NANOS);
            } catch (IOException e) {
                if (attempt == ATTEMPTS_BEFOREHAND) {
                    throw e;
                }
            }
        }
    }

    private Wire open(ClientKind kind, long deadline) throws IOException {
        var callee = callees.get(kind);
        if (callee == null) {
            throw new IllegalArgumentException("nobody to call for " + kind);
        }
        var source = sources.get((int) (opened.getAndIncrement() % sources.size()));
        return Wire.open(kind, source, callee, deadline);
    }

    private Outcome request(ClientKind kind, String number, long due) {
        var deadline = due + LIMIT_NANOS;
        var began = System.nanoTime();
        Wire wire = null;
        try {
            wire = idle(kind);
            if (wire == null) {
                wire = open(kind, deadline);
            }
            began = wire.beganNanos();
            var from = wire.ask(number, deadline);
            var ended = System.nanoTime();
            giveBack(kind, wire);
            if (ended > deadline) {
                return new Outcome(kind, due, began, ended, "", "answered too late");
            }
            return new Outcome(kind, due, began, ended, from, "");
        } catch (IOException e) {
            if (wire != null) {
                wire.close();
            }
            return new Outcome(
                    kind, due, began, System.nanoTime(), "", String.valueOf(e.getMessage()));
        }
    }

    private @Nullable Wire idle(ClientKind kind) {
        var pool = pool(kind);
        for (var wire = pool.poll(); wire != null; wire = pool.poll()) {
            if (wire.seemsOpen()) {
                return wire;
            }
            wire.close();
        }
        return null;
    }

    private Queue<Wire> pool(ClientKind kind) {
        return kept.getOrDefault(kind, new ConcurrentLinkedQueue<>());
    }

    private void giveBack(ClientKind kind, Wire wire) {
        if (kind.keeps() && !isOver && pool(kind).size() < MOST_KEPT) {
            pool(kind).add(wire);
        } else {
            wire.close();
        }
    }

    List<ClientKind> kinds() {
        return kinds;
    }

    /// Whether one of those that have ended so far is like this.
    boolean has(Predicate<Outcome> wanted) {
        return outcomes.stream().anyMatch(wanted);
    }

    /// Whether all that were due until then have ended.
    boolean allEnded(long until) {
        return outcomes.stream().filter(one -> one.dueNanos() - until <= 0).count()
                == (until - begin) / period + 1;
    }

    /// What has ended so far.
    List<Outcome> outcomes() {
        return List.copyOf(outcomes);
    }

    /// Begins no more, and waits for what has begun: two seconds at most.
    @Override
    public void close() {
        isOver = true;
        var running = schedule;
        try {
            if (running != null) {
                running.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        requests.close();
        kept.values().forEach(pool -> pool.forEach(Wire::close));
    }
}
