package dev.hansa.peering.cluster;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.ServiceInstance;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Where servers are, as IP addresses: clients of Consul read one where they are told of a server,
/// and servers may know each other by names. Names are looked up on a thread of their own, so that
/// nobody who asks waits for DNS; what was found last stays while nothing is found.
public final class ServerAddresses implements AutoCloseable {
    /// A pod that has come back has another address, and a client that believes the old one in
    /// between finds nobody there, as he would have before.
    public static final Duration EVERY = Duration.ofSeconds(10);

    /// A datacenter has seven servers at most, and a few that are gone.
    private static final int MOST = 64;

    private final String own;
    private final Lookup lookup;
    private final Latest<Set<String>> names = new Latest<>(Set.of());
    private final Map<String, String> found = new ConcurrentHashMap<>();
    private final Latest.Subscription watch;
    private final Thread thread;

    /// All addresses of a name.
    @FunctionalInterface
    public interface Lookup {
        InetAddress[] all(String host) throws UnknownHostException;
    }

    private ServerAddresses(
            List<String> listens, Latest<CatalogSnapshot> catalog, Lookup lookup, Duration every) {
        this.own = reached(listens);
        this.lookup = lookup;
        this.watch =
                catalog.watch(now -> names.update(before -> kept(before, names(now).limit(MOST))));
        this.thread = Thread.ofPlatform().daemon().name("server-names").unstarted(() -> run(every));
    }

    /// @param listens the hosts of this server's listeners, the one first that it is known by
    /// @param catalog whose servers' names are looked up too
    /// @param every how long a name is believed
    public static ServerAddresses start(
            List<String> listens, Latest<CatalogSnapshot> catalog, Lookup lookup, Duration every) {
        var addresses = new ServerAddresses(listens, catalog, lookup, every);
        addresses.thread.start();
        return addresses;
    }

    /// The first host that is one: `0.0.0.0` and `::` are where a server listens, and nobody's
    /// address. Loopback when there is none.
    public static String reached(List<String> listens) {
        return listens.stream().filter(host -> !isAnywhere(host)).findFirst().orElse("127.0.0.1");
    }

    private static boolean isAnywhere(String host) {
        return literal(host).filter(InetAddress::isAnyLocalAddress).isPresent();
    }

    private static Optional<InetAddress> literal(String host) {
        try {
            return Optional.of(InetAddress.ofLiteral(host));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private Stream<String> names(CatalogSnapshot catalog) {
        return Stream.concat(
                        Stream.of(own),
                        catalog.named(ServerInfo.SERVICE).stream().map(ServiceInstance::address))
                .filter(host -> literal(host).isEmpty());
    }

    /// The same object where nothing has changed, so that nobody is woken.
    private static Set<String> kept(Set<String> before, Stream<String> now) {
        var after = now.collect(Collectors.toUnmodifiableSet());
        return after.equals(before) ? before : after;
    }

    /// Of this server.
    public String own() {
        return of(own);
    }

    /// Of a server that others know by `host`, an address or a name. A name whose address was never
    /// found is told as it is.
    public String of(String host) {
        return found.getOrDefault(host, host);
    }

    private void run(Duration every) {
        try {
            while (true) {
                var looked = names.get();
                looked.forEach(this::look);
                found.keySet().retainAll(looked);
                Predicate<Set<String>> isAnother = now -> !now.equals(looked);
                names.await(isAnother, every);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(String name) {
        try {
            var all = Arrays.stream(lookup.all(name)).map(InetAddress::getHostAddress).toList();
            // a name with several gives them in another order each time
            if (!all.isEmpty() && !all.contains(found.getOrDefault(name, ""))) {
                found.put(name, all.getFirst());
            }
        } catch (UnknownHostException _) {
            // a pod that is being replaced has none for a while
        } catch (RuntimeException | Error _) {
            // a name, or a resolver, that makes the library fail: looked up again at the next turn
        }
    }

    @Override
    public void close() {
        watch.close();
        thread.interrupt();
    }
}
