package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/// Two datacenters on one wire. `vms` is made of virtual machines: a server, a gateway, and two
/// machines with an agent and a database each. `shop` has a server, a gateway and the sidecar of a
/// cartservice whose database is that of `vms`. No machine has a route to the other datacenter but
/// its gateway.
final class VmWorld implements AutoCloseable {
    static final String VMS = "10.98.1";
    static final String SHOP = "10.98.2";

    /// After so long without a word of its agent a machine is critical.
    static final Duration NODE_TTL = Duration.ofSeconds(3);

    private static final String WAN = "10.98.9";
    private static final String BRIDGE = "hvm";
    private static final int UPSTREAM_PORT = 6379;
    private static final Duration READY = Duration.ofMinutes(2);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final Path folder;
    private final ServerGroup vms;
    private final ServerGroup shop;
    private final List<String> namespaces = new ArrayList<>();
    private final Map<String, Process> processes = new HashMap<>();
    private int started;

    VmWorld(Path folder) {
        this.folder = folder;
        var flags = List.of("--intentions-default-allow", "true");
        this.vms = new ServerGroup("vms", VMS, folder, 1, flags, _ -> inside("server"));
        this.shop = new ServerGroup("shop", SHOP, folder, 1, flags, _ -> inside("shop"));
    }

    private static List<String> inside(String node) {
        return List.of("ip", "netns", "exec", BRIDGE + "-" + node);
    }

    private void node(String name, String... addresses) throws IOException, InterruptedException {
        var namespace = BRIDGE + "-" + name;
        SoakWorld.ip("netns add " + namespace);
        namespaces.add(namespace);
        SoakWorld.ip("link add v" + name + " type veth peer name eth0 netns " + namespace);
        SoakWorld.ip("link set v" + name + " master " + BRIDGE + " up");
        for (var address : addresses) {
            SoakWorld.ip("-n " + namespace + " addr add " + address + "/24 dev eth0");
        }
        SoakWorld.ip("-n " + namespace + " link set eth0 up");
        SoakWorld.ip("-n " + namespace + " link set lo up");
    }

    void start() throws IOException, InterruptedException {
        SoakWorld.ip("link add " + BRIDGE + " type bridge");
        SoakWorld.ip("addr add " + VMS + ".254/24 dev " + BRIDGE);
        SoakWorld.ip("addr add " + SHOP + ".254/24 dev " + BRIDGE);
        SoakWorld.ip("link set " + BRIDGE + " up");
        node("server", VMS + ".1");
        node("gateway", VMS + ".10", WAN + ".1");
        node("a", VMS + ".21");
        node("b", VMS + ".22");
        node("shop", SHOP + ".1", SHOP + ".10", SHOP + ".20", WAN + ".2");
        vms.start();
        shop.start();
        gateway(vms, "gateway", VMS, WAN + ".1");
        gateway(shop, "shop", SHOP, WAN + ".2");
        for (var machine : List.of("a", "b")) {
            database(machine);
            definitions(machine);
            agent(machine);
        }
        peer();
        cartservice();
        await().atMost(READY).until(() -> passing("db").size() == 2 && passing("log").size() == 2);
        await().atMost(READY)
                .until(() ->
                        shop.must(0, "GET", "/v1/health/service/db?peer=vms&passing", "").size()
                                == 2);
        await().atMost(READY).until(() -> asked("PING").equals("+PONG"));
    }

    private void launch(String name, List<String> before, String... words) throws IOException {
        processes.put(
                name,
                Checkout.start(
                        Checkout.target("vm-" + name + "-" + started++ + ".log"),
                        Map.of(),
                        before,
                        words));
    }

    private String token(ServerGroup group, String name, String body)
            throws IOException, InterruptedException {
        return group.joinToken(folder.resolve(name + ".token"), body).toString();
    }

    private void gateway(ServerGroup group, String node, String prefix, String wan)
            throws IOException, InterruptedException {
        var name = group.name() + "-gateway";
        launch(
                name,
                inside(node),
                "gateway",
                "--node-name",
                name,
                "--join-token-file",
                token(group, name, "{\"MeshGateway\":true}"),
                "--listen",
                prefix + ".10:8443," + wan + ":8443",
                "--lan-address",
                prefix + ".10:8443",
                "--wan-address",
                wan + ":8443",
                "--data-dir",
                folder.resolve(name).toString(),
                "--admin-address",
                prefix + ".10:19443",
                "--exit-with-parent");
        group.must(
                0,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"mesh\",\"Peering\":{\"PeerThroughMeshGateways\":true}}");
    }

    /// A database that only its own machine reaches.
    void database(String machine) throws IOException {
        var words = new ArrayList<>(inside(machine));
        words.addAll(
                List.of(
                        "redis-server",
                        "--port",
                        "6379",
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "",
                        "--appendonly",
                        "no"));
        processes.put(
                "redis-" + machine,
                new ProcessBuilder(words)
                        .redirectErrorStream(true)
                        .redirectOutput(Checkout.target("vm-redis-" + machine + ".log").toFile())
                        .start());
    }

    /// `db` is in the mesh; `log` is not, and its check is of the machine's own loopback.
    private void definitions(String machine) throws IOException {
        var services = Files.createDirectories(folder.resolve(machine).resolve("services"));
        Files.writeString(
                services.resolve("db.hcl"),
                """
                service {
                  name = "db"
                  id   = "db-%s"
                  port = 6379
                  check { tcp = "127.0.0.1:6379" interval = "1s" timeout = "1s" }
                  connect { sidecar_service { port = 20000 } }
                }
                """
                        .formatted(machine));
        Files.writeString(
                services.resolve("log.yaml"),
                """
                service:
                  name: log
                  id: log-%s
                  port: 6379
                  check: {tcp: "127.0.0.1:6379", interval: 1s, timeout: 1s}
                """
                        .formatted(machine));
    }

    void agent(String machine) throws IOException {
        var own = folder.resolve(machine);
        launch(
                "agent-" + machine,
                inside(machine),
                "agent",
                "--node-name",
                "vm-" + machine,
                "--address",
                VMS + (machine.equals("a") ? ".21" : ".22"),
                "--http-addr",
                VMS + ".1:8500",
                "--services-dir",
                own.resolve("services").toString(),
                "--data-dir",
                own.resolve("agent").toString(),
                "--node-ttl",
                NODE_TTL.toSeconds() + "s");
    }

    /// What the newest agent of a machine has written, and its sidecars.
    String agentLog(String machine) throws IOException {
        var newest = "";
        for (var number = 0; number < started; number++) {
            var file =
                    Checkout.ROOT.resolve(
                            "tests/multicluster/target/vm-agent-"
                                    + machine
                                    + "-"
                                    + number
                                    + ".log");
            if (Files.exists(file)) {
                newest = Files.readString(file);
            }
        }
        return newest;
    }

    private void peer() throws IOException, InterruptedException {
        vms.must(
                0,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":"
                        + "[{\"Name\":\"db\",\"Consumers\":[{\"Peer\":\"shop\"}]}]}");
        await().atMost(READY)
                .until(() ->
                        vms.must(0, "GET", "/v1/health/service/mesh-gateway?passing", "").size()
                                        == 1
                                && shop.must(
                                                        0,
                                                        "GET",
                                                        "/v1/health/service/mesh-gateway?passing",
                                                        "")
                                                .size()
                                        == 1);
        shop.peerWith(vms);
    }

    /// The sidecar of the shop's cartservice, whose database is the peer's.
    private void cartservice() throws IOException, InterruptedException {
        var key = "service.cartservice.";
        var file =
                Files.write(
                        folder.resolve("cartservice.properties"),
                        List.of(
                                "node-name = shop-cartservice",
                                "join-token-file = "
                                        + token(
                                                shop,
                                                "cartservice",
                                                "{\"Services\":[\"cartservice\"]}"),
                                "data-dir = " + folder.resolve("cartservice"),
                                "admin.address = " + SHOP + ".20:19000",
                                "services = cartservice",
                                key + "address = none",
                                key + "upstreams = db.svc.vms.peer:" + UPSTREAM_PORT,
                                key + "upstream-address = " + SHOP + ".20"));
        launch(
                "cartservice",
                inside("shop"),
                "sidecar",
                "--config",
                file.toString(),
                "--exit-with-parent");
    }

    /// What the database answers to a command of cartservice, or why it does not.
    String asked(String command) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(SHOP + ".20", UPSTREAM_PORT), 2_000);
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
            var answer = new StringBuilder();
            for (var c = socket.getInputStream().read();
                    c >= 0 && c != '\r';
                    c = socket.getInputStream().read()) {
                answer.append((char) c);
            }
            return answer.toString();
        } catch (IOException e) {
            return e.toString();
        }
    }

    /// The machines on which a service of `vms` is passing.
    List<String> passing(String service) throws IOException, InterruptedException {
        return vms.must(0, "GET", "/v1/health/service/" + service + "?passing", "")
                .valueStream()
                .map(one -> one.path("Node").path("Node").asText())
                .sorted()
                .toList();
    }

    /// What cartservice's sidecar has told its application last.
    String lastRefusal() throws IOException, InterruptedException {
        var health =
                client.send(
                                HttpRequest.newBuilder(
                                                URI.create("http://" + SHOP + ".20:19000/health"))
                                        .timeout(Duration.ofSeconds(5))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body();
        return JSON.readTree(health).findPath("lastRefusal").toString();
    }

    JsonNode shopSees(String path) throws IOException, InterruptedException {
        return shop.must(0, "GET", path, "");
    }

    JsonNode vmsSees(String path) throws IOException, InterruptedException {
        return vms.must(0, "GET", path, "");
    }

    /// As if a cable had been drawn.
    ///
    /// @param state `down` or `up`
    void link(String machine, String state) throws IOException, InterruptedException {
        SoakWorld.ip("-n " + BRIDGE + "-" + machine + " link set eth0 " + state);
    }

    /// SIGKILL.
    void kill(String name) throws InterruptedException {
        var process = Objects.requireNonNull(processes.get(name), name);
        process.destroyForcibly();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).as(name + " is gone").isTrue();
    }

    /// Sidecars outlive their agents, also those of a test that ends.
    private static void killAllOf(String namespace) throws IOException, InterruptedException {
        var pids = new ProcessBuilder("ip", "netns", "pids", namespace).start();
        var found = new String(pids.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        pids.waitFor();
        found.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .map(Long::parseLong)
                .flatMap(pid -> ProcessHandle.of(pid).stream())
                .forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        processes.values().forEach(Process::destroyForcibly);
        vms.close();
        shop.close();
        for (var namespace : namespaces) {
            killAllOf(namespace);
            SoakWorld.ip("netns del " + namespace);
        }
        SoakWorld.ip("link del " + BRIDGE);
        client.close();
    }
}
