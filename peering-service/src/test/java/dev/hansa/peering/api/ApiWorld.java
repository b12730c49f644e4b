package dev.hansa.peering.api;

import dev.hansa.bootstrap.Latest;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.peering.checks.CheckNetworks;
import dev.hansa.peering.checks.CheckRounds;
import dev.hansa.peering.cluster.Knowledge;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.cluster.Question;
import dev.hansa.peering.cluster.ServerAddresses;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.discovery.DenialLog;
import dev.hansa.peering.discovery.RoutePublisher;
import dev.hansa.peering.discovery.RouteWorld;
import dev.hansa.peering.failover.ControlExpiry;
import dev.hansa.peering.failover.Drills;
import dev.hansa.peering.failover.FailoverDesk;
import dev.hansa.peering.failover.FailoverLog;
import dev.hansa.peering.failover.FailoverWatch;
import dev.hansa.peering.history.History;
import dev.hansa.peering.login.KeyRing;
import dev.hansa.peering.login.KeySource;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoreFailure;
import dev.hansa.peering.store.TestStore;
import dev.hansa.peering.telemetry.LogTap;
import dev.hansa.token.TokenForm;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The API on a real socket, over a real store and catalog. Only the two collaborators that would
/// need a second datacenter are made by hand.
final class ApiWorld implements AutoCloseable, PeeringOperations, CaOperations {
    final RaftStore store;
    final LiveCatalog catalog = new LiveCatalog();
    final ServerAddresses addresses =
            ServerAddresses.start(
                    List.of("127.0.0.1"),
                    catalog.snapshots(),
                    InetAddress::getAllByName,
                    ServerAddresses.EVERY);
    final List<PeeringEvent> events = Collections.synchronizedList(new ArrayList<>());
    final List<String> asked = Collections.synchronizedList(new ArrayList<>());

    /// How often a server that leads was asked whether it does.
    final AtomicInteger confirmed = new AtomicInteger();

    /// What the file says that allows another bootstrap.
    volatile OptionalLong reset = OptionalLong.empty();

    /// Ahead of the system's.
    volatile Duration ahead = Duration.ZERO;

    /// Who gives the keys of auth methods, instead of where they are published.
    volatile Optional<KeySource> issuer = Optional.empty();

    /// What the certificate authority is in the middle of.
    volatile Optional<Rotation> rotation = Optional.empty();

    /// As the server has it, of what happens here.
    final History history;

    private final InstantSource source = () -> Instant.now().plus(ahead);
    private final Clock clock = source.withZone(ZoneOffset.UTC);
    private final Latest<Long> changes = new Latest<>(0L);
    private final Vertx vertx = Vertx.vertx();
    private final HttpServer server;
    private final Router router;
    private final MonitorStream monitor =
            new MonitorStream("eks-server", LogTap::open, Duration.ofMillis(100));
    private final ApiRouter api;
    private final Latest.Subscription mirror;
    private final HttpClient client = HttpClient.newHttpClient();
    private final TrustBundle bundle = roots();
    final FailoverLog failovers = new FailoverLog();
    final DenialLog denials = new DenialLog();
    final RoutePublisher publisher;
    private final List<Latest.Subscription> watches;
    private final Drills drills;
    private final ControlExpiry expiry;
    private final CheckRounds checks;
    private final KeyRing keys;

    ApiWorld(Path folder) throws Exception {
        this(folder, AccessSettings.OPEN);
    }

    ApiWorld(Path folder, AccessSettings access) throws Exception {
        this(folder, access, new RequestRates(2000, 1000));
    }

    ApiWorld(Path folder, AccessSettings access, RequestRates rates) throws Exception {
        this(TestStore.open(folder.resolve("data")), access, rates);
    }

    /// @param store of whichever member; closed with this
    ApiWorld(RaftStore store, AccessSettings access, RequestRates rates) throws Exception {
        this(store, store, access, rates);
    }

    /// @param written what the API writes to and reads from: `store`, or the same in a term
    private ApiWorld(RaftStore store, Store written, AccessSettings access, RequestRates rates)
            throws Exception {
        this.store = store;
        history = new History(clock);
        mirror = ApiRouter.mirrorRegistrations(store, catalog);
        publisher =
                new RoutePublisher(
                        this::routeWorld,
                        0,
                        () -> Knowledge.WHOLE,
                        clock,
                        new FailoverWatch(failovers, clock, System::nanoTime, events::add)::look,
                        events::add);
        drills = new Drills(store, publisher, clock, events::add);
        expiry = new ControlExpiry(store, publisher::changed, clock, events::add);
        watches =
                List.of(
                        store.state().watch(_ -> publisher.changed()),
                        catalog.snapshots().watch(_ -> publisher.changed()));
        api =
                new ApiRouter(
                        new ApiSettings(
                                new Datacenter("eks"),
                                "eks-server",
                                InetSocketAddress.createUnresolved("127.0.0.1", 8500),
                                addresses,
                                false,
                                access,
                                new ReaderLimits(12, 8),
                                rates,
                                () -> reset,
                                clock),
                        written,
                        catalog,
                        this,
                        this::joinToken,
                        () -> bundle,
                        denials,
                        monitor,
                        this::happened);
        api.members(store.members(), Duration.ofDays(3));
        keys = KeyRing.start(vertx, events::add);
        api.logins((place, newer) -> issuer.orElse(keys).keys(place, newer));
        api.audit(store.audit());
        api.history(history);
        checks = CheckRounds.start(store, vertx, CheckNetworks.DEFAULT, this::happened);
        api.checks(checks);
        api.certificateAuthority(this, Duration.ofDays(3));
        api.failover(new FailoverDesk(publisher, failovers, store, drills, clock, events::add));
        api.snapshots(
                new SnapshotResource(
                        store.snapshots(new Datacenter("eks"), clock), "eks", this::happened));
        router = api.router(vertx);
        server =
                vertx.createHttpServer()
                        .requestHandler(router)
                        .listen(0, "127.0.0.1")
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS);
    }

    private void happened(PeeringEvent event) {
        events.add(event);
        history.accept(event);
    }

    private RouteWorld routeWorld() {
        var state = store.now();
        return new RouteWorld(
                state,
                catalog.snapshots().get(),
                new Datacenter("eks"),
                bundle,
                ConfigEntries.exportPolicy(state),
                service -> ConfigEntries.failoverPolicy(state, service),
                ConfigEntries.intentionTables(state, false),
                state.controls(clock.instant()),
                ConfigEntries.connections(state),
                ConfigEntries.heldDown(state),
                false,
                new Endpoint("127.0.0.1", 8503));
    }

    private static TrustBundle roots() {
        var domain = new TrustDomain("0b6f0b5c-0000-4000-8000-000000000001.consul");
        var authority =
                CaMaterial.create(
                        domain, new Datacenter("eks"), Instant.parse("2026-01-01T00:00:00Z"));
        return new TrustBundle(domain, List.of(authority.root()));
    }

    private String joinToken(
            Set<ServiceName> services, boolean meshGateway, boolean server, Duration life) {
        asked.add(
                services.stream().sorted().toList()
                        + " "
                        + meshGateway
                        + " "
                        + server
                        + " "
                        + life);
        return "hansa-join.x";
    }

    /// Those that tell of config entries.
    List<PeeringEvent> configEvents() {
        return List.copyOf(events).stream()
                .filter(event ->
                        event instanceof PeeringEvent.ConfigWritten
                                || event instanceof PeeringEvent.ConfigDeleted)
                .toList();
    }

    /// Whoever reads asks first whether this server still leads, as where there are several.
    static ApiWorld leading(RaftStore store) throws Exception {
        var written = store.inTerm(store.members().leadership().get().term());
        var world = new ApiWorld(store, written, AccessSettings.OPEN, new RequestRates(2000, 1000));
        world.api.confirm(() -> {
            world.confirmed.incrementAndGet();
            store.confirm();
        });
        return world;
    }

    /// Another server leads from now on; nobody asks it.
    void follow() {
        api.elsewhere((question, _) -> new Question.Answer(500, question.kind()));
    }

    /// `leader` leads from now on.
    void follow(ApiWorld leader) {
        api.elsewhere((question, _) -> leader.api.answer(question));
    }

    /// Another server leads from now on, and cannot be asked.
    void lose() {
        api.elsewhere((_, _) -> {
            throw new StoreFailure("No cluster leader: none known", null);
        });
    }

    /// A peer's stream has come or gone.
    void streamChanged() {
        changes.update(count -> count + 1);
    }

    Routes routes() {
        return api.routes();
    }

    /// What is mounted on the listener.
    List<Route> mounted() {
        return router.getRoutes();
    }

    int port() {
        return server.actualPort();
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send("GET", path, "");
    }

    HttpResponse<String> put(String path, String body) throws IOException, InterruptedException {
        return send("PUT", path, body);
    }

    HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send("POST", path, body);
    }

    HttpResponse<String> send(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                        .timeout(Duration.ofSeconds(20))
                        .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /// @param token that is shown; empty: none
    HttpResponse<String> sendAs(String token, String method, String path, String body)
            throws IOException, InterruptedException {
        return token.isEmpty()
                ? send(method, path, body)
                : send(method, path, body, "X-Consul-Token", token);
    }

    @Override
    public TokenResult generateToken(
            PeerName peer,
            String forDatacenter,
            Map<String, String> meta,
            List<String> externalAddresses,
            Optional<Duration> life,
            Optional<TokenForm> form) {
        asked.add(
                "%s %s %s %s %s %s"
                        .formatted(peer, forDatacenter, meta, externalAddresses, life, form));
        store.apply(new StoreCommand.PutPeering(PeeringRecord.accepting(peer, "id-" + peer, meta)));
        return new TokenResult.Ok("token-of-" + peer, "abcd", "lusab-babad");
    }

    @Override
    public EstablishResult establish(
            PeerName peer, String token, Map<String, String> meta, Conditions conditions) {
        asked.add(peer + " " + conditions);
        return token.equals("used")
                ? new EstablishResult.Failed(
                        403,
                        "a new peering token must be generated: invalid peering establishment secret")
                : new EstablishResult.Ok("abcd", "lusab-babad");
    }

    @Override
    public RevokeResult revokeToken(PeerName peer) {
        return peer.value().equals("lke")
                ? new RevokeResult.Ok("id-1")
                : new RevokeResult.Failed("none");
    }

    @Override
    public Optional<String> delete(PeerName peer) {
        store.apply(new StoreCommand.RemovePeering(peer));
        return Optional.empty();
    }

    @Override
    public Optional<PeeringView> view(PeerName peer) {
        return store.now().peering(peer).map(this::view);
    }

    @Override
    public List<PeeringView> list() {
        return store.now().peerings().values().stream().map(this::view).toList();
    }

    private PeeringView view(PeeringRecord record) {
        return new PeeringView(
                record,
                changes.get() == 0 ? "PENDING" : "ACTIVE",
                List.of("shippingservice"),
                List.of(),
                Optional.of(Instant.EPOCH),
                Optional.empty(),
                Optional.empty());
    }

    @Override
    public Latest<Long> changes() {
        return changes;
    }

    @Override
    public Status status() {
        return new Status("eks.consul", "root-1", true, rotation);
    }

    @Override
    public Optional<String> rotate(boolean external) {
        asked.add("rotate " + external);
        return rotation.map(_ -> "rotation: expected none under way; found one");
    }

    void stopWaiting() {
        api.close();
    }

    @Override
    public void close() throws Exception {
        client.close();
        api.close();
        monitor.close();
        watches.forEach(Latest.Subscription::close);
        checks.close();
        keys.close();
        expiry.close();
        drills.close();
        publisher.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        addresses.close();
        mirror.close();
        store.close();
    }
}
