package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/// Two peered datacenters that begin as different builds, and whose processes change to the other
/// one by one: eks dials. `caller` in eks calls `echo` there, which fails over to lke, and `echo`
/// of lke; that one calls `echo` of eks.
final class SkewedPair implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int CALLS = 20;
    private static final int FAILING_OVER_PORT = PeeredPair.UPSTREAM_PORT + 1;
    private static final SidecarFile ECHO = PeeredPair.echoInEks(PeeredPair.EKS + ".11");
    private static final String CALLER_CALLS = PeeredPair.TO_ECHO + ",echo:" + FAILING_OVER_PORT;
    private static final String ECHO_CALLS = "echo.svc.eks.peer:" + PeeredPair.UPSTREAM_PORT;

    /// The admin ports of the gateways, then of the sidecars of `caller` and of `echo` in both.
    private static final List<String> PROXIES =
            List.of(
                    PeeredPair.EKS + ".2:19443",
                    PeeredPair.LKE + ".2:19443",
                    PeeredPair.EKS + ".3:19000",
                    PeeredPair.EKS + ".4:19000",
                    PeeredPair.LKE + ".3:19000");

    private static final InetSocketAddress TO_LKE =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);
    private static final InetSocketAddress FAILING_OVER =
            new InetSocketAddress(PeeredPair.EKS + ".10", FAILING_OVER_PORT);
    private static final InetSocketAddress TO_EKS =
            new InetSocketAddress(PeeredPair.LKE + ".10", PeeredPair.UPSTREAM_PORT);

    private final OtherBuild other;
    private final boolean eksIsCurrent;
    private final PeeredPair pair;
    private final EchoLoad applications = new EchoLoad();
    private final AtomicInteger servedInEks = new AtomicInteger();
    private final AtomicInteger servedInLke = new AtomicInteger();
    private final Set<String> changed = new HashSet<>();
    private final List<String> made = new ArrayList<>();

    /// @param eksIsCurrent whether eks, and not lke, begins as the build under test
    SkewedPair(Path folder, OtherBuild other, boolean eksIsCurrent) {
        this.other = other;
        this.eksIsCurrent = eksIsCurrent;
        this.pair =
                new PeeredPair(
                        folder,
                        List.of(),
                        eksIsCurrent ? "skew-current-dials" : "skew-current-accepts");
        pair.before(name -> isCurrent(name) ? List.of() : other.words());
    }

    private boolean isCurrent(String process) {
        return (process.startsWith("eks-") == eksIsCurrent) != changed.contains(process);
    }

    void start() throws Exception {
        applications.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
        applications.serve(PeeredPair.EKS + ".11", PeeredPair.APP_PORT, servedInEks);
        applications.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT, servedInLke);
        pair.start(CALLER_CALLS, ECHO_CALLS);
        pair.call(
                PeeredPair.EKS,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"service-resolver\",\"Name\":\"echo\",\"Failover\":{\"*\":{\"Targets\":[{\"Peer\":\"lke\"}]}}}");
        pair.startBeside(PeeredPair.EKS, ECHO);
        works("each datacenter is of one build");
    }

    void changeGateways() throws Exception {
        for (var gateway : List.of("lke-gateway", "eks-gateway")) {
            change(gateway);
            awaitBuild(gateway);
        }
        works("its gateways are of the other build");
    }

    /// Two with what they have in their data directories; the caller's begins there as it would
    /// anew, with a join token.
    void changeSidecars() throws Exception {
        change("lke-sidecar");
        change(ECHO.name());
        changed.add("eks-sidecar");
        pair.replaceSidecar("eks", PeeredPair.EKS, "caller", CALLER_CALLS);
        for (var sidecar : List.of("lke-sidecar", ECHO.name(), "eks-sidecar")) {
            awaitBuild(sidecar);
        }
        works("all its proxies are of the other build");
    }

    /// To where each datacenter is what the other one began as.
    void changeServers() throws Exception {
        for (var name : List.of("lke", "eks")) {
            var server = name + "-server";
            change(server);
            if (!isCurrent(server) && !other.hasTheSchemaOfThisBuild()) {
                await().atMost(PATIENCE).until(() -> !pair.process(server).isAlive());
                assertThat(pair.log(server)).content().contains("written by a newer one");
                changed.remove(server);
                pair.startAgain(server);
            }
            pair.awaitServer(prefix(name));
            awaitBuild(server);
            works("the server of " + name + " is of the build of its proxies");
        }
    }

    private static String prefix(String datacenter) {
        return datacenter.equals("eks") ? PeeredPair.EKS : PeeredPair.LKE;
    }

    private void change(String process) throws IOException, InterruptedException {
        pair.kill(process);
        changed.add(process);
        pair.startAgain(process);
    }

    private void awaitBuild(String process) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> other.isProcessOf(pair.process(process).pid(), isCurrent(process)));
    }

    private void works(String step) throws Exception {
        System.out.println((eksIsCurrent ? "current dials: " : "current accepts: ") + step);
        exportSomethingNew();
        for (var proxy : PROXIES) {
            await(step + ", the proxy at " + proxy)
                    .atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(() -> isRoutingAsToldNow(proxy));
        }
        carriesThroughGateways(step, TO_LKE, servedInLke);
        carriesThroughGateways(step, TO_EKS, servedInEks);
        carries(step, FAILING_OVER, servedInEks);
        pair.kill(ECHO.name());
        carriesThroughGateways(step + ", one instance is dead", FAILING_OVER, servedInLke);
        pair.startAgain(ECHO.name());
        carries(step + ", the instance is back", FAILING_OVER, servedInEks);
    }

    private boolean isRoutingAsToldNow(String admin) throws IOException, InterruptedException {
        var health = pair.ofProxy(admin, "/health");
        return health.statusCode() == 200
                && health.body().contains("connected")
                && !health.body().contains("stale since");
    }

    /// What one datacenter exports now is seen at the other.
    private void exportSomethingNew() throws Exception {
        made.add("made-" + made.size());
        for (var name : List.of("eks", "lke")) {
            var peer = name.equals("eks") ? "lke" : "eks";
            pair.register(prefix(name), made.getLast());
            export(prefix(name), peer);
            await().atMost(PATIENCE)
                    .until(() ->
                            !pair.call(
                                            prefix(peer),
                                            "GET",
                                            "/v1/health/service/"
                                                    + made.getLast()
                                                    + "?peer="
                                                    + name,
                                            "")
                                    .isEmpty());
        }
    }

    private void export(String prefix, String peer) throws Exception {
        var exported = new ArrayList<>(made);
        exported.add("echo");
        pair.call(
                prefix,
                "PUT",
                "/v1/config",
                ServerGroup.text(
                        Map.of(
                                "Kind",
                                "exported-services",
                                "Name",
                                "default",
                                "Services",
                                exported.stream()
                                        .map(service ->
                                                Map.of(
                                                        "Name",
                                                        service,
                                                        "Consumers",
                                                        List.of(Map.of("Peer", peer))))
                                        .toList())));
    }

    private void carriesThroughGateways(
            String step, InetSocketAddress upstream, AtomicInteger served) throws Exception {
        var eks = routed(PeeredPair.EKS);
        var lke = routed(PeeredPair.LKE);
        carries(step, upstream, served);
        await().atMost(PATIENCE)
                .until(() -> routed(PeeredPair.EKS) > eks && routed(PeeredPair.LKE) > lke);
    }

    /// Once a call has been served there, each is, one connection for each.
    private void carries(String step, InetSocketAddress upstream, AtomicInteger served) {
        await(step).atMost(PATIENCE).until(() -> isServed(upstream, served));
        var before = served.get();
        for (var call = 0; call < CALLS; call++) {
            assertThat(EchoLoad.answers(upstream))
                    .as(() -> step + ", to " + upstream + ": " + pair.lastRefusal())
                    .isTrue();
        }
        assertThat(served.get() - before).as(step).isGreaterThanOrEqualTo(CALLS);
    }

    private static boolean isServed(InetSocketAddress upstream, AtomicInteger served) {
        var before = served.get();
        return EchoLoad.answers(upstream) && served.get() > before;
    }

    /// Bytes that a datacenter's gateway has relayed.
    private double routed(String prefix) throws IOException, InterruptedException {
        return pair.ofGateway(prefix, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("hansa_routed_bytes_total{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Override
    public void close() throws IOException {
        pair.close();
        applications.close();
    }
}
