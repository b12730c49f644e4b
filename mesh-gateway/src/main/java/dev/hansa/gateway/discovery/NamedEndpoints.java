package dev.hansa.gateway.discovery;

import static java.util.stream.Collectors.toCollection;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.Route;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.GatewayEvent;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Puts in place of each host name in a snapshot the addresses that it has, each an endpoint of its
/// own: one of them may be dead while the others are well, and is then passed, judged and tried
/// again by itself. A name is looked up again all the time while a snapshot has it. When the lookup
/// fails the last good answer stays; a name that has never had one stays a name, which is looked up
/// by whoever connects to it.
final class NamedEndpoints implements AutoCloseable {
    /// Of one name: more than the gateways of a datacenter, and twice what one answer by UDP has
    /// room for. The first of them in the order of their text, whatever order they come in.
    static final int MOST_ADDRESSES = 16;

    /// In one snapshot, which peers have a say in; names beyond it stay names.
    static final int MOST_NAMES = 256;

    /// The JVM does not tell for how long an answer holds, and keeps one for 30 s itself
    /// (`networkaddress.cache.ttl`): what has changed is known after a minute at most.
    static final Duration AGAIN = Duration.ofSeconds(30);

    /// The JVM itself asks again after 10 s.
    static final Duration AFTER_FAILURE = Duration.ofSeconds(10);

    /// Threads, made when there is a name: a name server that says nothing holds one for seconds,
    /// and a name must not wait for one other that nobody answers for.
    private static final int THREADS = 4;

    private final Latest<Optional<RouteSnapshot>> named;
    private final Latest<Optional<RouteSnapshot>> snapshot;
    private final Resolver resolver;
    private final Duration again;
    private final Duration afterFailure;
    private final Consumer<GatewayEvent> events;
    private final ScheduledThreadPoolExecutor threads;
    private final Latest.Subscription subscription;

    /// Of what follows; never held during a lookup.
    private final ReentrantLock lock = new ReentrantLock();

    /// Those of the newest snapshot; at most [#MOST_NAMES].
    private final Map<String, Lookup> lookups = new HashMap<>();

    /// What looks a name up.
    @FunctionalInterface
    interface Resolver {
        /// As the machine is set up to.
        Resolver OF_THE_SYSTEM = host -> List.of(InetAddress.getAllByName(host));

        /// Waits for an answer.
        List<InetAddress> resolve(String host) throws UnknownHostException;
    }

    /// @param named what has names in it
    NamedEndpoints(
            Latest<Optional<RouteSnapshot>> named,
            Resolver resolver,
            Consumer<GatewayEvent> events) {
        this(named, resolver, AGAIN, AFTER_FAILURE, events);
    }

    NamedEndpoints(
            Latest<Optional<RouteSnapshot>> named,
            Resolver resolver,
            Duration again,
            Duration afterFailure,
            Consumer<GatewayEvent> events) {
        this.named = named;
        this.resolver = resolver;
        this.again = again;
        this.afterFailure = afterFailure;
        this.events = events;
        this.snapshot = new Latest<>(named.get());
        this.threads =
                new ScheduledThreadPoolExecutor(
                        THREADS, Thread.ofPlatform().daemon().name("names-", 0).factory());
        threads.setRemoveOnCancelPolicy(true);
        this.subscription = named.watch(this::taken);
    }

    /// What the names stand for as far as it is known.
    Latest<Optional<RouteSnapshot>> snapshot() {
        return snapshot;
    }

    private void taken(Optional<RouteSnapshot> next) {
        lock.lock();
        try {
            var names = next.map(NamedEndpoints::names).orElse(Set.of());
            lookups.keySet().retainAll(names);
            for (var name : names) {
                if (!lookups.containsKey(name)) {
                    var lookup = new Lookup(name);
                    lookups.put(name, lookup);
                    threads.execute(lookup);
                }
            }
            publish();
        } finally {
            lock.unlock();
        }
    }

    /// With the lock.
    private void publish() {
        snapshot.set(named.get().map(this::resolved));
    }

    private static Set<String> names(RouteSnapshot from) {
        return Stream.concat(
                        from.routes().stream()
                                .flatMap(route -> route.targets().stream())
                                .flatMap(target -> target.endpoints().stream()),
                        from.sniRoutes().stream().flatMap(route -> route.endpoints().stream()))
                .map(TargetEndpoint::address)
                .filter(Endpoint::isNamed)
                .map(Endpoint::host)
                .distinct()
                .limit(MOST_NAMES)
                .collect(toCollection(LinkedHashSet::new));
    }

    private RouteSnapshot resolved(RouteSnapshot from) {
        if (lookups.isEmpty()) {
            return from;
        }
        return from.by(
                from.routes().stream().map(this::resolved).toList(),
                from.sniRoutes().stream().map(this::resolved).toList());
    }

    private Route resolved(Route route) {
        return route.withTargets(
                route.targets().stream()
                        .map(target -> target.withEndpoints(resolved(target.endpoints())))
                        .toList());
    }

    private SniRoute resolved(SniRoute route) {
        return route.withEndpoints(resolved(route.endpoints()));
    }

    /// Two names may have one address, and one of them may be called healthy.
    private List<TargetEndpoint> resolved(List<TargetEndpoint> endpoints) {
        var found = new LinkedHashMap<Endpoint, TargetEndpoint>();
        for (var endpoint : endpoints) {
            for (var address : addresses(endpoint.address())) {
                found.merge(
                        address,
                        new TargetEndpoint(address, endpoint.health()),
                        (one, other) -> one.health().healthy() ? one : other);
            }
        }
        return List.copyOf(found.values());
    }

    private List<Endpoint> addresses(Endpoint endpoint) {
        var lookup = endpoint.isNamed() ? lookups.get(endpoint.host()) : null;
        return lookup == null || lookup.addresses.isEmpty()
                ? List.of(endpoint)
                : lookup.addresses.stream()
                        .map(host -> new Endpoint(host, endpoint.port()))
                        .toList();
    }

    /// Of one name, for as long as it is listed.
    private final class Lookup implements Runnable {
        private final String name;

        /// The last good answer; empty: none yet. With the lock.
        private List<String> addresses = List.of();

        private boolean failed;

        Lookup(String name) {
            this.name = name;
        }

        @Override
        public void run() {
            if (!isListed()) {
                return;
            }
            var next = afterFailure;
            try {
                take(
                        resolver.resolve(name).stream()
                                .map(InetAddress::getHostAddress)
                                .distinct()
                                .sorted()
                                .limit(MOST_ADDRESSES)
                                .toList());
                failed = false;
                next = again;
            } catch (UnknownHostException e) {
                if (!failed) {
                    failed = true;
                    events.accept(
                            new GatewayEvent.BackgroundFailure(
                                    "looking up host '" + name + "'", e));
                }
            }
            if (!threads.isShutdown()) {
                var _ = threads.schedule(this, next.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        private boolean isListed() {
            lock.lock();
            try {
                return lookups.get(name) == this;
            } finally {
                lock.unlock();
            }
        }

        private void take(List<String> answer) {
            lock.lock();
            try {
                if (lookups.get(name) == this && !answer.isEmpty() && !answer.equals(addresses)) {
                    addresses = answer;
                    publish();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    @Override
    public void close() {
        subscription.close();
        threads.shutdownNow();
    }
}
