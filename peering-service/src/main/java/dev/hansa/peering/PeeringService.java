package dev.hansa.peering;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.MemoryWatermark;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.peering.acl.AccessControl;
import dev.hansa.peering.acl.FirstToken;
import dev.hansa.peering.acl.VisibleCatalog;
import dev.hansa.peering.api.AdminRouter;
import dev.hansa.peering.api.ApiRouter;
import dev.hansa.peering.api.MonitorStream;
import dev.hansa.peering.api.SnapshotResource;
import dev.hansa.peering.audit.AuditExport;
import dev.hansa.peering.cluster.Knowledge;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.cluster.LiveCheckpoint;
import dev.hansa.peering.cluster.MemberIdentity;
import dev.hansa.peering.cluster.ServerAddresses;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.config.ConnectionLimits;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.peering.dns.DnsServer;
import dev.hansa.peering.history.History;
import dev.hansa.peering.store.FreeFiles;
import dev.hansa.peering.store.Membership;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.telemetry.LogTap;
import dev.hansa.peering.telemetry.MetricNames;
import dev.hansa.peering.telemetry.PeerDataAge;
import dev.hansa.peering.telemetry.PeeringTelemetry;
import dev.hansa.trustbundle.PeerName;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A running peering service: the only place where its parts are put together. What is opened is
/// closed in reverse; listeners come last, so that nothing is answered before there is something to
/// say.
public final class PeeringService implements AutoCloseable {
    /// Two looks at two files; whoever renews a certificate does it days before it is needed.
    private static final Duration CERTIFICATE_LOOK = Duration.ofSeconds(10);

    private final Closer closer;
    private final Consumer<PeeringEvent> events;

    private PeeringService(Closer closer, Consumer<PeeringEvent> events) {
        this.closer = closer;
        this.events = events;
    }

    /// @throws Exception when the data directory cannot be used or an address cannot be bound,
    ///   naming it
    public static PeeringService start(PeeringServiceConfig config, Clock clock) throws Exception {
        var closer = new Closer();
        try {
            var metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            var history = new History(clock);
            var events = new PeeringTelemetry(metrics).andThen(history);
            var member =
                    new MemberIdentity(
                            config.datacenter(),
                            () ->
                                    CertificateKeeper.first(
                                            config.datacenter(), config.externalCa(), clock),
                            clock);
            var join = new ServerJoin(config, clock, events);
            var ticket = join.ticket(member);
            var roles = new Roles();
            var store =
                    closer.add(
                            RaftStore.open(
                                    config.dataDir(),
                                    config.sealKey(),
                                    ticket.membership(),
                                    member::tls,
                                    failure ->
                                            events.accept(
                                                    new PeeringEvent.BackgroundFailure(
                                                            "the store", failure)),
                                    clock));
            if (config.door().firstToken().isPresent() && store.now().acl().bootstrap().isEmpty()) {
                // a mistake in it is told now, not when this server leads; used, it may be deleted
                FirstToken.read(config.door().firstToken().get());
            }
            exportAudit(closer, config, store, events);
            metrics.gauge(MetricNames.AUDIT_LOST, store, RaftStore::lostAuditRecords);
            store.members().serve(roles);
            join.complete(ticket, store);
            var keeper =
                    CertificateKeeper.open(store, config.datacenter(), member::authority, clock);
            member.follow(keeper::own, keeper.authority()::bundle);
            var timer = timer(closer);
            StateWatch.start(
                    store::problem,
                    timer,
                    PeeringEvent.StoreReadOnly::new,
                    PeeringEvent.StoreWritable::new,
                    events);
            store.members()
                    .misplaced()
                    .ifPresent(sentence ->
                            events.accept(
                                    new PeeringEvent.BackgroundFailure(
                                            "being found by the other servers",
                                            new StoreFailure(sentence, null))));
            var self = self(config, ticket.membership());
            var live = catalog(closer, config, self, store, events);
            closer.add(
                    live.snapshots()
                            .watch(new PeerDataAge(metrics, live.snapshots(), clock)::look));
            var addresses = closer.add(addresses(config, live));
            var files = new FreeFiles(FreeFiles.RESERVE);
            metrics.gauge(MetricNames.FILES_SHORT, files, PeeringService::isShort);
            metrics.gauge(MetricNames.DATABASE_BEHIND, store, PeeringService::isBehind);
            StateWatch.start(
                    files::problem,
                    timer,
                    PeeringEvent.FilesShort::new,
                    PeeringEvent.FilesLeft::new,
                    events);
            var door = new ConnectionDoor(() -> files.problem().isPresent());
            var vertx = vertx(closer, door);
            var listeners = closer.add(new ServerListeners(vertx));
            // closed after the roles: how they end is told too
            var monitor =
                    closer.add(new MonitorStream(self.node(), LogTap::open, MonitorStream.BEAT));
            closer.add(roles);
            roles.start(
                    new ServerParts(
                            config,
                            clock,
                            events,
                            store,
                            keeper,
                            live,
                            self,
                            addresses,
                            listeners,
                            timer,
                            vertx,
                            new SnapshotResource(
                                    store.snapshots(config.datacenter(), clock),
                                    config.datacenter().name(),
                                    events),
                            monitor,
                            history));
            var guards = new Guards(door, config.connections(), events);
            var seen =
                    new VisibleCatalog(
                            new AccessControl(config.door().access(), store, clock),
                            live.snapshots());
            var dns = dns(closer, config, self, store, seen, guards);
            guards.proxies(
                    listeners.proxies(config.bound(config.proxyAddress()), keeper, roles::proxies),
                    config.connections().proxies());
            guards.peers(
                    listeners.peers(config.bound(config.peerAddress()), keeper, roles::peers),
                    config.limits().connections());
            listeners.plain(
                    config.adminAddress(),
                    new AdminRouter(
                                    () -> health(config, store, live, roles, files, dns),
                                    roles::unready,
                                    metrics)
                            .router(vertx));
            var slow = slowClients(config, events);
            guards.http(
                    api(config, listeners, slow.watching(roles::api), timer, events), config, slow);
            // what changed while they were being opened
            listeners.replace(keeper);
            renewals(keeper, listeners, timer, events);

            events.accept(
                    new PeeringEvent.ServerStarted(
                            config.datacenter().name(),
                            keeper.trustDomain().name(),
                            endpoint(config.httpAddress()).toString(),
                            endpoint(config.peerAddress()).toString(),
                            endpoint(config.proxyAddress()).toString()));
            return new PeeringService(closer, events);
        } catch (Exception e) {
            try (closer) {
                throw e;
            }
        }
    }

    private static void exportAudit(
            Closer closer,
            PeeringServiceConfig config,
            RaftStore store,
            Consumer<PeeringEvent> events) {
        config.auditFile()
                .ifPresent(file ->
                        closer.add(
                                AuditExport.start(
                                        file,
                                        store.audit(),
                                        failure ->
                                                events.accept(
                                                        new PeeringEvent.BackgroundFailure(
                                                                "the export of the audit log",
                                                                failure)))));
    }

    private static SlowClients slowClients(
            PeeringServiceConfig config, Consumer<PeeringEvent> events) {
        var times = config.connections().times();
        return new SlowClients(
                new SlowClients.Limits(
                        times.header(),
                        times.body(),
                        times.idle(),
                        config.connections().http() / 4,
                        // or whoever can connect, who has shown no token yet, would have the heap
                        Runtime.getRuntime().maxMemory() / 8,
                        // the rest is for the catalog, and for making answers; half of it, for one
                        // connection, is some megabytes where the heap is smallest
                        Runtime.getRuntime().maxMemory() / 8),
                reason -> events.accept(new PeeringEvent.ConnectionRefused("http", reason)));
    }

    private static InetSocketAddress api(
            PeeringServiceConfig config,
            ServerListeners listeners,
            Handler<HttpServerRequest> door,
            ScheduledExecutorService timer,
            Consumer<PeeringEvent> events)
            throws IOException, InterruptedException {
        var files = config.door().tls();
        if (files.isEmpty()) {
            return listeners.plain(config.httpAddress(), door);
        }
        var tls = new HttpTls(files.get(), events);
        var server = listeners.secured(config.httpAddress(), tls, door);
        timer.scheduleWithFixedDelay(
                () -> tls.refresh(server),
                CERTIFICATE_LOOK.toSeconds(),
                CERTIFICATE_LOOK.toSeconds(),
                TimeUnit.SECONDS);
        return new InetSocketAddress(config.httpAddress().getHostString(), server.actualPort());
    }

    /// Who watches which listener.
    private record Guards(
            ConnectionDoor door,
            int perSecond,
            BooleanSupplier isShort,
            Consumer<PeeringEvent> events) {
        Guards(ConnectionDoor door, ConnectionLimits limits, Consumer<PeeringEvent> events) {
            // what peers and proxies may have waiting outside of the heap has limits of its own
            this(
                    door,
                    limits.perSecond(),
                    new MemoryWatermark(limits.memoryPercent(), () -> 0),
                    events);
        }

        void peers(InetSocketAddress bound, int most) {
            guard("peer", bound, most, rate(), isShort, ConnectionDoor.Keeper.NONE);
        }

        void proxies(InetSocketAddress bound, int most) {
            guard("proxy", bound, most, rate(), isShort, ConnectionDoor.Keeper.NONE);
        }

        /// Without TLS there are no handshakes, and one address could use up what all may begin.
        void http(InetSocketAddress bound, PeeringServiceConfig config, SlowClients slow) {
            guard(
                    "http",
                    bound,
                    config.connections().http(),
                    config.door().tls().isPresent() ? rate() : ConnectionRate.NONE,
                    () -> false,
                    slow);
        }

        private ConnectionRate rate() {
            return new ConnectionRate(perSecond, System::nanoTime);
        }

        private void guard(
                String listener,
                InetSocketAddress bound,
                int most,
                ConnectionRate rate,
                BooleanSupplier isShort,
                ConnectionDoor.Keeper keeper) {
            door.guard(
                    bound,
                    most,
                    rate,
                    isShort,
                    keeper,
                    reason -> events.accept(new PeeringEvent.ConnectionRefused(listener, reason)));
        }
    }

    private static ScheduledExecutorService timer(Closer closer) {
        var timer =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name("timer").factory());
        closer.add(timer::shutdownNow);
        return timer;
    }

    private static Vertx vertx(Closer closer, ConnectionDoor door) {
        var vertx = door.vertx(new VertxOptions().setUseDaemonThread(true));
        closer.add(() ->
                vertx.close().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS));
        return vertx;
    }

    /// The live catalog: what the last life of this server knew, what the store holds, and the
    /// server itself.
    private static LiveCatalog catalog(
            Closer closer,
            PeeringServiceConfig config,
            ServerInfo self,
            Store store,
            Consumer<PeeringEvent> events) {
        var live = new LiveCatalog();
        Consumer<Throwable> failures =
                failure ->
                        events.accept(
                                new PeeringEvent.BackgroundFailure(
                                        "the catalog's checkpoint", failure));
        LiveCheckpoint.load(config.dataDir(), failures)
                .ifPresent(content -> {
                    content.owners().forEach(live::publish);
                    content.imported()
                            .forEach((name, imported) ->
                                    live.imported(new PeerName(name), _ -> imported));
                    live.knowledge().set(content.partial() ? Knowledge.PART : Knowledge.REMEMBERED);
                });
        live.unheard(store.now()::hasLivePeering);
        live.publish(self.owner(), List.of(self.instance(config.datacenter(), Optional.empty())));
        closer.add(ApiRouter.mirrorRegistrations(store, live));
        var checkpoint =
                closer.add(new LiveCheckpoint(config.dataDir(), () -> content(live), failures));
        closer.add(live.snapshots().watch(_ -> checkpoint.changed()));
        closer.add(live.knowledge().watch(_ -> checkpoint.changed()));
        return live;
    }

    private static LiveCheckpoint.Content content(LiveCatalog live) {
        var imported = new HashMap<String, ImportedCatalog>();
        live.snapshots()
                .get()
                .imported()
                .forEach((peer, catalog) -> imported.put(peer.value(), catalog));
        return new LiveCheckpoint.Content(
                live.owners(), imported, live.knowledge().get() == Knowledge.PART);
    }

    private static ServerInfo self(PeeringServiceConfig config, Membership membership) {
        var isFounder = membership.self().equals(Membership.FOUNDER);
        return new ServerInfo(
                membership.self(),
                isFounder || config.isNamed() ? config.nodeName() : membership.self(),
                endpoint(config.peerAddress()),
                endpoint(config.proxyAddress()),
                new Endpoint(
                        ServerAddresses.reached(hosts(config)), config.httpAddress().getPort()));
    }

    /// Where it listens, the HTTP API first.
    private static List<String> hosts(PeeringServiceConfig config) {
        return Stream.of(config.httpAddress(), config.peerAddress(), config.proxyAddress())
                .map(InetSocketAddress::getHostString)
                .toList();
    }

    private static ServerAddresses addresses(PeeringServiceConfig config, LiveCatalog live) {
        return ServerAddresses.start(
                hosts(config), live.snapshots(), InetAddress::getAllByName, ServerAddresses.EVERY);
    }

    private static void renewals(
            CertificateKeeper keeper,
            ServerListeners listeners,
            ScheduledExecutorService timer,
            Consumer<PeeringEvent> events) {
        var every = CertificateKeeper.renewEvery().toMillis();
        timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        keeper.renew();
                        listeners.replace(keeper);
                    } catch (RuntimeException | Error e) {
                        // two thirds of the life are left; the next round tries again, and it is
                        // said loudly
                        events.accept(
                                new PeeringEvent.BackgroundFailure(
                                        "renewing the server's certificate", e));
                    }
                },
                every,
                every,
                TimeUnit.MILLISECONDS);
    }

    private static Optional<DnsServer> dns(
            Closer closer,
            PeeringServiceConfig config,
            ServerInfo self,
            Store store,
            VisibleCatalog seen,
            Guards guards)
            throws InterruptedException {
        if (config.dns().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                closer.add(
                        DnsServer.start(
                                config.dns().get(),
                                config.datacenter(),
                                self.node(),
                                seen,
                                name ->
                                        seen.sees(name.service())
                                                ? store.now().virtual().of(name)
                                                : Optional.empty(),
                                guards.door(),
                                guards.isShort(),
                                guards.events())));
    }

    private static JsonNode health(
            PeeringServiceConfig config,
            Store store,
            LiveCatalog live,
            Roles roles,
            FreeFiles files,
            Optional<DnsServer> dns) {
        var snapshot = live.snapshots().get();
        var health = JsonNodeFactory.instance.objectNode();
        var problem = store.problem();
        var filesShort = files.problem();
        var database = store.databaseProblem();
        var isWell =
                problem.isEmpty()
                        && database.isEmpty()
                        && filesShort.isEmpty()
                        && dns.flatMap(DnsServer::problem).isEmpty();
        health.put("status", isWell ? "passing" : "degraded");
        problem.ifPresent(reason -> health.put("store", "takes no writes: " + reason));
        database.ifPresent(reason -> health.put("database", reason));
        filesShort.ifPresent(reason -> health.put("files", "lets nobody in: " + reason));
        health.put("role", "server");
        health.put("datacenter", config.datacenter().name());
        health.put("index", store.now().index());
        health.put("catalogVersion", snapshot.version());
        dns.ifPresent(running -> running.health(health));
        roles.health(health);
        return health;
    }

    private static double isBehind(Store store) {
        return store.databaseProblem().isPresent() ? 1 : 0;
    }

    private static double isShort(FreeFiles files) {
        return files.problem().isPresent() ? 1 : 0;
    }

    private static Endpoint endpoint(InetSocketAddress address) {
        return new Endpoint(address.getHostString(), address.getPort());
    }

    @Override
    public void close() throws Exception {
        events.accept(new PeeringEvent.ServerStopping("told to"));
        closer.close();
    }
}
