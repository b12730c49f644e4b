package dev.hansa.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hansa.bootstrap.Closer;
import dev.hansa.bootstrap.SealKey;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.InboundPolicy;
import dev.hansa.failover.Route;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.Target;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.UpstreamName;
import dev.hansa.gateway.discovery.TestingControl;
import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import dev.hansa.gateway.sidecar.CheckSettings;
import dev.hansa.gateway.sidecar.TlsVersion;
import dev.hansa.gateway.wire.Networks;
import dev.hansa.tests.support.FreePorts;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.IntentionTable;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// Two datacenters in one JVM, by real sockets and real TLS: in west the service `web` with its
/// sidecar, an upstream `billing` and a local `billing` that a test may bring up; in east the
/// `billing` that west falls back to, behind both gateways.
final class TestingMesh implements AutoCloseable {
    static final ServiceName WEB = new ServiceName("web");
    static final ServiceName BILLING = new ServiceName("billing");
    static final PeerName EAST = new PeerName("east");
    static final PeerName WEST = new PeerName("west");
    static final UpstreamName UPSTREAM = new UpstreamName(BILLING, Optional.empty());

    private static final Clock CLOCK = Clock.systemUTC();

    final Path directory;
    private final TlsVersion tlsMinVersion;
    final Closer closer = new Closer();
    final TestingControl west;
    final TestingControl east;
    final int upstreamPort = FreePorts.one();
    final int localBillingPort = FreePorts.one();
    final int localApplicationPort = FreePorts.one();
    final int eastBillingPort = FreePorts.one();
    final int westGatewayPort = FreePorts.one();
    final int eastGatewayPort = FreePorts.one();
    final int westAdmin = FreePorts.one();
    final int westProbe = FreePorts.one();
    final int eastProbe = FreePorts.one();
    final int eastMetrics = FreePorts.one();
    final int eastAdmin = FreePorts.one();
    final int westGatewayAdmin = FreePorts.one();
    final int eastGatewayAdmin = FreePorts.one();
    final EchoServer eastApplication;
    int eastApplicationPort;
    Duration connectTimeout = Duration.ofSeconds(2);

    /// How each sidecar asks its application.
    CheckKind check = new CheckKind.Tcp();

    boolean resetUnread = true;

    /// How a kubelet asks each application besides.
    List<CheckKind> probes = List.of();

    /// None, or a gateway's drain would wait until those of the other one are too old.
    int connectionsAhead;

    private final HttpClient http = HttpClient.newHttpClient();

    TestingMesh(Path directory) throws IOException {
        this(directory, TlsVersion.V1_3);
    }

    TestingMesh(Path directory, TlsVersion tlsMinVersion) throws IOException {
        this.directory = directory;
        this.tlsMinVersion = tlsMinVersion;
        this.west = closer.add(new TestingControl("west", CLOCK));
        this.east = closer.add(new TestingControl("east", CLOCK));
        this.eastApplication = closer.add(new EchoServer(0));
        this.eastApplicationPort = eastApplication.port();
    }

    /// Publishes everything and starts the four proxies.
    void start() throws Exception {
        publishEast(true);
        publishWest(List.of(localTarget(), peerTarget(billingInEast(), east.trustDomain())));
        westGateway();
        closer.add(
                MeshGateway.start(
                        gateway("east", east, eastGatewayPort, eastGatewayAdmin, Optional.empty()),
                        CLOCK));
        sidecars();
    }

    MeshGateway westGateway() throws Exception {
        return closer.add(
                MeshGateway.start(
                        gateway(
                                "west",
                                west,
                                westGatewayPort,
                                westGatewayAdmin,
                                Optional.of(directory.resolve("west-gateway"))),
                        CLOCK));
    }

    void sidecars() throws Exception {
        var upstream =
                new SidecarConfig.Upstream(
                        UPSTREAM, InetSocketAddress.createUnresolved("127.0.0.1", upstreamPort));
        closer.add(
                Sidecar.start(
                        sidecar(
                                "west",
                                west,
                                westAdmin,
                                westProbe,
                                Optional.empty(),
                                carried(WEB, FreePorts.one(), FreePorts.one(), List.of(upstream)),
                                carried(
                                        BILLING,
                                        localApplicationPort,
                                        localBillingPort,
                                        List.of())),
                        CLOCK));
        closer.add(
                Sidecar.start(
                        sidecar(
                                "east",
                                east,
                                eastAdmin,
                                eastProbe,
                                Optional.of(
                                        InetSocketAddress.createUnresolved(
                                                "127.0.0.1", eastMetrics)),
                                carried(BILLING, eastApplicationPort, eastBillingPort, List.of())),
                        CLOCK));
    }

    void publishEast(boolean allowed) {
        publishEast(allowed, west.bundle());
    }

    /// @param ofWest what east believes of west
    void publishEast(boolean allowed, TrustBundle ofWest) {
        publishEast(allowed, ofWest, 0);
    }

    /// @param ports where east's gateway reaches the instances of its service
    void publishEastInstances(int... ports) {
        east.publish(TestingControl.GATEWAY, gatewayRoutes(east, SniRoute.EXPORTED, WEST, ports));
    }

    /// @param most that a sidecar there may carry; 0: no limit
    void publishEast(boolean allowed, TrustBundle ofWest, int most) {
        var bundles = BundleSet.EMPTY.with(east.bundle()).with(ofWest);
        var policy =
                new InboundPolicy(
                        Map.of(west.trustDomain(), WEST),
                        new IntentionTable(allowed, List.of()),
                        most);
        east.publish(
                BILLING.value(),
                new RouteSnapshot(
                        0,
                        east.datacenter(),
                        east.trustDomain(),
                        List.of(),
                        List.of(),
                        bundles,
                        Optional.of(policy)));
        east.publish(
                TestingControl.GATEWAY,
                gatewayRoutes(east, SniRoute.EXPORTED, WEST, eastBillingPort));
    }

    /// East has deleted the peering.
    void publishEastWithoutPeer() {
        east.publish(
                BILLING.value(),
                new RouteSnapshot(
                        0,
                        east.datacenter(),
                        east.trustDomain(),
                        List.of(),
                        List.of(),
                        BundleSet.EMPTY.with(east.bundle()),
                        Optional.of(
                                new InboundPolicy(Map.of(), new IntentionTable(true, List.of())))));
    }

    void publishWest(List<Target> targets) {
        publishWest(targets, BundleSet.EMPTY.with(east.bundle()).with(west.bundle()));
    }

    /// West has deleted the peering.
    void publishWestWithoutPeer() {
        publishWest(List.of(localTarget()), BundleSet.EMPTY.with(west.bundle()));
    }

    void publishWest(Route route) {
        publishWest(route, BundleSet.EMPTY.with(east.bundle()).with(west.bundle()));
    }

    private void publishWest(List<Target> targets, BundleSet bundles) {
        publishWest(new Route(UPSTREAM, connectTimeout, targets), bundles);
    }

    private void publishWest(Route route, BundleSet bundles) {
        var policy = new InboundPolicy(Map.of(), new IntentionTable(true, List.of()));
        west.publish(
                WEB.value(),
                new RouteSnapshot(
                        0,
                        west.datacenter(),
                        west.trustDomain(),
                        List.of(route),
                        List.of(),
                        bundles,
                        Optional.of(policy)));
        west.publish(
                BILLING.value(),
                new RouteSnapshot(
                        0,
                        west.datacenter(),
                        west.trustDomain(),
                        List.of(),
                        List.of(),
                        BundleSet.EMPTY.with(west.bundle()),
                        Optional.of(policy)));
        west.publish(
                TestingControl.GATEWAY,
                gatewayRoutes(west, SniRoute.IMPORTED, EAST, eastGatewayPort));
    }

    private RouteSnapshot gatewayRoutes(
            TestingControl control, String purpose, PeerName peer, int... ports) {
        var endpoints = IntStream.of(ports).mapToObj(port -> endpoint("127.0.0.1", port)).toList();
        var route = new SniRoute(sni(), purpose, peer.value(), endpoints, "");
        return new RouteSnapshot(
                0,
                control.datacenter(),
                control.trustDomain(),
                List.of(),
                List.of(route),
                BundleSet.EMPTY.with(control.bundle()),
                Optional.empty());
    }

    /// As east told west.
    String sni() {
        return MeshNames.peeredService(BILLING.value(), WEST, east.trustDomain());
    }

    String billingInEast() {
        return east.service(BILLING.value()).uri();
    }

    Target localTarget() {
        return localTarget(localBillingPort);
    }

    /// @param ports where its instances are reached
    Target localTarget(int... ports) {
        return new Target.LocalTarget(
                BILLING,
                MeshNames.service(BILLING.value(), west.datacenter(), west.trustDomain()),
                List.of(west.service(BILLING.value()).uri()),
                west.trustDomain(),
                IntStream.of(ports).mapToObj(port -> endpoint("127.0.0.1", port)).toList(),
                HealthView.GOOD);
    }

    /// As it is.
    Target inEast() {
        return peerTarget(billingInEast(), east.trustDomain());
    }

    Target peerTarget(String identity, TrustDomain domain) {
        return peerTarget(identity, domain, "127.0.0.1");
    }

    /// @param gateway the host of west's gateway
    Target peerTarget(String identity, TrustDomain domain, String gateway) {
        return new Target.PeerTarget(
                EAST,
                BILLING,
                sni(),
                List.of(identity),
                domain,
                List.of(endpoint(gateway, westGatewayPort)),
                HealthView.GOOD);
    }

    static Target without(Target target, String evidence) {
        return switch (target) {
            case Target.LocalTarget local ->
                    new Target.LocalTarget(
                            local.service(),
                            local.sni(),
                            local.spiffeIds(),
                            local.trustDomain(),
                            local.endpoints(),
                            HealthView.bad(evidence));
            case Target.PeerTarget peer ->
                    new Target.PeerTarget(
                            peer.peer(),
                            peer.service(),
                            peer.sni(),
                            peer.spiffeIds(),
                            peer.trustDomain(),
                            peer.endpoints(),
                            HealthView.bad(evidence));
        };
    }

    private static TargetEndpoint endpoint(String host, int port) {
        return new TargetEndpoint(new Endpoint(host, port), HealthView.GOOD);
    }

    /// Not there unless a test writes it.
    Path wanAddressFile(String name) {
        return directory.resolve(name + "-gateway.wan");
    }

    GatewayConfig gateway(
            String name, TestingControl control, int port, int admin, Optional<Path> dataDir)
            throws IOException {
        var address = new Endpoint("127.0.0.1", port);
        return new GatewayConfig(
                name + "-gateway",
                tokenFile(name + "-gateway", control),
                List.of(InetSocketAddress.createUnresolved("127.0.0.1", port)),
                address,
                address,
                Optional.of(wanAddressFile(name)),
                InetSocketAddress.createUnresolved("127.0.0.1", admin),
                dataDir,
                new Lifecycle(
                        dataDir, SealKey.IN_DATA_DIR, false, Duration.ZERO, Duration.ofSeconds(5)),
                Duration.ofHours(1),
                new Limits(1000, 10_000, 95),
                connectionsAhead,
                ProxyProtocol.NONE);
    }

    private SidecarConfig sidecar(
            String name,
            TestingControl control,
            int admin,
            int probe,
            Optional<InetSocketAddress> metrics,
            SidecarConfig.Carried... services)
            throws IOException {
        return new SidecarConfig(
                name + "-sidecar",
                Optional.empty(),
                tokenFile(name + "-sidecar", control),
                InetSocketAddress.createUnresolved("127.0.0.1", admin),
                Optional.of(InetSocketAddress.createUnresolved("127.0.0.1", probe)),
                metrics,
                Optional.empty(),
                new Lifecycle(
                        Optional.empty(),
                        SealKey.IN_DATA_DIR,
                        false,
                        Duration.ZERO,
                        Duration.ofSeconds(1)),
                Duration.ofHours(1),
                1000,
                tlsMinVersion,
                Networks.NONE,
                List.of(services));
    }

    private SidecarConfig.Carried carried(
            ServiceName name, int application, int listen, List<SidecarConfig.Upstream> upstreams) {
        return new SidecarConfig.Carried(
                name,
                Optional.of(
                        new SidecarConfig.Served(
                                Optional.empty(),
                                new Endpoint("127.0.0.1", application),
                                InetSocketAddress.createUnresolved("127.0.0.1", listen),
                                new CheckSettings(
                                        check,
                                        Duration.ofMillis(50),
                                        Duration.ofSeconds(1),
                                        1,
                                        1,
                                        true,
                                        resetUnread),
                                List.of(),
                                Map.of(),
                                probes)),
                upstreams);
    }

    private Path tokenFile(String name, TestingControl control) throws IOException {
        return Files.writeString(directory.resolve(name + ".token"), control.token().encode());
    }

    /// The application's way to its upstream.
    Socket dial() throws IOException {
        var socket = new Socket();
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), upstreamPort));
        return socket;
    }

    /// One call: says something, hears it back, closes. True when it was the same.
    boolean call(String text) throws IOException {
        try (var socket = dial()) {
            var bytes = text.getBytes(UTF_8);
            socket.getOutputStream().write(bytes);
            return new String(socket.getInputStream().readNBytes(bytes.length), UTF_8).equals(text);
        }
    }

    String read(int admin, String path) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + path))
                                .timeout(Duration.ofSeconds(5))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    JsonNode json(int admin, String path) throws IOException, InterruptedException {
        return JsonMapper.builder().build().readTree(read(admin, path));
    }

    @Override
    public void close() throws Exception {
        closer.close();
    }
}
