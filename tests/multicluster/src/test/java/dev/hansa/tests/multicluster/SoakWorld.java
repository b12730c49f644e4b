package dev.hansa.tests.multicluster;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// Two datacenters in namespaces of their own, one for each machine: servers, a gateway, sidecars.
/// `caller` in eks has `echo` as its upstream, of which eks has an instance and lke another.
final class SoakWorld implements AutoCloseable {
    /// This process's own address, for applications.
    static final String HOME = "10.99.0.1";

    /// The bridge has its address once the world has begun.
    static final String ANY = "0.0.0.0";

    static final String EKS = "10.99.1";
    static final String LKE = "10.99.2";

    /// Of the machine that delays.
    private static final String WAN = "10.99.3.1";

    /// Once around the world and back.
    private static final Duration DELAY = Duration.ofMillis(300);

    static final int UPSTREAM_PORT = 5001;
    static final int EKS_APP = 9001;
    static final int LKE_APP = 9002;
    static final int CALLER_APP = 9003;

    /// Of the resolver of `echo`.
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

    /// Of a server's disk, of which a run of 20 minutes takes a part.
    private static final String DISK = "256m";

    /// Writes of a MiB, and some for what a server gives back.
    private static final int FILLING_TRIES = 2_000;

    private static final String FILLER = "filler";
    private static final String BRIDGE = "hsoak";
    private static final Duration READY = Duration.ofMinutes(3);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final Path folder;
    private final ServerGroup eks;
    private final ServerGroup lke;
    private final Map<String, Process> proxies = new HashMap<>();
    private final List<String> namespaces = new ArrayList<>();
    private final Map<String, ShiftedClock> clocks = new HashMap<>();
    private final List<Path> disks = new ArrayList<>();
    private Optional<Process> longWay = Optional.empty();
    private int started;

    SoakWorld(Path folder, int servers) {
        this.folder = folder;
        var flags = List.of("--intentions-default-allow", "true", "--leaf-ttl", "6m");
        this.eks =
                new ServerGroup(
                        "eks", EKS, folder, servers, flags, number -> server("eks-s" + number));
        this.lke =
                new ServerGroup(
                        "lke", LKE, folder, servers, flags, number -> server("lke-s" + number));
    }

    ServerGroup eks() {
        return eks;
    }

    ServerGroup lke() {
        return lke;
    }

    private static List<String> inside(String node) {
        return List.of("ip", "netns", "exec", BRIDGE + "-" + node);
    }

    private List<String> server(String node) {
        var words = new ArrayList<>(inside(node));
        var clock = clocks.get(node);
        if (clock != null) {
            words.add("env");
            clock.environment().forEach((name, value) -> words.add(name + "=" + value));
        }
        return words;
    }

    /// Of a server's machine.
    ShiftedClock clock(String node) {
        return Objects.requireNonNull(clocks.get(node), node);
    }

    /// A server's machine has its own clock, where there is a compiler for what sets it, and disk.
    private void furnish(ServerGroup group, int number) throws IOException, InterruptedException {
        var node = group.name() + "-s" + number;
        var clock = ShiftedClock.compile(Files.createDirectory(folder.resolve(node + "-clock")));
        clock.ifPresent(own -> clocks.put(node, own));
        var disk = Files.createDirectory(group.data(number));
        run("mount", "-t", "tmpfs", "-o", "size=" + DISK + ",mode=700", "tmpfs", disk.toString());
        disks.add(disk);
    }

    /// Nothing is left for a while.
    ///
    /// @param hold milliseconds
    static void fill(Path disk, int hold) throws IOException, InterruptedException {
        try {
            fill(disk);
            TimeUnit.MILLISECONDS.sleep(hold);
        } finally {
            Files.deleteIfExists(disk.resolve(FILLER));
        }
    }

    /// Until nothing is left. A server that lives takes and gives back some meanwhile.
    ///
    /// @throws IOException when there is room after all tries
    private static void fill(Path disk) throws IOException {
        var chunk = new byte[1 << 20];
        try (var filler = Files.newOutputStream(disk.resolve(FILLER))) {
            for (var attempt = 0; usable(disk) > 0; attempt++) {
                try {
                    filler.write(chunk, 0, (int) Math.min(chunk.length, usable(disk)));
                } catch (IOException e) {
                    if (attempt > FILLING_TRIES) {
                        throw e;
                    }
                }
            }
        }
    }

    private static long usable(Path disk) throws IOException {
        return Files.getFileStore(disk).getUsableSpace();
    }

    /// What this machine cannot make.
    Set<SoakPlan.Kind> impossible() throws InterruptedException {
        var all = EnumSet.noneOf(SoakPlan.Kind.class);
        if (!canLose()) {
            all.add(SoakPlan.Kind.SERVER_LOSES_PACKETS);
            all.add(SoakPlan.Kind.LINK_LOSES_PACKETS);
        }
        if (clocks.isEmpty()) {
            all.add(SoakPlan.Kind.SERVER_CLOCK_OFF);
        }
        if (longWay.isEmpty()) {
            all.add(SoakPlan.Kind.LINK_DELAYED);
        }
        return all;
    }

    /// Runs a command, which has to succeed.
    static void run(String... words) throws IOException, InterruptedException {
        var process = new ProcessBuilder(words).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", words) + ": " + said);
        }
    }

    /// Runs iproute2, which has to succeed.
    static void ip(String line) throws IOException, InterruptedException {
        run(("ip " + line).split(" ", -1));
    }

    /// Adds or takes away a route of one machine.
    ///
    /// @param verb `add` or `del`
    /// @param kind `blackhole`: silence; `prohibit`: refusal at once
    static void route(String node, String verb, String kind, String to)
            throws IOException, InterruptedException {
        ip("-n " + BRIDGE + "-" + node + " route " + verb + " " + kind + " " + to);
    }

    /// A tenth of the packets between one machine and a network is lost, either way.
    ///
    /// @param verb `-A` to begin, `-D` to end
    static void lose(String node, String verb, String network)
            throws IOException, InterruptedException {
        for (var side : List.of("INPUT -s ", "OUTPUT -d ")) {
            within(
                    node,
                    "iptables -w "
                            + verb
                            + " "
                            + side
                            + network
                            + " -m statistic --mode random --probability 0.1 -j DROP");
        }
    }

    /// Whether this machine can lose packets on purpose.
    private static boolean canLose() throws InterruptedException {
        try {
            run("iptables", "-w", "-L", "-n");
            return true;
        } catch (IOException e) {
            System.err.println("*** SoakIT loses no packets, without iptables: " + e.getMessage());
            return false;
        }
    }

    /// One machine sends no more than a megabit a second.
    ///
    /// @param verb `add` or `del`
    static void throttle(String node, String verb) throws IOException, InterruptedException {
        within(
                node,
                "tc qdisc "
                        + verb
                        + " dev eth0 root"
                        + (verb.equals("add") ? " tbf rate 1mbit burst 32kbit latency 400ms" : ""));
    }

    /// A machine that keeps what it is sent for a while and sends it on, where there is a compiler
    /// for what does it.
    private void lengthen() throws IOException, InterruptedException {
        var program =
                PreloadedLibrary.compileProgram(
                        Files.createDirectory(folder.resolve("wan")), "/network/delayed-link.c");
        if (program.isEmpty()) {
            return;
        }
        node("wan", WAN);
        within("wan", "sysctl -q -w net.ipv4.ip_forward=1");
        // what comes out of the device has a sender that is reached another way
        for (var which : List.of("all", "default", "eth0")) {
            within("wan", "sysctl -q -w net.ipv4.conf." + which + ".rp_filter=0");
        }
        var words = new ArrayList<>(inside("wan"));
        words.addAll(List.of(program.orElseThrow().toString(), "delay", "" + DELAY.toMillis()));
        var link = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        longWay = Optional.of(link);
        if (!"ready".equals(link.inputReader().readLine())) {
            longWay = Optional.empty();
            System.err.println("*** SoakIT delays no packets, without /dev/net/tun");
            return;
        }
        ip("-n " + BRIDGE + "-wan link set delay txqueuelen 10000 up");
        ip("-n " + BRIDGE + "-wan route add default dev delay table 100");
        ip("-n " + BRIDGE + "-wan rule add iif eth0 lookup 100");
    }

    /// What some machines send to eks takes [#DELAY] longer for a while.
    ///
    /// @param hold milliseconds
    static void delay(List<String> nodes, int hold) throws IOException, InterruptedException {
        try {
            for (var node : nodes) {
                detour(node, "replace unicast " + EKS + ".0/24 via " + WAN);
            }
            TimeUnit.MILLISECONDS.sleep(hold);
        } finally {
            for (var node : nodes) {
                detour(node, "flush exact " + EKS + ".0/24");
            }
        }
    }

    /// A machine that is unplugged meanwhile has no routes, and needs none.
    private static void detour(String node, String change)
            throws IOException, InterruptedException {
        try {
            ip("-n " + BRIDGE + "-" + node + " route " + change);
        } catch (IOException e) {
            if (isPlugged(node)) {
                throw e;
            }
        }
    }

    private static boolean isPlugged(String node) throws InterruptedException {
        try {
            ip("-n " + BRIDGE + "-" + node + " route get " + HOME);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /// As if a cable had been drawn: whoever is connected hears nothing, not even an end.
    ///
    /// @param state `down` or `up`
    static void link(String node, String state) throws IOException, InterruptedException {
        ip("-n " + BRIDGE + "-" + node + " link set eth0 " + state);
    }

    private static void within(String node, String line) throws IOException, InterruptedException {
        run(("ip netns exec " + BRIDGE + "-" + node + " " + line).split(" ", -1));
    }

    private void node(String name, String address) throws IOException, InterruptedException {
        var namespace = BRIDGE + "-" + name;
        ip("netns add " + namespace);
        namespaces.add(namespace);
        var end = "v" + name;
        ip("link add " + end + " type veth peer name eth0 netns " + namespace);
        ip("link set " + end + " master " + BRIDGE + " up");
        ip("-n " + namespace + " addr add " + address + "/16 dev eth0");
        ip("-n " + namespace + " link set eth0 up");
        ip("-n " + namespace + " link set lo up");
    }

    void start() throws IOException, InterruptedException {
        ip("link add " + BRIDGE + " type bridge");
        ip("addr add " + HOME + "/16 dev " + BRIDGE);
        ip("link set " + BRIDGE + " up");
        for (var number = 0; number < eks.count(); number++) {
            node("eks-s" + number, eks.host(number));
            node("lke-s" + number, lke.host(number));
            furnish(eks, number);
            furnish(lke, number);
        }
        node("eks-gw", EKS + ".10");
        node("lke-gw", LKE + ".10");
        node("eks-caller", EKS + ".20");
        node("eks-echo", EKS + ".21");
        node("lke-echo", LKE + ".21");
        lengthen();
        eks.start();
        lke.start();
        peer();
        for (var name : List.of("eks-gw", "lke-gw", "eks-caller", "eks-echo", "lke-echo")) {
            token(name);
            startProxy(name);
        }
        awaitEcho();
        leadInTurn(eks);
        leadInTurn(lke);
        awaitEcho();
    }

    /// From here and from the peer, and called through all of it.
    private void awaitEcho() {
        await().atMost(READY)
                .until(() ->
                        eks.must(0, "GET", "/v1/health/service/echo?passing", "").size() == 1
                                && eks.must(
                                                        0,
                                                        "GET",
                                                        "/v1/health/service/echo?peer=lke&passing",
                                                        "")
                                                .size()
                                        == 1
                                && EchoLoad.answers(
                                        new InetSocketAddress(EKS + ".20", UPSTREAM_PORT)));
    }

    /// Each server leads once, the first one last, which leads already: what is measured is a
    /// datacenter that runs, and not a dozen processes that a machine has just started at once.
    private static void leadInTurn(ServerGroup group) throws IOException, InterruptedException {
        for (var turn = 1; turn <= group.count(); turn++) {
            var number = turn % group.count();
            var name = group.health(number).path("member").asText();
            await().atMost(READY)
                    .until(() -> {
                        if (group.leader().equals(Optional.of(number))) {
                            return true;
                        }
                        group.send(
                                number, "POST", "/v1/operator/raft/transfer-leader?id=" + name, "");
                        return false;
                    });
        }
    }

    private void peer() throws IOException, InterruptedException {
        eks.peerWith(lke);
        lke.must(
                0,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":"
                        + "[{\"Name\":\"echo\",\"Consumers\":[{\"Peer\":\"eks\"}]}]}");
        eks.must(
                0,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"service-resolver\",\"Name\":\"echo\",\"ConnectTimeout\":\""
                        + CONNECT_TIMEOUT.toSeconds()
                        + "s\","
                        + "\"Failover\":{\"*\":{\"Targets\":[{\"Peer\":\"lke\"}]}}}");
    }

    private ServerGroup home(String proxy) {
        return proxy.startsWith("eks") ? eks : lke;
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    private void token(String name) throws IOException, InterruptedException {
        var service = name.endsWith("-caller") ? "caller" : "echo";
        var body =
                name.endsWith("-gw")
                        ? "{\"MeshGateway\":true}"
                        : "{\"Services\":[\"" + service + "\"]}";
        home(name).joinToken(file(name + ".token"), body);
    }

    /// With what an earlier life has left in its data directory, if there was one.
    void startProxy(String name) throws IOException {
        var words =
                name.endsWith("-gw")
                        ? gateway(name, home(name) == eks ? EKS : LKE)
                        : sidecar(name, home(name) == eks ? EKS : LKE);
        words.add("--exit-with-parent");
        proxies.put(
                name,
                Checkout.start(
                        Checkout.target("soak-" + name + "-" + started++ + ".log"),
                        Map.of(),
                        inside(name),
                        words.toArray(String[]::new)));
    }

    private List<String> gateway(String name, String prefix) {
        return new ArrayList<>(
                List.of(
                        "gateway",
                        "--node-name",
                        name,
                        "--join-token-file",
                        file(name + ".token").toString(),
                        "--listen",
                        prefix + ".10:8443",
                        "--wan-address",
                        prefix + ".10:8443",
                        "--lan-address",
                        prefix + ".10:8443",
                        "--data-dir",
                        file(name).toString(),
                        "--admin-address",
                        prefix + ".10:19443"));
    }

    private List<String> sidecar(String name, String prefix) throws IOException {
        var isCaller = name.endsWith("-caller");
        var host = host(name, prefix);
        var app = isCaller ? CALLER_APP : name.startsWith("eks") ? EKS_APP : LKE_APP;
        return new ArrayList<>(
                List.of(
                        "sidecar",
                        "--config",
                        new SidecarFile(
                                        name,
                                        isCaller ? "caller" : "echo",
                                        host,
                                        host,
                                        HOME + ":" + app,
                                        isCaller ? "echo:" + UPSTREAM_PORT : "")
                                .write(folder)
                                .toString()));
    }

    private static String host(String proxy, String prefix) {
        return prefix + (proxy.endsWith("-gw") ? ".10" : proxy.endsWith("-caller") ? ".20" : ".21");
    }

    /// What a proxy says of itself.
    ///
    /// @throws IOException when it says nothing
    JsonNode health(String proxy) throws IOException, InterruptedException {
        var host = host(proxy, home(proxy) == eks ? EKS : LKE);
        var port = proxy.endsWith("-gw") ? ":19443" : ":19000";
        return JSON.readTree(
                client.send(
                                HttpRequest.newBuilder(
                                                URI.create("http://" + host + port + "/health"))
                                        .timeout(Duration.ofSeconds(2))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body());
    }

    /// SIGKILL.
    void killProxy(String name) throws InterruptedException {
        Objects.requireNonNull(proxies.get(name), name).destroyForcibly().waitFor();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        proxies.values().forEach(Process::destroyForcibly);
        longWay.ifPresent(Process::destroyForcibly);
        eks.close();
        lke.close();
        for (var disk : disks) {
            run("umount", "--lazy", disk.toString());
        }
        for (var namespace : namespaces) {
            ip("netns del " + namespace);
        }
        ip("link del " + BRIDGE);
        client.close();
    }
}
