package dev.hansa.peering.stream;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.PeeringRegistry;
import dev.hansa.peering.PeeringState;
import dev.hansa.peering.cluster.LiveCatalog;
import dev.hansa.peering.establish.Acceptor;
import dev.hansa.peering.establish.Dialer;
import dev.hansa.peering.establish.Establishment;
import dev.hansa.peering.establish.GatewayReadiness;
import dev.hansa.peering.establish.TokenGeneration;
import dev.hansa.peering.store.BundleRecord;
import dev.hansa.peering.store.RaftStore;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.TestStore;
import dev.hansa.tests.support.FreePorts;
import dev.hansa.token.TokenForm;
import dev.hansa.token.TokenIssuer;
import dev.hansa.token.TokenReader;
import dev.hansa.token.TokenTerms;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import dev.hansa.trustbundle.ca.CertificateAuthority;
import dev.hansa.trustbundle.ca.CertificateRequest;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A whole end of a peering in one object: store, catalog, TLS server on loopback, registry.
final class TestDatacenter implements AutoCloseable {
    private static final String POLICY = "exported-services";

    final RaftStore store;
    final LiveCatalog catalog = new LiveCatalog();
    final Queue<PeeringEvent> events = new ConcurrentLinkedQueue<>();
    final TrustDomain trustDomain;
    final Datacenter datacenter;
    final CertificateAuthority ca;
    final StreamContext context;
    final Acceptor acceptor;
    final Dialer dialer;
    final PeerConnector connector;
    final String address;

    /// Runs whenever somebody asks for the roots: what may happen in between.
    volatile Runnable beforeRoots = () -> {};

    private final Vertx vertx;
    private final String certificatePem;
    private final String keyPem;
    private final int port;
    private @Nullable HttpServer server;
    private PeeringRegistry registry;

    TestDatacenter(Vertx vertx, String name, Path dataDir) throws Exception {
        this(vertx, name, new TrustDomain(UUID.randomUUID() + ".consul"), dataDir, times());
    }

    /// Short enough for a test to see them pass, long enough not to pass by accident.
    static StreamTimes times() {
        return new StreamTimes(
                Duration.ofSeconds(1),
                Duration.ofSeconds(20),
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                Duration.ofSeconds(2),
                Duration.ofMillis(20),
                Duration.ofMillis(200));
    }

    TestDatacenter(
            Vertx vertx, String name, TrustDomain trustDomain, Path dataDir, StreamTimes times)
            throws Exception {
        this(vertx, name, trustDomain, dataDir, times, PeerLimits.DEFAULT);
    }

    TestDatacenter(
            Vertx vertx,
            String name,
            TrustDomain trustDomain,
            Path dataDir,
            StreamTimes times,
            PeerLimits limits)
            throws Exception {
        this.vertx = vertx;
        this.trustDomain = trustDomain;
        this.datacenter = new Datacenter(name);
        this.store = TestStore.open(dataDir);
        this.ca =
                new CertificateAuthority(
                        CaMaterial.create(trustDomain, datacenter, Instant.now()),
                        Clock.systemUTC());
        var key = CertificateRequest.newKey();
        var leaf =
                ca.issue(
                        key.getPublic(),
                        SpiffeId.server(trustDomain, datacenter),
                        List.of(MeshNames.peeringServer(datacenter, trustDomain)),
                        Duration.ofHours(1));
        this.certificatePem = String.join("", leaf.chain().stream().map(TrustBundle::pem).toList());
        this.keyPem =
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder().encodeToString(key.getPrivate().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n";
        this.port = FreePorts.one();
        this.address = "127.0.0.1:" + port;
        var own =
                new OwnDatacenter(
                        trustDomain,
                        datacenter,
                        _ -> {
                            beforeRoots.run();
                            return ca.bundle().pems();
                        },
                        state ->
                                state.config(POLICY, "default")
                                        .map(entry -> policy(entry.json()))
                                        .orElse(ExportPolicy.NONE),
                        new AdvertisedAddresses(List.of(address), _ -> false));
        this.context =
                new StreamContext(
                        own,
                        store,
                        catalog,
                        new LiveStreams(),
                        times,
                        limits,
                        Clock.systemUTC(),
                        events::add);
        this.connector = new PeerConnector(vertx, limits);
        this.acceptor =
                new Acceptor(context, () -> new TokenIssuer(key.getPrivate(), leaf.chain()));
        this.dialer = new Dialer(context, connector, new TokenReader(), GatewayReadiness.NONE);
        listen();
        this.registry = PeeringRegistry.start(context, connector);
    }

    /// Not the entry's real form: `service>peer,service>peer`.
    private static ExportPolicy policy(String text) {
        return new ExportPolicy(
                List.of(text.split(",")).stream()
                        .map(line -> line.split(">"))
                        .map(line ->
                                new ExportPolicy.Export(line[0], Set.of(new PeerName(line[1]))))
                        .toList());
    }

    void listen() throws Exception {
        server =
                vertx.createHttpServer(
                        new HttpServerOptions()
                                .setSsl(true)
                                .setUseAlpn(true)
                                .setKeyCertOptions(
                                        new PemKeyCertOptions()
                                                .addCertValue(Buffer.buffer(certificatePem))
                                                .addKeyValue(Buffer.buffer(keyPem))));
        var service = new StreamService(vertx, context);
        server.connectionHandler(service::opened).requestHandler(service::call);
        server.listen(port, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    /// The server is gone, as when its process is killed.
    void stopListening() throws Exception {
        if (server != null) {
            server.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }

    void export(String... lines) {
        store.apply(
                new StoreCommand.PutConfig(
                        POLICY,
                        "default",
                        String.join(",", lines),
                        java.util.OptionalLong.empty()));
    }

    void exportNothing() {
        store.apply(
                new StoreCommand.DeleteConfig(POLICY, "default", java.util.OptionalLong.empty()));
    }

    String token(String peer, String audience) {
        return token(peer, audience, TokenForm.SIGNED);
    }

    String token(String peer, String audience, TokenForm form) {
        return token(peer, audience, form, List.of());
    }

    String token(String peer, String audience, TokenForm form, List<String> addresses) {
        return switch (acceptor.generateToken(
                new PeerName(peer), audience, Map.of(), addresses, Duration.ofHours(1), form)) {
            case TokenGeneration.Generated(var text, _, _, _) -> text;
            case TokenGeneration.Refused(var failure) ->
                    throw new AssertionError(failure.message());
        };
    }

    Establishment establish(String peer, String token) throws InterruptedException {
        return dialer.establish(new PeerName(peer), token, Map.of(), TokenTerms.of(datacenter));
    }

    /// With the word of this side's operator that a token for `audience` will do.
    Establishment establishAs(String audience, String peer, String token)
            throws InterruptedException {
        return dialer.establish(
                new PeerName(peer), token, Map.of(), TokenTerms.of(new Datacenter(audience)));
    }

    Optional<PeeringState> state(String peer) {
        return store.now().peering(new PeerName(peer)).map(registry::state);
    }

    List<String> imported(String peer) {
        return catalog.snapshots().get().from(new PeerName(peer)).serviceNames();
    }

    Optional<String> trusted(String peer) {
        return Optional.ofNullable(store.now().bundles().get(new PeerName(peer)))
                .map(BundleRecord::trustDomain);
    }

    /// Again where the stream has written to the record meanwhile, as it may.
    void delete(String peer) {
        StoreAnswer answer;
        do {
            var record = store.now().peering(new PeerName(peer)).orElseThrow();
            answer = store.apply(new StoreCommand.PutPeering(record.deleting(Instant.EPOCH)));
        } while (answer instanceof StoreAnswer.Refused);
    }

    /// A service with its sidecar, and the gateway that carries it.
    void run(String service, CheckStatus status) {
        catalog.publish(
                service,
                List.of(
                        instance(service, service, ServiceKind.TYPICAL, status, 50051),
                        instance(
                                service,
                                service + "-sidecar-proxy",
                                ServiceKind.CONNECT_PROXY,
                                status,
                                20000)));
        catalog.publish(
                "gateway",
                List.of(
                        instance(
                                "gateway",
                                "mesh-gateway",
                                ServiceKind.MESH_GATEWAY,
                                CheckStatus.PASSING,
                                8443)));
    }

    /// So many instances of a service, each of more than 100 bytes.
    void run(String service, int instances) {
        run(service, CheckStatus.PASSING);
        catalog.publish(
                service + "-more",
                IntStream.range(0, instances)
                        .mapToObj(i ->
                                instance(
                                        service + i,
                                        service,
                                        ServiceKind.TYPICAL,
                                        CheckStatus.PASSING,
                                        50051))
                        .toList());
    }

    private ServiceInstance instance(
            String owner, String name, ServiceKind kind, CheckStatus status, int port) {
        return new ServiceInstance(
                new NodeRecord(
                        "", owner + "-node", "192.0.2.10", datacenter.name(), Map.of(), Map.of()),
                name,
                name,
                kind,
                List.of(),
                "192.0.2.10",
                port,
                kind == ServiceKind.MESH_GATEWAY
                        ? Map.of("wan", new Endpoint("203.0.113.7", 8443))
                        : Map.of(),
                Map.of(),
                1,
                1,
                kind == ServiceKind.CONNECT_PROXY
                        ? Optional.of(new ServiceName(owner))
                        : Optional.empty(),
                Optional.empty(),
                List.of(new HealthCheck("alive", "alive", status, "", "tcp")),
                1,
                1);
    }

    @Override
    public void close() throws Exception {
        registry.close();
        stopListening();
        store.close();
    }
}
