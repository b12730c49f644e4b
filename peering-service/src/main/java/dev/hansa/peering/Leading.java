package dev.hansa.peering;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.failover.ProxyRpc;
import dev.hansa.peering.acl.FirstToken;
import dev.hansa.peering.api.ApiRouter;
import dev.hansa.peering.api.ApiSettings;
import dev.hansa.peering.api.AuditNotes;
import dev.hansa.peering.api.ReaderLimits;
import dev.hansa.peering.api.RequestRates;
import dev.hansa.peering.checks.CheckRounds;
import dev.hansa.peering.cluster.LiveFeed;
import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.discovery.CertificateDesk;
import dev.hansa.peering.discovery.DenialLog;
import dev.hansa.peering.discovery.ProxyRegistrations;
import dev.hansa.peering.discovery.RouteDiscoveryService;
import dev.hansa.peering.discovery.RoutePublisher;
import dev.hansa.peering.discovery.RouteWorld;
import dev.hansa.peering.establish.Acceptor;
import dev.hansa.peering.establish.Dialer;
import dev.hansa.peering.failover.ControlExpiry;
import dev.hansa.peering.failover.Drills;
import dev.hansa.peering.failover.FailoverDesk;
import dev.hansa.peering.failover.FailoverLog;
import dev.hansa.peering.failover.FailoverWatch;
import dev.hansa.peering.login.KeyRing;
import dev.hansa.peering.login.TokenExpiry;
import dev.hansa.peering.store.MemberService;
import dev.hansa.peering.store.NotLeadingFailure;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.stream.AdvertisedAddresses;
import dev.hansa.peering.stream.LiveStreams;
import dev.hansa.peering.stream.OwnDatacenter;
import dev.hansa.peering.stream.PeerConnector;
import dev.hansa.peering.stream.StreamContext;
import dev.hansa.peering.stream.StreamService;
import dev.hansa.peering.stream.StreamTimes;
import dev.hansa.peering.virtual.VirtualDesk;
import dev.hansa.token.TokenReader;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// The server that leads: it alone talks to peers and proxies, and orders what is live. All that it
/// writes carries the term that it leads in, so that nothing of it counts once another leads.
final class Leading implements Role {
    private final Closer closer;
    private final ServerParts parts;
    private final StreamService streams;
    private final Doors doors;
    private final ApiRouter router;
    private final PeeringDesk peerings;
    private final RoutePublisher publisher;
    private final ProxyRegistrations registrations;

    /// Which other server each thread tells what is live: a new stream of one may come before the
    /// old one is gone. Guarded by itself, with what the catalog shows of servers.
    private final Map<Thread, String> listening = new HashMap<>();

    private boolean tellsNobody;

    private Leading(ServerParts parts, long term, Closer closer) throws Exception {
        this.closer = closer;
        this.parts = parts;
        var config = parts.config();
        var keeper = parts.keeper();
        var live = parts.live();
        var events = parts.events();
        parts.store().lead(term);
        var store = parts.store().inTerm(term);

        registrations = closer.add(new ProxyRegistrations(live, parts.timer(), events));
        var owners = new HashMap<>(live.owners());
        owners.keySet().removeIf(owner -> owner.startsWith(ServerInfo.OWNER));
        registrations.remembered(owners);
        live.unheard(store.now()::hasLivePeering);
        closer.add(new WholeCatalog(live, store, parts.timer()));
        showServers();
        var failovers = new FailoverLog();
        publisher =
                closer.add(
                        new RoutePublisher(
                                () -> world(parts, store),
                                store.now().starts() << 32,
                                live.knowledge(),
                                parts.clock(),
                                new FailoverWatch(
                                                failovers, parts.clock(), System::nanoTime, events)
                                        ::look,
                                events));
        closer.add(store.state().watch(_ -> publisher.changed()));
        closer.add(live.snapshots().watch(_ -> publisher.changed()));
        closer.add(live.knowledge().watch(_ -> publisher.changed()));
        var denials = new DenialLog();
        var desk =
                new CertificateDesk(
                        keeper.authority(),
                        store,
                        config.datacenter(),
                        () ->
                                ServerInfo.in(live.snapshots().get()).stream()
                                        .map(ServerInfo::proxies)
                                        .toList(),
                        () -> newServer(parts),
                        config.leafLife(),
                        parts.clock(),
                        events);
        var context = context(parts, store);
        closer.add(context.streams()::close);
        var connector = new PeerConnector(parts.vertx(), config.limits());
        var registry = closer.add(PeeringRegistry.start(context, connector));
        peerings =
                new PeeringDesk(
                        store,
                        new Acceptor(context, keeper::tokenIssuer),
                        new Dialer(
                                context,
                                connector,
                                new TokenReader(),
                                publisher::awaitGatewayRoute),
                        registry,
                        config.datacenter(),
                        config.tokenLife(),
                        config.tokenForm(),
                        parts.clock(),
                        events);
        router =
                closer.add(
                        new ApiRouter(
                                settings(parts),
                                store,
                                live,
                                peerings,
                                (services, meshGateway, server, life) -> {
                                    if (server) {
                                        parts.store().members().requireJoinable();
                                    }
                                    return desk.token(services, meshGateway, server, life);
                                },
                                keeper.authority()::bundle,
                                denials,
                                parts.monitor(),
                                events));
        router.members(parts.store().members(), parts.config().deadAfter());
        router.snapshots(parts.snapshots());
        router.audit(parts.store().audit());
        router.history(parts.history());
        router.failover(
                new FailoverDesk(
                        publisher,
                        failovers,
                        store,
                        closer.add(new Drills(store, publisher, parts.clock(), events)),
                        parts.clock(),
                        events));
        closer.add(new ControlExpiry(store, publisher::changed, parts.clock(), events));
        router.logins(closer.add(KeyRing.start(parts.vertx(), events)));
        closer.add(new TokenExpiry(store, parts.clock(), TokenExpiry.PAUSE, events));
        closer.add(
                VirtualDesk.start(
                        store,
                        live.snapshots(),
                        parts.store()::isReadByAll,
                        parts.clock(),
                        events));
        router.confirm(store::confirm);
        firstToken(parts, store);
        var rotation =
                closer.add(
                        new RootRotation(
                                store,
                                context.streams(),
                                publisher::trust,
                                () -> serveTrust(parts),
                                new RootRotation.Terms(
                                        config.externalCa(),
                                        config.retireLimit(),
                                        config.leafLife(),
                                        RootRotation.SETTLE),
                                parts.clock(),
                                events));
        router.certificateAuthority(rotation, config.leafLife());
        router.checks(
                closer.add(
                        CheckRounds.start(store, parts.vertx(), config.checkNetworks(), events)));
        var proxyCalls =
                GrpcServer.server(
                        parts.vertx(),
                        new GrpcServerOptions().setMaxMessageSize(ProxyRpc.MAX_MESSAGE_BYTES));
        new RouteDiscoveryService(
                        parts.vertx(),
                        desk,
                        config.datacenter(),
                        publisher,
                        registrations,
                        denials,
                        parts.clock(),
                        events)
                .register(proxyCalls);
        streams = new StreamService(parts.vertx(), context);
        doors = new Doors(router.router(parts.vertx()), proxyCalls, streams::call, streams::opened);
        closer.add(new DeadServers(parts, this::showServers));
        closer.add(new HandOver(parts));
        closer.add(new OthersRoom(parts));
        rotation.start();
    }

    /// @throws StoreFailure when another server leads by now
    static Leading begin(ServerParts parts, long term) throws Exception {
        var closer = new Closer();
        try {
            return new Leading(parts, term, closer);
        } catch (Exception | Error e) {
            // what had begun must not go on beside whoever leads by now
            try (closer) {
                throw e;
            }
        }
    }

    /// The operator's own, when nobody has made one yet.
    private static void firstToken(ServerParts parts, Store store) throws IOException {
        var file = parts.config().door().firstToken();
        if (file.isPresent() && store.now().acl().bootstrap().isEmpty()) {
            var token = FirstToken.of(FirstToken.read(file.get()), parts.clock().instant());
            var made = store.apply(new StoreCommand.BootstrapAcl(token, OptionalLong.empty()));
            if (made instanceof StoreAnswer.Applied) {
                parts.events()
                        .accept(
                                new PeeringEvent.AccessChanged(
                                        "first token made of its file, '"
                                                + token.accessor()
                                                + "'"));
            }
        }
    }

    static ApiSettings settings(ServerParts parts) {
        var config = parts.config();
        return new ApiSettings(
                config.datacenter(),
                parts.self().node(),
                config.httpAddress(),
                parts.addresses(),
                config.defaultAllow(),
                config.door().access(),
                // each who waits holds a connection, so that more cannot
                new ReaderLimits(
                        config.connections().http(), config.connections().readersOfOneClient()),
                new RequestRates(config.connections().readRate(), config.connections().writeRate()),
                new BootstrapReset(config.dataDir()),
                parts.clock());
    }

    static void serveTrust(ServerParts parts) {
        parts.keeper().renew();
        parts.listeners().replace(parts.keeper());
    }

    private static CertificateDesk.NewServer newServer(ServerParts parts) {
        var seal = parts.store().seal();
        return new CertificateDesk.NewServer(
                parts.store().members().group(),
                parts.config().sealKey().isInDataDir()
                        ? ByteString.copyFrom(seal.key())
                        : ByteString.EMPTY,
                ByteString.copyFrom(seal.digest()),
                parts.store().members().addresses());
    }

    /// This server, and what became of the others.
    private void showServers() {
        synchronized (listening) {
            if (!tellsNobody) {
                showAll();
            }
        }
    }

    private void showAll() {
        var live = parts.live();
        var datacenter = parts.config().datacenter();
        live.publish(
                parts.self().owner(), List.of(parts.self().instance(datacenter, Optional.empty())));
        var members = parts.store().members().list().stream().map(member -> member.name()).toList();
        for (var server : ServerInfo.in(live.snapshots().get())) {
            if (server.member().equals(parts.self().member())) {
                continue;
            }
            if (!members.contains(server.member())) {
                live.publish(server.owner(), List.of());
            } else if (!listening.containsValue(server.member())) {
                live.publish(
                        server.owner(),
                        List.of(
                                server.instance(
                                        datacenter,
                                        Optional.of("it does not listen to the leader"))));
            }
        }
    }

    private static StreamContext context(ServerParts parts, Store store) {
        var config = parts.config();
        var own =
                new OwnDatacenter(
                        parts.keeper().trustDomain(),
                        config.datacenter(),
                        OwnDatacenter::storedRoots,
                        ConfigEntries::exportPolicy,
                        new AdvertisedAddresses(
                                catalog ->
                                        ServerInfo.in(catalog).stream()
                                                .map(ServerInfo::peers)
                                                .map(Endpoint::toString)
                                                .distinct()
                                                .toList(),
                                ConfigEntries::throughMeshGateways));
        return new StreamContext(
                own,
                store,
                parts.live(),
                new LiveStreams(),
                StreamTimes.DEFAULT.withLongestRetry(config.longestRetry()),
                config.limits(),
                parts.clock(),
                parts.events());
    }

    private static RouteWorld world(ServerParts parts, Store store) {
        var config = parts.config();
        var state = store.now();
        return new RouteWorld(
                state,
                parts.live().snapshots().get(),
                config.datacenter(),
                parts.keeper().authority().bundle(),
                ConfigEntries.exportPolicy(state),
                ConfigEntries.failoverPolicies(state),
                ConfigEntries.intentionTables(state, config.defaultAllow()),
                state.controls(parts.clock().instant()),
                ConfigEntries.connections(state),
                ConfigEntries.heldDown(state),
                ConfigEntries.throughMeshGateways(state),
                parts.self().peers());
    }

    @Override
    public Doors doors() {
        return doors;
    }

    @Override
    public Question.Answer answer(Question question) throws InterruptedException {
        return switch (question.kind()) {
            case Question.API, Question.OWN -> router.answer(question);
            case Question.ADD -> add(question.body());
            case Question.EXCHANGE -> streams.exchanged(question.body());
            default ->
                    new Question.Answer(
                            500,
                            "question: expected one that this version knows; found '"
                                    + ForeignText.shown(question.kind())
                                    + "'");
        };
    }

    private Question.Answer add(String body) throws InterruptedException {
        var candidate =
                Question.decode(body.getBytes(StandardCharsets.UTF_8), Question.Candidate.class);
        parts.store()
                .members()
                .add(
                        candidate.name(),
                        InetSocketAddress.createUnresolved(candidate.host(), candidate.port()));
        AuditNotes.applied(
                "server " + candidate.name(),
                "server.add",
                candidate.name(),
                parts.store(),
                parts.events());
        parts.events()
                .accept(
                        new PeeringEvent.MemberChanged(
                                candidate.name(),
                                "added at " + Endpoint.text(candidate.host(), candidate.port())));
        return new Question.Answer(200, "");
    }

    @Override
    public void tell(ServerInfo who, MemberService.Listener listener) throws InterruptedException {
        var live = parts.live();
        if (parts.store().members().list().stream()
                .noneMatch(member -> member.name().equals(who.member()))) {
            throw new StoreFailure(
                    "server '"
                            + who.member()
                            + "': expected a member of the log; found one that is none, or was"
                            + " removed",
                    null);
        }
        synchronized (listening) {
            if (tellsNobody) {
                throw new NotLeadingFailure(NotLeading.SENTENCE);
            }
            listening.put(Thread.currentThread(), who.member());
            live.publish(
                    who.owner(),
                    List.of(who.instance(parts.config().datacenter(), Optional.empty())));
        }
        try {
            new LiveFeed(live).tell(listener);
        } finally {
            synchronized (listening) {
                listening.remove(Thread.currentThread());
                if (parts.store().leads()) {
                    showServers();
                }
            }
        }
    }

    /// Whoever listens turns to the one that leads, or to this one's next role.
    private void tellNobody() {
        synchronized (listening) {
            tellsNobody = true;
            listening.keySet().forEach(Thread::interrupt);
        }
    }

    @Override
    public void retire() {
        registrations.close();
        tellNobody();
    }

    @Override
    public void health(ObjectNode health) {
        var snapshot = parts.live().snapshots().get();
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
    }

    @Override
    public void close() throws Exception {
        tellNobody();
        closer.close();
    }
}
