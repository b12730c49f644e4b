package dev.hansa.peering.discovery;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Observation;
import dev.hansa.failover.Recoveries;
import dev.hansa.failover.Route;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.TraceOrder;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.cluster.Knowledge;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.store.StoreState;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Keeps every connected proxy's routes true: one thread recomputes what a change may have touched
/// and sends each proxy what differs from the last. Changes that come while it computes are taken
/// together.
public final class RoutePublisher implements AutoCloseable {
    /// Never sent; differs from anything that is.
    static final RouteSnapshot NOTHING_YET =
            new RouteSnapshot(
                    0,
                    new Datacenter("none"),
                    new TrustDomain("none"),
                    List.of(),
                    List.of(),
                    BundleSet.EMPTY,
                    Optional.empty());

    /// How long to wait for a change when nothing is held down.
    private static final Duration LONG = Duration.ofHours(1);

    private final Supplier<RouteWorld> world;
    private final Supplier<Knowledge> knowledge;
    private final BiConsumer<RouteView, Set<UpstreamName>> watch;
    private final Clock clock;
    private final Consumer<PeeringEvent> events;
    private final Map<ProxySession, RouteSnapshot> sent = new ConcurrentHashMap<>();

    /// Where the servers are, as each was told last. The publisher's thread only.
    private final Map<ProxySession, List<Endpoint>> told = new WeakHashMap<>();

    private final Semaphore dirty = new Semaphore(0);
    private final Latest<Long> acknowledged = new Latest<>(0L);
    private final Traces traces = new Traces();
    private final Thread thread;
    private long version;

    /// As this server found the rules when it began to lead. The publisher's thread only.
    private @Nullable StoreState begun;

    /// Set by the publisher's thread only.
    private volatile Recoveries recoveries = Recoveries.NONE;

    /// @param firstVersion higher than any that an earlier life of this server gave out
    /// @param knowledge of what routes are made from. Until it is whole a proxy that has routes
    ///   keeps them: what is missing would be taken from it, and from its disk
    /// @param watch sees all routes at each change, with what the connected sidecars ask for; on
    ///   the publisher's thread, after proxies were told
    public RoutePublisher(
            Supplier<RouteWorld> world,
            long firstVersion,
            Supplier<Knowledge> knowledge,
            Clock clock,
            BiConsumer<RouteView, Set<UpstreamName>> watch,
            Consumer<PeeringEvent> events) {
        this.world = world;
        this.knowledge = knowledge;
        this.watch = watch;
        this.clock = clock;
        this.version = firstVersion;
        this.events = events;
        this.thread = Thread.ofVirtual().name("routes").start(this::run);
    }

    /// Something that routes are made from has changed. Cheap; may be called from any thread.
    public void changed() {
        dirty.release();
    }

    /// All that routes are made from now, as proxies are told it.
    public RouteView view() {
        return new RouteView(world.get(), recoveries);
    }

    void add(ProxySession session) {
        sent.put(session, NOTHING_YET);
        changed();
    }

    void remove(ProxySession session) {
        sent.remove(session);
        traces.gone(session);
        // whoever waits for it need not any more
        acknowledged();
    }

    /// A proxy routes by a version; whoever waits for it looks again.
    void acknowledged() {
        acknowledged.update(count -> count + 1);
    }

    /// How many proxies are connected.
    public int connected() {
        return sent.size();
    }

    /// What the connected sidecars ask for.
    public Set<UpstreamName> upstreams() {
        return sent.keySet().stream()
                .flatMap(session -> session.upstreams().stream())
                .collect(Collectors.toSet());
    }

    private Stream<ProxySession> sidecars(ServiceName service) {
        return sent.keySet().stream()
                .filter(session ->
                        session.identity() instanceof ProxyIdentity.Sidecar(_, var carried)
                                && carried.equals(service));
    }

    private Stream<ProxySession> gateways() {
        return sent.keySet().stream()
                .filter(session -> session.identity() instanceof ProxyIdentity.Gateway);
    }

    /// What the connected sidecars of a service ask for; empty when none is connected.
    public Optional<Set<UpstreamName>> upstreamsOf(ServiceName service) {
        var sidecars = sidecars(service).toList();
        return sidecars.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        sidecars.stream()
                                .flatMap(session -> session.upstreams().stream())
                                .collect(Collectors.toSet()));
    }

    /// What a connected sidecar has seen of an upstream.
    ///
    /// @param sidecar its identity's path and its own id
    public record Seen(String sidecar, ServiceName caller, Observation observation) {}

    /// Of every connected sidecar that calls it and has said so, in the order of their names.
    public List<Seen> seen(UpstreamName upstream) {
        var all = new ArrayList<Seen>();
        for (var session : sent.keySet()) {
            if (session.identity() instanceof ProxyIdentity.Sidecar(_, var caller)) {
                session.sightings().stream()
                        .flatMap(told -> told.upstreams().stream())
                        .filter(one -> one.upstream().equals(upstream))
                        .forEach(one -> all.add(new Seen(session.name(), caller, one)));
            }
        }
        all.sort(Comparator.comparing(Seen::sidecar));
        return all;
    }

    /// What a connected sidecar tells of itself.
    ///
    /// @param sightings empty: nothing yet
    /// @param certificate empty: it does not say
    public record Told(
            ServiceName service,
            ProxyPlace place,
            List<UpstreamName> upstreams,
            Optional<Sightings> sightings,
            Optional<CertificateLife> certificate) {
        public Told {
            upstreams = List.copyOf(upstreams);
        }
    }

    /// Of every connected sidecar, in no order.
    public List<Told> told() {
        var all = new ArrayList<Told>();
        for (var session : sent.keySet()) {
            if (session.identity() instanceof ProxyIdentity.Sidecar(_, var service)) {
                all.add(
                        new Told(
                                service,
                                session.place(),
                                List.copyOf(session.upstreams()),
                                session.sightings(),
                                session.certificate()));
            }
        }
        return all;
    }

    /// A connected proxy and the certificate that it uses.
    ///
    /// @param service that a sidecar stands for; a gateway is an instance of its own
    /// @param certificate empty: it does not say
    public record Certified(
            String service, ProxyPlace place, Optional<CertificateLife> certificate) {}

    /// Every connected proxy, sidecars and mesh gateways, in no order.
    public List<Certified> certified() {
        return sent.keySet().stream()
                .map(session ->
                        new Certified(
                                switch (session.identity()) {
                                    case ProxyIdentity.Sidecar(_, var service) -> service.value();
                                    case ProxyIdentity.Gateway _ -> ProxyInstances.GATEWAY;
                                },
                                session.place(),
                                session.certificate()))
                .toList();
    }

    Traces traces() {
        return traces;
    }

    /// What a proxy has said of its ways.
    ///
    /// @param proxy its identity's path and its own id
    public record Trace(String proxy, Traces.Answer answer) {}

    /// Lets a sidecar of the caller that has the upstream try every way of it: the first one by its
    /// name, when several are connected. Empty when none is.
    ///
    /// @throws InterruptedException when this server stops
    public Optional<Trace> trace(ServiceName caller, UpstreamName upstream)
            throws InterruptedException {
        var sidecar =
                sidecars(caller)
                        .filter(session -> session.upstreams().contains(upstream))
                        .min(Comparator.comparing(ProxySession::name));
        return sidecar.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        trace(sidecar.get(), new TraceOrder.OfUpstream(upstream), Traces.LIMIT));
    }

    /// Lets each connected gateway, of `most` in the order of their names, try where a name leads.
    ///
    /// @param limit for all of them
    /// @throws InterruptedException when this server stops
    public List<Trace> traceName(String sni, int most, Duration limit) throws InterruptedException {
        var deadline = System.nanoTime() + limit.toNanos();
        var gateways =
                gateways().sorted(Comparator.comparing(ProxySession::name)).limit(most).toList();
        var all = new ArrayList<Trace>();
        for (var gateway : gateways) {
            var left = Duration.ofNanos(deadline - System.nanoTime());
            all.add(
                    left.isPositive()
                            ? trace(
                                    gateway,
                                    new TraceOrder.OfName(sni),
                                    left.compareTo(Traces.LIMIT) < 0 ? left : Traces.LIMIT)
                            : new Trace(
                                    gateway.name(),
                                    new Traces.Answer.Untold(
                                            "not asked: the "
                                                    + limit.toSeconds()
                                                    + " s for this name were over")));
        }
        return all;
    }

    private Trace trace(ProxySession session, TraceOrder order, Duration limit)
            throws InterruptedException {
        return new Trace(session.name(), traces.ask(session, order, limit));
    }

    /// What a connected proxy has said about trust.
    ///
    /// @param name its identity's path and its own id
    /// @param roots our roots in the snapshot that it has acknowledged
    /// @param issuer names the certificate that signed the one it uses; empty: not said
    public record ProxyTrust(String name, List<X509Certificate> roots, String issuer) {}

    public List<ProxyTrust> trust() {
        return sent.keySet().stream()
                .map(session -> {
                    var taken = session.acknowledgedRoutes();
                    return new ProxyTrust(
                            session.name(),
                            taken.bundles()
                                    .of(taken.trustDomain())
                                    .map(TrustBundle::roots)
                                    .orElse(List.of()),
                            session.issuer());
                })
                .toList();
    }

    /// Waits until a gateway has taken a snapshot in which this name leads somewhere, at most
    /// `limit`.
    ///
    /// @return false when none has by then
    /// @throws InterruptedException when the conversation is told to stop
    public boolean awaitGatewayRoute(String sni, Duration limit) throws InterruptedException {
        acknowledged.await(_ -> gatewayServes(sni), limit);
        return gatewayServes(sni);
    }

    private boolean gatewayServes(String sni) {
        return gateways()
                .anyMatch(session ->
                        session.acknowledgedRoutes().sniRoutes().stream()
                                .anyMatch(route -> route.sni().equals(sni) && route.isHealthy()));
    }

    /// Waits until every connected sidecar that asks for an upstream says that it routes by one
    /// that is as wanted, at most `limit`.
    ///
    /// @return how many there are; empty when not all do by then
    /// @throws InterruptedException when the conversation is told to stop
    public OptionalInt awaitRoutes(UpstreamName upstream, Predicate<Route> wanted, Duration limit)
            throws InterruptedException {
        acknowledged.await(_ -> taken(upstream, wanted).isPresent(), limit);
        return taken(upstream, wanted);
    }

    private OptionalInt taken(UpstreamName upstream, Predicate<Route> wanted) {
        var asking =
                sent.keySet().stream()
                        .filter(session -> session.upstreams().contains(upstream))
                        .toList();
        return asking.stream()
                        .allMatch(session ->
                                session.acknowledgedRoutes()
                                        .route(upstream)
                                        .filter(wanted)
                                        .isPresent())
                ? OptionalInt.of(asking.size())
                : OptionalInt.empty();
    }

    private void run() {
        try {
            while (true) {
                if (!dirty.tryAcquire(untilDue().toMillis(), TimeUnit.MILLISECONDS)
                        && recoveries.due().isEmpty()) {
                    continue;
                }
                dirty.drainPermits();
                try {
                    publish();
                } catch (RuntimeException | Error e) {
                    // one bad record must not stop all routes: proxies keep the last good ones, and
                    // it is said loudly
                    events.accept(new PeeringEvent.BackgroundFailure("computing routes", e));
                    recoveries = Recoveries.NONE;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Until a target that is held down may be let go.
    private Duration untilDue() {
        return recoveries
                .due()
                .map(due -> Duration.between(clock.instant(), due).plusMillis(1))
                .filter(wait -> wait.compareTo(LONG) < 0)
                .map(wait -> wait.isNegative() ? Duration.ZERO : wait)
                .orElse(LONG);
    }

    private void publish() {
        // first: what makes it whole is in the world by then
        var known = knowledge.get();
        var now = world.get();
        var view = new RouteView(now).after(recoveries, clock.instant());
        // whoever is not known yet is not down, and comes back from nowhere
        recoveries = known == Knowledge.WHOLE ? view.recoveries() : Recoveries.NONE;
        begun = begun == null ? now.state() : begun;
        if (!sent.isEmpty()) {
            // a denial, a withdrawn export or an operator's word does not wait for who is away
            var isNew = known == Knowledge.REMEMBERED && !now.state().hasSameRules(begun);
            send(now, view, isNew ? Knowledge.WHOLE : known);
        }
        if (known == Knowledge.WHOLE) {
            watch.accept(view, upstreams());
        }
    }

    private void send(RouteWorld now, RouteView view, Knowledge known) {
        var servers =
                ServerInfo.in(now.catalog()).stream().map(ServerInfo::proxies).distinct().toList();
        var gateway = view.gateway();
        for (var session : List.copyOf(sent.keySet())) {
            if (!servers.equals(told.put(session, servers))) {
                session.servers(servers);
            }
            if (known == Knowledge.PART && session.had() > 0) {
                continue;
            }
            try {
                var next = view.of(session, gateway);
                if (known == Knowledge.WHOLE || session.had() == 0 || isEnough(session, next)) {
                    send(session, next);
                }
            } catch (RuntimeException | Error e) {
                // what one proxy cannot be told is not kept from the others
                events.accept(
                        new PeeringEvent.BackgroundFailure(
                                "computing routes of " + session.name(), e));
            }
        }
    }

    /// Where only the last moments may be missing, for a sidecar that can reach all it asks for.
    private static boolean isEnough(ProxySession session, RouteSnapshot next) {
        return session.identity() instanceof ProxyIdentity.Sidecar
                && !session.isTransparent()
                && next.reachesEveryUpstream();
    }

    private void send(ProxySession session, RouteSnapshot next) {
        // the session may have ended meanwhile; then it must not come back
        if (!next.equals(sent.get(session))
                && sent.computeIfPresent(session, (_, _) -> next) != null) {
            session.send(next.at(++version));
        }
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
