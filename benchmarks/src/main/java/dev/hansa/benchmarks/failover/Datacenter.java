package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One datacenter of Hansa: a server, gateways, and instances of the services `web` (HTTP) and
/// `rpc` (gRPC), which one application has on two ports. Each on a machine of its own; an
/// application and its sidecar share one.
final class Datacenter {
    static final String WEB = "web";
    static final String RPC = "rpc";

    /// Where callers find the services on a caller's machine.
    static final int WEB_UPSTREAM = 5001;

    static final int RPC_UPSTREAM = 5002;
    static final int GATEWAY_PORT = 8443;

    private static final int GATEWAY_ADMIN = 19443;
    private static final int WEB_LISTEN = 20000;
    private static final int SERVER = 1;
    private static final int FIRST_GATEWAY = 2;
    private static final int CALLER = 10;
    private static final int INSTANCES = 20;

    /// A loaded machine with one core starts a JVM within this.
    private static final Duration START = Duration.ofMinutes(1);

    private final String name;
    private final int number;
    private final Ground ground;
    private final Programs programs;
    private final Checks checks;
    private final int connectionsAhead;
    private final ControlPlane plane;
    private final Map<String, Child> running = new HashMap<>();

    Datacenter(
            String name,
            int number,
            Ground ground,
            Programs programs,
            Checks checks,
            int connectionsAhead,
            HttpClient client)
            throws IOException, InterruptedException {
        this.name = name;
        this.number = number;
        this.ground = ground;
        this.programs = programs;
        this.checks = checks;
        this.connectionsAhead = connectionsAhead;
        this.plane = new ControlPlane(client, ground.machine(number, SERVER).address());
    }

    String name() {
        return name;
    }

    ControlPlane plane() {
        return plane;
    }

    Host machine(int last) throws IOException, InterruptedException {
        return ground.machine(number, last);
    }

    // --- server
    // ------------------------------------------------------------------------------------

    void startServer() throws IOException, InterruptedException {
        var machine = machine(SERVER);
        start(
                "server",
                machine,
                List.of(
                        "server",
                        "--datacenter",
                        name,
                        "--data-dir",
                        programs.folder().resolve(name + "-server").toString(),
                        "--http-address",
                        machine.address() + ":8500",
                        // in namespaces, where there is nobody else
                        "--http-open-to-everyone-on-the-network",
                        "true",
                        "--proxy-address",
                        machine.address() + ":8502",
                        "--peer-address",
                        machine.address() + ":8503",
                        "--admin-address",
                        machine.address() + ":19500",
                        "--dns-address",
                        "none",
                        "--intentions-default-allow",
                        "true"));
    }

    void awaitServer() throws InterruptedException {
        Patience.until(
                name + ": server to answer",
                START,
                () -> {
                    child("server").requireAlive();
                    return plane.read("/v1/hansa/ca").has("ActiveRootID");
                });
    }

    void killServer() throws InterruptedException {
        child("server").kill();
    }

    // --- gateways
    // ----------------------------------------------------------------------------------

    static String gateway(int which) {
        return "gateway-" + which;
    }

    Host gatewayMachine(int which) throws IOException, InterruptedException {
        return machine(FIRST_GATEWAY + which);
    }

    void startGateway(int which) throws IOException, InterruptedException {
        var machine = gatewayMachine(which);
        var role = gateway(which);
        var address = machine.address() + ":" + GATEWAY_PORT;
        start(
                role,
                machine,
                List.of(
                        "gateway",
                        "--node-name",
                        node(role),
                        "--join-token-file",
                        joinToken(role, Map.of("MeshGateway", true)).toString(),
                        "--listen",
                        address,
                        "--wan-address",
                        address,
                        "--lan-address",
                        address,
                        "--data-dir",
                        programs.folder().resolve(node(role)).toString(),
                        "--admin-address",
                        machine.address() + ":" + GATEWAY_ADMIN,
                        "--connections-ahead",
                        Integer.toString(connectionsAhead)));
    }

    /// How many bytes callers have sent through a gateway to its services since it started, as it
    /// counts them itself. Connections that peers' gateways keep open ahead carry none.
    long heard(int which) throws IOException, InterruptedException {
        var metrics =
                ControlPlane.text(
                        plane.client(),
                        "http://"
                                + gatewayMachine(which).address()
                                + ":"
                                + GATEWAY_ADMIN
                                + "/metrics");
        return metrics.lines()
                .filter(line ->
                        line.startsWith("hansa_routed_bytes_total{")
                                && line.contains("direction=\"in\"")
                                && line.contains("purpose=\"exported\""))
                .mapToLong(line ->
                        (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    // --- instances
    // ---------------------------------------------------------------------------------

    static String app(int which) {
        return "app-" + which;
    }

    static String sidecar(int which) {
        return "sidecar-" + which;
    }

    /// The name of an instance, with which its application answers and its node is registered.
    String instance(int which) {
        return name + "-" + which;
    }

    Host instanceMachine(int which) throws IOException, InterruptedException {
        return machine(INSTANCES + which);
    }

    /// An application and its sidecar, as a pod has them.
    ///
    /// @param move added to all its ports
    void startInstance(int which, int move) throws IOException, InterruptedException {
        startApp(which, move);
        startSidecar(which, move);
    }

    private void startApp(int which, int move) throws IOException, InterruptedException {
        var machine = instanceMachine(which);
        put(
                app(which),
                programs.java(
                        node(app(which)),
                        machine,
                        Application.class,
                        instance(which),
                        machine.address(),
                        Integer.toString(appPort(move))));
    }

    private static int appPort(int move) {
        return 8080 + move;
    }

    private void startSidecar(int which, int move) throws IOException, InterruptedException {
        var host = address(which);
        var settings =
                sidecarSettings(
                        sidecar(which), instance(which), instanceMachine(which), List.of(WEB, RPC));
        settings.add("service.web.address = " + host + ":" + appPort(move));
        settings.add("service.web.listen = " + host + ":" + (WEB_LISTEN + move));
        settings.addAll(checks.settings(WEB, "http:/health"));
        settings.add("service.rpc.address = " + host + ":" + (appPort(move) + 1));
        settings.add("service.rpc.listen = " + host + ":" + (WEB_LISTEN + 1 + move));
        settings.addAll(checks.settings(RPC, "grpc"));
        startSidecar(sidecar(which), instanceMachine(which), settings);
    }

    /// Where the sidecar takes connections to `web`.
    InetSocketAddress sidecarAddress(int which, int move) {
        return new InetSocketAddress(address(which), WEB_LISTEN + move);
    }

    private String address(int which) {
        return ground.address(number, INSTANCES + which);
    }

    /// What an application answers to its checks from now on.
    void tellApp(int which, String word) throws IOException, InterruptedException {
        ControlPlane.post(
                plane.client(), "http://" + address(which) + ":" + appPort(0) + "/" + word);
    }

    // --- callers
    // -----------------------------------------------------------------------------------

    Host callerMachine() throws IOException, InterruptedException {
        return machine(CALLER);
    }

    /// A service that calls the others; nobody calls it.
    void startCaller() throws IOException, InterruptedException {
        var machine = callerMachine();
        var settings = sidecarSettings("caller", node("caller"), machine, List.of("caller"));
        settings.add("service.caller.address = " + machine.address() + ":19000");
        settings.add("service.caller.listen = " + machine.address() + ":20000");
        settings.add("service.caller.upstreams = web:" + WEB_UPSTREAM + ",rpc:" + RPC_UPSTREAM);
        settings.add("service.caller.upstream-address = " + machine.address());
        startSidecar("caller", machine, settings);
    }

    /// Callers of `web`, many in one process, each with an identity of its own.
    ///
    /// @param machine for this process alone
    void startCrowd(String role, Host machine, int size) throws IOException, InterruptedException {
        var services = new ArrayList<String>();
        var settings = new ArrayList<String>();
        for (var i = 0; i < size; i++) {
            var service = role + "-" + i;
            var key = "service." + service + ".";
            services.add(service);
            settings.add(key + "address = " + machine.address() + ":19000");
            settings.add(key + "listen = " + machine.address() + ":" + (20000 + i));
            settings.add(key + "upstreams = web:" + (30000 + i));
            settings.add(key + "upstream-address = " + machine.address());
        }
        settings.addAll(sidecarSettings(role, node(role), machine, services));
        startSidecar(role, machine, settings);
    }

    private List<String> sidecarSettings(
            String role, String node, Host machine, List<String> services)
            throws IOException, InterruptedException {
        return new ArrayList<>(
                List.of(
                        "node-name = " + node,
                        "join-token-file = " + joinToken(role, Map.of("Services", services)),
                        "data-dir = " + programs.folder().resolve(node(role)),
                        "admin.address = " + machine.address() + ":19000",
                        "services = " + String.join(",", services)));
    }

    private void startSidecar(String role, Host machine, List<String> settings) throws IOException {
        var file = programs.folder().resolve(node(role) + ".properties");
        Files.write(file, settings);
        start(role, machine, List.of("sidecar", "--config", file.toString()));
    }

    /// Made once: a process that comes again has its certificate in its data directory, and may
    /// find no server to ask.
    private Path joinToken(String role, Map<String, ?> what)
            throws IOException, InterruptedException {
        var file = programs.folder().resolve(node(role) + ".token");
        if (!Files.exists(file)) {
            var token = plane.call("POST", "/v1/hansa/join-token", what);
            Files.writeString(file, token.path("JoinToken").asText());
        }
        return file;
    }

    // --- processes
    // ---------------------------------------------------------------------------------

    private String node(String role) {
        return name + "-" + role;
    }

    private void start(String role, Host machine, List<String> words) throws IOException {
        put(role, programs.hansa(node(role), machine, words));
    }

    private void put(String role, Child child) {
        var before = running.put(role, child);
        if (before != null) {
            before.close();
        }
    }

    Child child(String role) {
        var child = running.get(role);
        if (child == null) {
            throw new IllegalStateException(node(role) + ": expected to have been started");
        }
        return child;
    }

    boolean isRunning(String role) {
        var child = running.get(role);
        return child != null && child.isAlive();
    }

    /// SIGKILL to all of them, one right after the other, and gone when this returns.
    void kill(String... roles) throws IOException, InterruptedException {
        signal(Libc.SIGKILL, roles);
        for (var role : roles) {
            child(role).kill();
        }
    }

    void signal(int signal, String... roles) throws IOException {
        for (var role : roles) {
            child(role).signal(signal);
        }
    }

    /// SIGKILL to every process of the datacenter.
    void killAll() throws InterruptedException {
        running.values().forEach(Child::close);
        for (var child : running.values()) {
            child.kill();
        }
    }

    // --- what the catalog knows
    // --------------------------------------------------------------------

    /// @param node of the instance
    Knowledge knows(String service, String node) {
        return new Knowledge.Catalog(plane, "/v1/health/service/" + service + "?passing", node);
    }

    /// How many instances pass.
    ///
    /// @param peer whose; empty: the own ones
    int passing(String service, String peer) throws IOException, InterruptedException {
        return plane.read(
                        "/v1/health/service/"
                                + service
                                + "?passing"
                                + (peer.isEmpty() ? "" : "&peer=" + peer))
                .size();
    }
}
