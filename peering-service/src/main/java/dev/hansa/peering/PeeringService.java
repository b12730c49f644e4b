package dev.hansa.peering;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.hansa.bootstrap.Closer;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.failover.ProxyRpc;
import dev.hansa.peering.api.AdminRouter;
import dev.hansa.peering.api.ApiRouter;
import dev.hansa.peering.api.ApiSettings;
import dev.hansa.peering.api.SnapshotResource;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.cluster.LiveCheckpoint;
import dev.hansa.peering.cluster.MemberIdentity;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.discovery.CertificateDesk;
import dev.hansa.peering.discovery.DenialLog;
import dev.hansa.peering.discovery.ProxyRegistrations;
import dev.hansa.peering.discovery.RouteDiscoveryService;
import dev.hansa.peering.discovery.RoutePublisher;
import dev.hansa.peering.discovery.RouteWorld;
import dev.hansa.peering.establish.Acceptor;
import dev.hansa.peering.establish.Dialer;
import dev.hansa.peering.store.Membership;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.stream.AdvertisedAddresses;
import dev.hansa.peering.stream.LiveStreams;
import dev.hansa.peering.stream.OwnDatacenter;
import dev.hansa.peering.stream.PeerConnector;
import dev.hansa.peering.stream.StreamContext;
import dev.hansa.peering.stream.StreamService;
import dev.hansa.peering.stream.StreamTimes;
import dev.hansa.peering.telemetry.PeeringTelemetry;
import dev.hansa.token.TokenReader;
import dev.hansa.trustbundle.PeerName;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A running peering service: the only place where its parts are put together. What is opened is
/// closed in reverse; listeners come last, so that nothing is answered before there is something to
/// say.
public final class PeeringService implements AutoCloseable {
    private static final String SERVER = "server";

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
            var events = new PeeringTelemetry(metrics);
            var member =
                    new MemberIdentity(
                            config.datacenter(),
                            () ->
                                    CertificateKeeper.first(
                                            config.datacenter(), config.externalCa(), clock),
                            clock);
            var store =
                    closer.add(
                            RaftStore.open(
                                    config.dataDir(),
                                    Membership.alone(),
                                    member::tls,
                                    failure ->
                                            events.accept(
                                                    new PeeringEvent.BackgroundFailure(
                                                            "the store", failure))));
            var keeper =
                    CertificateKeeper.open(store, config.datacenter(), member::authority, clock);
            member.follow(keeper::own, keeper.authority()::bundle);
            var timer = timer(closer);
            StoreWatch.start(store, timer, events);
            var catalog = catalog(closer, config, store, timer, events);
            var door = new ConnectionDoor();
            var vertx = vertx(closer, door);

            var publisher =
                    closer.add(
                            new RoutePublisher(
                                    () -> world(config, store, catalog, keeper),
                                    store.now().starts() << 32,
                                    events));
            closer.add(store.state().watch(_ -> publisher.changed()));
            closer.add(catalog.live().snapshots().watch(_ -> publisher.changed()));

            var denials = new DenialLog();
            var desk =
                    new CertificateDesk(
                            keeper.authority(),
                            store,
                            config.datacenter(),
                            endpoint(config.proxyAddress()),
                            config.leafLife(),
                            clock,
                            events);
            var peers = peers(closer, config, store, catalog.live(), keeper, vertx, clock, events);
            var acceptor = new Acceptor(peers.context(), keeper::tokenIssuer);
            var dialer =
                    new Dialer(
                            peers.context(),
                            peers.connector(),
                            new TokenReader(),
                            publisher::awaitGatewayRoute);
            var operations =
                    new PeeringDesk(
                            store,
                            acceptor,
                            dialer,
                            peers.registry(),
                            config.datacenter(),
                            config.tokenLife(),
                            config.tokenForm(),
                            clock,
                            events);

            var api =
                    closer.add(
                            new ApiRouter(
                                    new ApiSettings(
                                            config.datacenter(),
                                            config.nodeName(),
                                            config.httpAddress(),
                                            config.defaultAllow()),
                                    store,
                                    catalog.live(),
                                    operations,
                                    desk::token,
                                    keeper.authority()::bundle,
                                    denials,
                                    events));
            var listeners = closer.add(new ServerListeners(vertx));
            var rotation =
                    closer.add(
                            new RootRotation(
                                    store,
                                    peers.context().streams(),
                                    publisher::trust,
                                    () -> {
                                        keeper.renew();
                                        listeners.replace(keeper);
                                    },
                                    new RootRotation.Terms(
                                            config.externalCa(),
                                            config.retireLimit(),
                                            config.leafLife()),
                                    clock,
                                    events));
            api.certificateAuthority(rotation);
            api.snapshots(
                    new SnapshotResource(
                            store.snapshots(config.datacenter(), clock),
                            config.datacenter().name(),
                            events));
            var proxies =
                    GrpcServer.server(
                            vertx,
                            new GrpcServerOptions().setMaxMessageSize(ProxyRpc.MAX_MESSAGE_BYTES));
            new RouteDiscoveryService(
                            vertx,
                            desk,
                            config.datacenter(),
                            publisher,
                            catalog.registrations(),
                            denials,
                            clock,
                            events)
                    .register(proxies);
            listeners.proxies(config.proxyAddress(), keeper, proxies);
            var peerPort =
                    listeners.peers(
                            config.peerAddress(),
                            keeper,
                            new StreamService(vertx, peers.context())::answer);
            door.guard(
                    peerPort,
                    config.limits().connections(),
                    () -> events.accept(new PeeringEvent.ConnectionRefused()));
            listeners.plain(
                    config.adminAddress(),
                    new AdminRouter(
                                    () ->
                                            health(
                                                    config,
                                                    store,
                                                    catalog.live(),
                                                    operations,
                                                    publisher),
                                    metrics)
                            .router(vertx));
            listeners.plain(config.httpAddress(), api.router(vertx));
            renewals(keeper, listeners, timer, events);
            rotation.start();

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

    private record Catalog(LiveCatalog live, ProxyRegistrations registrations) {}

    /// The live catalog: what the last life of this server knew, what the store holds, and the
    /// server itself.
    private static Catalog catalog(
            Closer closer,
            PeeringServiceConfig config,
            Store store,
            ScheduledExecutorService timer,
            Consumer<PeeringEvent> events) {
        var live = new LiveCatalog();
        Consumer<Throwable> failures =
                failure ->
                        events.accept(
                                new PeeringEvent.BackgroundFailure(
                                        "the catalog's checkpoint", failure));
        var registrations = new ProxyRegistrations(live, timer, events);
        LiveCheckpoint.load(config.dataDir(), failures)
                .ifPresent(content -> {
                    registrations.remembered(content.owners());
                    content.imported()
                            .forEach((name, imported) -> {
                                var peer = new PeerName(name);
                                if (store.now()
                                        .peering(peer)
                                        .filter(record -> record.state().isLive())
                                        .isPresent()) {
                                    live.imported(
                                            peer, _ -> imported.heard(imported.heardAt(), false));
                                }
                            });
                });
        live.publish(SERVER, List.of(self(config)));
        closer.add(ApiRouter.mirrorRegistrations(store, live));
        var checkpoint =
                closer.add(new LiveCheckpoint(config.dataDir(), () -> content(live), failures));
        closer.add(live.snapshots().watch(_ -> checkpoint.changed()));
        return new Catalog(live, registrations);
    }

    private static LiveCheckpoint.Content content(LiveCatalog live) {
        var owners = new HashMap<>(live.owners());
        owners.remove(SERVER);
        var imported = new HashMap<String, ImportedCatalog>();
        live.snapshots()
                .get()
                .imported()
                .forEach((peer, catalog) -> imported.put(peer.value(), catalog));
        return new LiveCheckpoint.Content(owners, imported);
    }

    /// This server, as the catalog shows it.
    private static ServiceInstance self(PeeringServiceConfig config) {
        var address = endpoint(config.peerAddress());
        return new ServiceInstance(
                new NodeRecord(
                        "",
                        config.nodeName(),
                        address.host(),
                        config.datacenter().name(),
                        Map.of(),
                        Map.of()),
                "consul",
                "consul",
                ServiceKind.TYPICAL,
                List.of(),
                address.host(),
                address.port(),
                Map.of(),
                Map.of("grpc_tls_port", String.valueOf(address.port())),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(
                        new HealthCheck(
                                "serfHealth",
                                "server alive",
                                CheckStatus.PASSING,
                                "this server answers",
                                "")),
                0,
                0);
    }

    private record Peers(
            StreamContext context, PeerConnector connector, PeeringRegistry registry) {}

    private static Peers peers(
            Closer closer,
            PeeringServiceConfig config,
            Store store,
            LiveCatalog live,
            CertificateKeeper keeper,
            Vertx vertx,
            Clock clock,
            Consumer<PeeringEvent> events) {
        var own =
                new OwnDatacenter(
                        keeper.trustDomain(),
                        config.datacenter(),
                        OwnDatacenter::storedRoots,
                        ConfigEntries::exportPolicy,
                        new AdvertisedAddresses(
                                List.of(endpoint(config.peerAddress()).toString()),
                                ConfigEntries::throughMeshGateways));
        var streams = new LiveStreams();
        closer.add(streams::close);
        var context =
                new StreamContext(
                        own,
                        store,
                        live,
                        streams,
                        StreamTimes.DEFAULT.withLongestRetry(config.longestRetry()),
                        config.limits(),
                        clock,
                        events);
        var connector = new PeerConnector(vertx, config.limits());
        return new Peers(context, connector, closer.add(PeeringRegistry.start(context, connector)));
    }

    private static RouteWorld world(
            PeeringServiceConfig config, Store store, Catalog catalog, CertificateKeeper keeper) {
        var state = store.now();
        return new RouteWorld(
                state,
                catalog.live().snapshots().get(),
                config.datacenter(),
                keeper.authority().bundle(),
                ConfigEntries.exportPolicy(state),
                service -> ConfigEntries.failoverPolicy(state, service),
                destination ->
                        ConfigEntries.intentionTable(state, config.defaultAllow(), destination),
                ConfigEntries.throughMeshGateways(state),
                endpoint(config.peerAddress()));
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
                    } catch (RuntimeException e) {
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

    private static JsonNode health(
            PeeringServiceConfig config,
            Store store,
            LiveCatalog live,
            PeeringDesk peerings,
            RoutePublisher publisher) {
        var snapshot = live.snapshots().get();
        var health = JsonNodeFactory.instance.objectNode();
        var problem = store.problem();
        health.put("status", problem.isEmpty() ? "passing" : "degraded");
        problem.ifPresent(reason -> health.put("store", "takes no writes: " + reason));
        health.put("role", "server");
        health.put("datacenter", config.datacenter().name());
        health.put("index", store.now().index());
        health.put("catalogVersion", snapshot.version());
        health.put("connectedProxies", publisher.connected());
        var all = health.putObject("peerings");
        peerings.list()
                .forEach(view -> {
                    var peer = snapshot.from(view.record().name());
                    all.putObject(view.record().name().value())
                            .put("state", view.state())
                            .put("connected", peer.connected())
                            .put("imported", view.imported().size())
                            .put("exported", view.exported().size());
                });
        return health;
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
