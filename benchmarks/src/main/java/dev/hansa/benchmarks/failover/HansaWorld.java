package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/// Datacenters of Hansa, peered: callers are in eks, which has one instance; lke, behind two
/// gateways, has another and is where eks fails over to; after it comes aws, where it is asked for.
final class HansaWorld implements AutoCloseable {
    private static final Duration READY = Duration.ofMinutes(2);
    private static final int TIMER_PORT = 9999;
    private static final int ESTABLISH_ATTEMPTS = 3;
    private static final int EXERCISERS = 4;

    private final HttpClient client = ControlPlane.newClient();
    private final Ground ground;
    private final Programs programs;
    private final Datacenter eks;
    private final Datacenter lke;
    private final Datacenter aws;
    private final boolean withThird;
    private boolean controlPlanesRun = true;

    /// @param connectionsAhead that gateways keep open to each gateway of a peer
    HansaWorld(
            Ground ground,
            Programs programs,
            Checks checks,
            int connectionsAhead,
            boolean withThird)
            throws IOException, InterruptedException {
        this.ground = ground;
        this.programs = programs;
        this.withThird = withThird;
        this.eks = new Datacenter("eks", 1, ground, programs, checks, connectionsAhead, client);
        this.lke = new Datacenter("lke", 2, ground, programs, checks, connectionsAhead, client);
        this.aws = new Datacenter("aws", 3, ground, programs, checks, connectionsAhead, client);
    }

    Datacenter eks() {
        return eks;
    }

    Datacenter lke() {
        return lke;
    }

    Ground ground() {
        return ground;
    }

    List<Datacenter> all() {
        return withThird ? List.of(eks, lke, aws) : List.of(eks, lke);
    }

    void start() throws IOException, InterruptedException {
        for (var one : all()) {
            one.startServer();
        }
        for (var one : all()) {
            one.awaitServer();
        }
        for (var one : all()) {
            if (one != eks) {
                peer(one);
            }
        }
        failOver();
        for (var one : all()) {
            one.startGateway(0);
            one.startInstance(1, 0);
        }
        lke.startGateway(1);
        eks.startCaller();
        programs.java(
                "connect-timer",
                eks.gatewayMachine(0),
                ConnectTimer.class,
                eks.gatewayMachine(0).address(),
                Integer.toString(TIMER_PORT),
                lke.gatewayMachine(0).address(),
                Integer.toString(Datacenter.GATEWAY_PORT));
        awaitWhole();
    }

    private void peer(Datacenter other) throws IOException, InterruptedException {
        establish(other);
        var consumers = List.of(Map.of("Peer", "eks"));
        other.plane()
                .call(
                        "PUT",
                        "/v1/config",
                        Map.of(
                                "Kind",
                                "exported-services",
                                "Name",
                                "default",
                                "Services",
                                List.of(
                                        Map.of("Name", "web", "Consumers", consumers),
                                        Map.of("Name", "rpc", "Consumers", consumers))));
    }

    /// On a loaded machine an answer may come too late for a token; then an operator makes another.
    private void establish(Datacenter other) throws IOException, InterruptedException {
        for (var attempt = 1; ; attempt++) {
            var token = other.plane().call("POST", "/v1/peering/token", Map.of("PeerName", "eks"));
            try {
                eks.plane()
                        .call(
                                "POST",
                                "/v1/peering/establish",
                                Map.of(
                                        "PeerName",
                                        other.name(),
                                        "PeeringToken",
                                        token.path("PeeringToken").asText()));
                return;
            } catch (IOException e) {
                if (attempt == ESTABLISH_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /// Where callers in eks go when nothing is left there: to lke, then to aws.
    private void failOver() throws IOException, InterruptedException {
        var targets =
                all().stream()
                        .filter(one -> one != eks)
                        .map(one -> Map.of("Peer", one.name()))
                        .toList();
        for (var service : List.of(Datacenter.WEB, Datacenter.RPC)) {
            eks.plane()
                    .call(
                            "PUT",
                            "/v1/config",
                            Map.of(
                                    "Kind",
                                    "service-resolver",
                                    "Name",
                                    service,
                                    "Failover",
                                    Map.of("*", Map.of("Targets", targets))));
        }
    }

    // --- is everything there?
    // ----------------------------------------------------------------------

    /// Waits until everything runs, and the callers get their answers from the own datacenter.
    void awaitWhole() throws IOException, InterruptedException {
        if (controlPlanesRun) {
            for (var peer : all()) {
                if (peer != eks) {
                    awaitPeer(peer);
                }
            }
        }
        for (var kind : ClientKind.values()) {
            awaitAnswer(kind, eks.instance(1));
        }
    }

    /// Waits until eks has what a peer exports, and the peer has its gateways.
    void awaitPeer(Datacenter peer) throws InterruptedException {
        var gateways = peer == lke ? 2 : 1;
        Patience.until(
                peer.name() + " to be whole and seen from eks",
                READY,
                () ->
                        peer.passing("mesh-gateway", "") == gateways
                                && eks.passing(Datacenter.WEB, peer.name()) == 1
                                && eks.passing(Datacenter.RPC, peer.name()) == 1
                                && eks.passing("mesh-gateway", "") == 1);
    }

    /// Waits until a new connection of this kind is answered by this instance.
    void awaitAnswer(ClientKind kind, String from) throws IOException, InterruptedException {
        var callee = callees(List.of(kind)).get(kind);
        if (callee == null) {
            throw new IllegalArgumentException("nobody to call for " + kind);
        }
        var source = ground.sources().getFirst();
        Patience.until(
                kind.word() + " to be answered by " + from,
                READY,
                () -> {
                    var deadline = System.nanoTime() + Load.LIMIT_NANOS;
                    try (var wire = Wire.open(kind, source, callee, deadline)) {
                        return wire.ask("0", deadline).equals(from);
                    }
                });
    }

    /// Calls over new connections, [#EXERCISERS] at a time, whatever comes of them.
    void exercise(int calls) throws IOException, InterruptedException {
        var callees = callees(List.of(ClientKind.HTTP_NEW, ClientKind.GRPC_NEW));
        var source = ground.sources().getFirst();
        try (var exercisers =
                Executors.newFixedThreadPool(EXERCISERS, Thread.ofVirtual().factory())) {
            for (var call = 0; call < calls; call++) {
                callees.forEach(
                        (kind, callee) -> exercisers.execute(() -> exercise(kind, source, callee)));
            }
        }
    }

    private static void exercise(ClientKind kind, InetAddress source, InetSocketAddress callee) {
        var deadline = System.nanoTime() + Load.LIMIT_NANOS;
        try (var wire = Wire.open(kind, source, callee, deadline)) {
            wire.ask("0", deadline);
        } catch (IOException _) {
            // nothing is measured yet
        }
    }

    Map<ClientKind, InetSocketAddress> callees(List<ClientKind> kinds)
            throws IOException, InterruptedException {
        var caller = eks.callerMachine().address();
        var callees = new EnumMap<ClientKind, InetSocketAddress>(ClientKind.class);
        for (var kind : kinds) {
            callees.put(
                    kind,
                    new InetSocketAddress(
                            caller,
                            kind.isGrpc() ? Datacenter.RPC_UPSTREAM : Datacenter.WEB_UPSTREAM));
        }
        return callees;
    }

    /// How long a TCP connect takes now from eks's gateway to lke's first.
    double connectMillis() throws IOException, InterruptedException {
        return ConnectTimer.millis(
                new InetSocketAddress(eks.gatewayMachine(0).address(), TIMER_PORT));
    }

    // --- control planes
    // ----------------------------------------------------------------------------

    boolean controlPlanesRun() {
        return controlPlanesRun;
    }

    void killControlPlanes() throws InterruptedException {
        controlPlanesRun = false;
        for (var one : all()) {
            one.killServer();
        }
    }

    void startControlPlanes() throws IOException, InterruptedException {
        for (var one : all()) {
            one.startServer();
        }
        for (var one : all()) {
            one.awaitServer();
        }
        controlPlanesRun = true;
        awaitWhole();
    }

    HttpClient client() {
        return client;
    }

    @Override
    public void close() throws InterruptedException {
        for (var one : all()) {
            one.killAll();
        }
        client.close();
    }
}
