package dev.hansa.benchmarks.failover;

import dev.hansa.benchmarks.MeshCertificates;
import dev.hansa.trustbundle.TrustDomain;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The same two datacenters, the same way from sidecar to sidecar through two gateways, of Envoys
/// set up by hand. There is no control plane: what is shown is what the proxies see by themselves,
/// between two health checks of an agent.
final class EnvoyWorld implements AutoCloseable {
    private static final int CALLER = 110;
    private static final int GATEWAY = 111;
    private static final int INSTANCE = 121;
    private static final int APPLICATION_PORT = 8080;
    private static final int CALLEE_PORT = 20000;
    private static final int PEER_ONLY = 5003;
    private static final Duration READY = Duration.ofSeconds(30);

    private final Ground ground;
    private final Programs programs;
    private final EnvoyProgram envoy;
    private final MeshCertificates certificates;
    private final Map<String, Child> running = new HashMap<>();

    EnvoyWorld(Ground ground, Programs programs, EnvoyProgram envoy)
            throws IOException, InterruptedException {
        this.ground = ground;
        this.programs = programs;
        this.envoy = envoy;
        this.certificates =
                new MeshCertificates(
                        programs.folder(),
                        "envoys",
                        new TrustDomain("envoys.example"),
                        new dev.hansa.trustbundle.Datacenter("dc"));
        certificates.issue("caller", List.of());
        certificates.issue("web", List.of());
        startCallee(1);
        startCallee(2);
    }

    private String at(int datacenter, int number, int port) {
        return ground.address(datacenter, number) + ":" + port;
    }

    /// Caller and gateways. They begin anew for each run: an ejection lasts for half a minute and
    /// longer each time. One that is called before the next one listens would eject it, so each is
    /// waited for.
    private void startCallers() throws IOException, InterruptedException {
        envoy(
                "lke-gateway",
                2,
                GATEWAY,
                EnvoyConfiguration.gateway(
                        at(2, GATEWAY, Datacenter.GATEWAY_PORT), at(2, INSTANCE, CALLEE_PORT)));
        awaitPort(2, GATEWAY, Datacenter.GATEWAY_PORT);
        envoy(
                "eks-gateway",
                1,
                GATEWAY,
                EnvoyConfiguration.gateway(
                        at(1, GATEWAY, Datacenter.GATEWAY_PORT),
                        at(2, GATEWAY, Datacenter.GATEWAY_PORT)));
        awaitPort(1, GATEWAY, Datacenter.GATEWAY_PORT);
        envoy(
                "eks-caller",
                1,
                CALLER,
                EnvoyConfiguration.caller(
                        certificates,
                        at(1, CALLER, Datacenter.WEB_UPSTREAM),
                        at(1, CALLER, PEER_ONLY),
                        at(1, INSTANCE, CALLEE_PORT),
                        at(1, GATEWAY, Datacenter.GATEWAY_PORT)));
        awaitPort(1, CALLER, PEER_ONLY);
    }

    private void awaitPort(int datacenter, int number, int port) throws InterruptedException {
        var address = new InetSocketAddress(ground.address(datacenter, number), port);
        Patience.until("an Envoy at " + address, READY, () -> ConnectTimer.nanos(address) > 0);
    }

    private void startCallee(int datacenter) throws IOException, InterruptedException {
        var name = name(datacenter);
        put(
                name + "-app",
                programs.java(
                        "envoy-" + name + "-app",
                        ground.machine(datacenter, INSTANCE),
                        Application.class,
                        name + "-1",
                        ground.address(datacenter, INSTANCE),
                        Integer.toString(APPLICATION_PORT)));
        envoy(
                name + "-sidecar",
                datacenter,
                INSTANCE,
                EnvoyConfiguration.callee(
                        certificates,
                        at(datacenter, INSTANCE, CALLEE_PORT),
                        at(datacenter, INSTANCE, APPLICATION_PORT)));
    }

    private static String name(int datacenter) {
        return datacenter == 1 ? "eks" : "lke";
    }

    private void envoy(String role, int datacenter, int number, String configuration)
            throws IOException, InterruptedException {
        var file = programs.folder().resolve("envoy-" + role + ".yaml");
        put(
                role,
                programs.other(
                        "envoy-" + role,
                        ground.machine(datacenter, number),
                        envoy.command(file, configuration)));
    }

    private void put(String role, Child child) {
        running.put(role, child);
    }

    private Child child(String role) {
        var child = running.get(role);
        if (child == null) {
            throw new IllegalStateException(role + ": expected to have been started");
        }
        return child;
    }

    private void kill(String... roles) throws InterruptedException {
        for (var role : roles) {
            child(role).close();
        }
        for (var role : roles) {
            child(role).kill();
        }
    }

    /// One run of a case.
    Episode run(FailoverCase which, int perSecond) throws IOException, InterruptedException {
        var callee = new InetSocketAddress(ground.address(1, CALLER), Datacenter.WEB_UPSTREAM);
        return Episode.run(
                blow(which),
                () -> new Load(Map.of(ClientKind.HTTP_NEW, callee), ground.sources(), perSecond));
    }

    private Blow blow(FailoverCase which) throws IOException, InterruptedException {
        var machine = ground.machine(1, INSTANCE);
        return switch (which) {
            case KILL -> blow(() -> kill("eks-app", "eks-sidecar"), () -> startCallee(1));
            case DROP ->
                    ground.cuts()
                            ? blow(() -> ground.cutOff(machine), () -> ground.joinAgain(machine))
                            : blow(() -> signal(Libc.SIGSTOP), () -> signal(Libc.SIGCONT));
            case DEREGISTER, FREEZE_APP, CRITICAL, GATEWAY_DIES, LOCAL_3, MOVED, DATACENTER_DIES ->
                    throw new IllegalArgumentException(which + " is not done to Envoy");
        };
    }

    /// A failback is not looked at, as it comes when the ejection has ended.
    private Blow blow(Blow.Step strike, Blow.Step undo) {
        return new Blow(
                "",
                "lke-1",
                List.of(),
                false,
                PerService.same(new Knowledge.None()),
                this::awaitWhole,
                strike,
                undo,
                Blow.Step.NONE);
    }

    private void signal(int signal) throws IOException {
        child("eks-app").signal(signal);
        child("eks-sidecar").signal(signal);
    }

    /// Whether everything of it can be made to answer; otherwise it is closed, and says why.
    boolean comesUp() throws IOException, InterruptedException {
        try {
            awaitWhole();
            return true;
        } catch (IllegalStateException e) {
            FailoverBenchmark.say("Envoy: " + e.getMessage());
            close();
            return false;
        }
    }

    /// Waits until callers are answered from eks, and from lke where they ask for it. Before, the
    /// callers begin anew, so that nothing that was tried while the instances were starting counts.
    private void awaitWhole() throws IOException, InterruptedException {
        awaitAnswer(new InetSocketAddress(ground.address(2, INSTANCE), APPLICATION_PORT), "lke-1");
        awaitAnswer(new InetSocketAddress(ground.address(1, INSTANCE), APPLICATION_PORT), "eks-1");
        awaitPort(2, INSTANCE, CALLEE_PORT);
        awaitPort(1, INSTANCE, CALLEE_PORT);
        if (running.containsKey("eks-caller")) {
            kill("eks-caller", "eks-gateway", "lke-gateway");
        }
        startCallers();
        awaitAnswer(new InetSocketAddress(ground.address(1, CALLER), PEER_ONLY), "lke-1");
        awaitAnswer(
                new InetSocketAddress(ground.address(1, CALLER), Datacenter.WEB_UPSTREAM), "eks-1");
    }

    private void awaitAnswer(InetSocketAddress callee, String from) throws InterruptedException {
        Patience.until(
                "an answer of " + from + " among the Envoys",
                READY,
                () -> {
                    running.values().forEach(Child::requireAlive);
                    var deadline = System.nanoTime() + Load.LIMIT_NANOS;
                    var source = ground.sources().getFirst();
                    try (var wire = Wire.open(ClientKind.HTTP_NEW, source, callee, deadline)) {
                        return wire.ask("0", deadline).equals(from);
                    }
                });
    }

    @Override
    public void close() {
        running.values().forEach(Child::close);
    }
}
