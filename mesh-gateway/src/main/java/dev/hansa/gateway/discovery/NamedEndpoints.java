package dev.hansa.gateway.discovery;

import static java.util.stream.Collectors.toCollection;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.Route;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.gateway.GatewayEvent;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Puts in place of each host name in a snapshot the addresses that it has, each an endpoint of its
/// own: one of them may be dead while the others are well, and is then passed, judged and tried
/// again by itself. A name is looked up again all the time while a snapshot has it. When the lookup
/// fails the last good answer stays, and of one half of it that half; a name that has never had one
/// stays a name, which is looked up by whoever connects to it.
///
/// One of these has a bound on its names; the threads are the process's.
final class NamedEndpoints implements AutoCloseable {
    /// Of one name: more than the gateways of a datacenter, and twice what one answer by UDP has
    /// room for. IPv4 and IPv6 in turn, so that a family that leads nowhere costs every other
    /// attempt at most; each in the order of their text.
    static final int MOST_ADDRESSES = 16;

    /// In one snapshot, which peers have a say in; names beyond it stay names.
    static final int MOST_NAMES = 256;

    /// Where nobody says for how long an answer holds.
    static final Duration AGAIN = Duration.ofSeconds(30);

    /// However short it is said to hold: a name server is asked by every proxy, for up to
    /// [#MOST_NAMES] names.
    static final Duration SHORTEST = Duration.ofSeconds(10);

    /// However long: somebody may have to move in a hurry who had not foreseen it.
    static final Duration LONGEST = Duration.ofMinutes(1);

    /// The JVM itself asks again after 10 s. Twice as long after each further failure.
    static final Duration AFTER_FAILURE = Duration.ofSeconds(10);

    /// A name that nobody has answered for in a while costs a thread some seconds each time.
    static final Duration LONGEST_AFTER_FAILURE = Duration.ofMinutes(5);

    /// No longer pause comes of more.
    private static final int MOST_DOUBLED = 10;

    private static final boolean IPV6 = hasIpv6();

    /// Threads for names that were answered for, and as many for others, in a process, whatever
    /// number of services it carries. A name server that says nothing holds one for seconds, and a
    /// name that has addresses must not wait for those that have none.
    private static final int THREADS = 4;

    private static final ScheduledThreadPoolExecutor KNOWN = threads("names-");
    private static final ScheduledThreadPoolExecutor UNKNOWN = threads("new-names-");

    private static ScheduledThreadPoolExecutor threads(String name) {
        var threads =
                new ScheduledThreadPoolExecutor(
                        THREADS, Thread.ofPlatform().daemon().name(name, 0).factory());
        threads.setRemoveOnCancelPolicy(true);
        // most proxies have no name to look up
        threads.setKeepAliveTime(AGAIN.multipliedBy(2).toSeconds(), TimeUnit.SECONDS);
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    private final Latest<Optional<RouteSnapshot>> named;
    private final Latest<Optional<RouteSnapshot>> snapshot;
    private final Resolver resolver;
    private final Pace pace;
    private final Consumer<GatewayEvent> events;
    private final Latest.Subscription subscription;

    /// Of what follows; never held during a lookup.
    private final ReentrantLock lock = new ReentrantLock();

    /// Those of the newest snapshot; at most [#MOST_NAMES].
    private final Map<String, Lookup> lookups = new HashMap<>();

    /// With the lock, as a change may be under way when this is closed.
    private boolean isClosed;

    /// What looks a name up.
    @FunctionalInterface
    interface Resolver {
        /// As the machine is set up to; that does not say for how long it holds.
        Resolver OF_THE_SYSTEM = host -> Found.of(List.of(InetAddress.getAllByName(host)));

        /// Waits for an answer.
        Found resolve(String host) throws UnknownHostException;
    }

    /// An answer.
    ///
    /// @param unanswered families that it may have addresses of, and why it is not known
    /// @param holds for how long, as the name server says; empty: it is not known
    record Found(
            List<InetAddress> addresses,
            Map<StandardProtocolFamily, String> unanswered,
            Optional<Duration> holds) {
        Found {
            addresses = List.copyOf(addresses);
            unanswered = Map.copyOf(unanswered);
        }

        /// A whole one, of somebody who does not say for how long it holds.
        static Found of(List<InetAddress> addresses) {
            return new Found(addresses, Map.of(), Optional.empty());
        }

        /// With those of before where nobody has answered.
        List<InetAddress> over(List<InetAddress> before) {
            return Stream.concat(
                            addresses.stream(),
                            before.stream()
                                    .filter(address -> unanswered.containsKey(family(address))))
                    .toList();
        }

        private static StandardProtocolFamily family(InetAddress address) {
            return address instanceof Inet4Address
                    ? StandardProtocolFamily.INET
                    : StandardProtocolFamily.INET6;
        }
    }

    /// When to ask again.
    ///
    /// @param unsaid where nobody says for how long an answer holds
    record Pace(Duration unsaid, Duration shortest, Duration longest, Duration afterFailure) {
        static final Pace USUAL = new Pace(AGAIN, SHORTEST, LONGEST, AFTER_FAILURE);

        Duration after(Found found) {
            return found.holds()
                    .map(time -> least(longest, time.compareTo(shortest) < 0 ? shortest : time))
                    .orElse(unsaid);
        }

        Duration afterFailures(int failures) {
            return afterFailure.multipliedBy(1L << Math.min(failures - 1, MOST_DOUBLED));
        }
    }

    /// @param named what has names in it
    NamedEndpoints(
            Latest<Optional<RouteSnapshot>> named,
            Resolver resolver,
            Consumer<GatewayEvent> events) {
        this(named, resolver, Pace.USUAL, events);
    }

    NamedEndpoints(
            Latest<Optional<RouteSnapshot>> named,
            Resolver resolver,
            Pace pace,
            Consumer<GatewayEvent> events) {
        this.named = named;
        this.resolver = resolver;
        this.pace = pace;
        this.events = events;
        this.snapshot = new Latest<>(named.get());
        this.subscription = named.watch(this::taken);
    }

    /// Of which a name may have addresses that lead somewhere from here.
    static Set<StandardProtocolFamily> families() {
        return IPV6
                ? EnumSet.of(StandardProtocolFamily.INET, StandardProtocolFamily.INET6)
                : EnumSet.of(StandardProtocolFamily.INET);
    }

    /// What the names stand for as far as it is known.
    Latest<Optional<RouteSnapshot>> snapshot() {
        return snapshot;
    }

    private void taken(Optional<RouteSnapshot> next) {
        lock.lock();
        try {
            var names =
                    isClosed ? Set.<String>of() : next.map(NamedEndpoints::names).orElse(Set.of());
            keep(names);
            for (var name : names) {
                lookups.computeIfAbsent(name, Lookup::new).begin();
            }
            publish();
        } finally {
            lock.unlock();
        }
    }

    /// With the lock.
    private void keep(Set<String> names) {
        lookups.values()
                .removeIf(lookup -> {
                    var goes = !names.contains(lookup.name);
                    if (goes) {
                        lookup.end();
                    }
                    return goes;
                });
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

    /// The first of each family in turn, IPv4 first; the same whatever order they come in.
    private static List<String> addresses(List<InetAddress> answer) {
        var families = new ArrayList<Iterator<String>>();
        families.add(texts(answer, Inet4Address.class));
        if (IPV6) {
            families.add(texts(answer, Inet6Address.class));
        }
        var all = new ArrayList<String>();
        while (all.size() < MOST_ADDRESSES && families.stream().anyMatch(Iterator::hasNext)) {
            families.stream().filter(Iterator::hasNext).forEach(each -> all.add(each.next()));
        }
        return List.copyOf(all.subList(0, Math.min(all.size(), MOST_ADDRESSES)));
    }

    private static Iterator<String> texts(
            List<InetAddress> answer, Class<? extends InetAddress> family) {
        return answer.stream()
                .filter(family::isInstance)
                .map(InetAddress::getHostAddress)
                .distinct()
                .sorted()
                .iterator();
    }

    /// Whether sockets of IPv6 can be made here: without them each attempt fails before it begins,
    /// and says nothing of its address.
    private static boolean hasIpv6() {
        try (var _ = SocketChannel.open(StandardProtocolFamily.INET6)) {
            return true;
        } catch (IOException | UnsupportedOperationException _) {
            return false;
        }
    }

    /// Of one name, for as long as it is listed.
    private final class Lookup implements Runnable {
        private final String name;

        /// The last good answer; empty: none yet. With the lock, as all that follows.
        private List<InetAddress> answer = List.of();

        /// Its addresses as they are tried.
        private List<String> addresses = List.of();

        private int failures;
        private @Nullable Future<?> next;

        Lookup(String name) {
            this.name = name;
        }

        /// Once; with the lock.
        void begin() {
            if (next == null) {
                next = UNKNOWN.submit(this);
            }
        }

        /// With the lock.
        void end() {
            if (next != null) {
                next.cancel(false);
            }
        }

        @Override
        public void run() {
            if (!isListed()) {
                return;
            }
            try {
                took(resolver.resolve(name));
            } catch (UnknownHostException | RuntimeException | LinkageError e) {
                failed(e);
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

        private void took(Found found) {
            boolean isFirst;
            lock.lock();
            try {
                var all = found.over(answer);
                var tried = addresses(all);
                if (lookups.get(name) == this && !tried.isEmpty()) {
                    answer = all;
                    if (!tried.equals(addresses)) {
                        addresses = tried;
                        publish();
                    }
                }
                failures = found.unanswered().isEmpty() ? 0 : failures + 1;
                isFirst = failures == 1;
                // last: whatever fails before it is one failure, and one lookup that follows
                again(
                        KNOWN,
                        failures == 0
                                ? pace.after(found)
                                : least(pace.after(found), pauseOfTheKnown()));
            } finally {
                lock.unlock();
            }
            if (isFirst) {
                tell(
                        new UnknownHostException(
                                "'"
                                        + name
                                        + "': expected an answer for each family; found "
                                        + new TreeMap<>(found.unanswered())));
            }
        }

        private void failed(Throwable e) {
            boolean isFirst;
            lock.lock();
            try {
                isFirst = failures++ == 0;
                if (addresses.isEmpty()) {
                    again(UNKNOWN, least(pace.afterFailures(failures), LONGEST_AFTER_FAILURE));
                } else {
                    again(KNOWN, pauseOfTheKnown());
                }
            } finally {
                lock.unlock();
            }
            if (isFirst) {
                tell(e);
            }
        }

        /// A name server that is away comes back, and the addresses may be others by then.
        private Duration pauseOfTheKnown() {
            return least(pace.afterFailures(failures), pace.unsaid());
        }

        private void tell(Throwable e) {
            events.accept(new GatewayEvent.BackgroundFailure("looking up host '" + name + "'", e));
        }

        /// With the lock.
        private void again(ScheduledThreadPoolExecutor threads, Duration after) {
            if (lookups.get(name) == this) {
                next = threads.schedule(this, after.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }

    private static Duration least(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    @Override
    public void close() {
        subscription.close();
        lock.lock();
        try {
            isClosed = true;
            keep(Set.of());
        } finally {
            lock.unlock();
        }
    }
}
