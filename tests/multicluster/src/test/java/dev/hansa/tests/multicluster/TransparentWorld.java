package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// Two datacenters, each in a network namespace of its own. In eks an application that knows of no
/// mesh runs as a user of its own beside the sidecar of `caller`, which names no upstream; `echo`
/// runs in both, and one that is in no mesh is in the network too. They listen where the test is.
final class TransparentWorld implements AutoCloseable {
    static final String EKS = "10.97.1";
    static final String LKE = "10.97.2";

    /// Of the test's own end of each network, where applications listen.
    static final String HERE = ".254";

    /// Of eks, whose gateway listens there too; the test's own end of it ends in `fe`.
    static final String EKS_IPV6 = "fd97::10";

    static final int GATEWAY_PORT = 8443;

    static final int PLAIN_PORT = 9090;

    private static final String WAN = "10.97.9";
    private static final String BRIDGE = "htp";
    private static final int ECHO_PORT = 8080;
    private static final Duration READY = Duration.ofMinutes(2);
    private static final long COMMAND_SECONDS = 60;

    /// Nobody else's in the namespace: all processes of hansa are root's there.
    static final String APPLICATION_UID = "65534";

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final Path folder;
    private final ServerGroup eks;
    private final ServerGroup lke;
    private final EchoLoad applications = new EchoLoad();
    private final List<String> namespaces = new ArrayList<>();
    private final Map<String, Process> processes = new HashMap<>();

    final AtomicInteger servedInEks = new AtomicInteger();
    final AtomicInteger servedInLke = new AtomicInteger();
    final AtomicInteger servedPlainly = new AtomicInteger();

    TransparentWorld(Path folder) {
        this.folder = folder;
        this.eks = group("eks", EKS);
        this.lke = group("lke", LKE);
    }

    private ServerGroup group(String name, String prefix) {
        return new ServerGroup(
                name,
                prefix,
                folder,
                1,
                List.of("--intentions-default-allow", "true"),
                _ -> inside(name));
    }

    private static List<String> inside(String name) {
        return List.of("ip", "netns", "exec", BRIDGE + "-" + name);
    }

    private void namespace(String name, String prefix, String wan)
            throws IOException, InterruptedException {
        var namespace = BRIDGE + "-" + name;
        SoakWorld.ip("netns add " + namespace);
        namespaces.add(namespace);
        SoakWorld.ip("link add v" + BRIDGE + name + " type veth peer name eth0 netns " + namespace);
        SoakWorld.ip("link set v" + BRIDGE + name + " master " + BRIDGE + " up");
        for (var last : List.of(".1", ".10", ".20", ".21")) {
            SoakWorld.ip("-n " + namespace + " addr add " + prefix + last + "/24 dev eth0");
        }
        SoakWorld.ip("-n " + namespace + " addr add " + wan + "/24 dev eth0");
        SoakWorld.ip("-n " + namespace + " link set eth0 up");
        SoakWorld.ip("-n " + namespace + " link set lo up");
        // without a way to it no address can be dialled, and a virtual one is nowhere
        SoakWorld.ip("-n " + namespace + " route add default via " + prefix + HERE);
    }

    void start() throws IOException, InterruptedException {
        SoakWorld.ip("link add " + BRIDGE + " type bridge");
        SoakWorld.ip("addr add " + EKS + HERE + "/24 dev " + BRIDGE);
        SoakWorld.ip("addr add " + LKE + HERE + "/24 dev " + BRIDGE);
        SoakWorld.ip("addr add fd97::fe/64 dev " + BRIDGE + " nodad");
        SoakWorld.ip("link set " + BRIDGE + " up");
        namespace("eks", EKS, WAN + ".1");
        SoakWorld.ip("-n " + BRIDGE + "-eks addr add " + EKS_IPV6 + "/64 dev eth0 nodad");
        namespace("lke", LKE, WAN + ".2");
        applications.serve(EKS + HERE, ECHO_PORT, servedInEks);
        applications.serve(LKE + HERE, ECHO_PORT, servedInLke);
        applications.serve(EKS + HERE, PLAIN_PORT, servedPlainly);
        eks.start();
        lke.start();
        gateway(eks, EKS, WAN + ".1", ",[" + EKS_IPV6 + "]:" + GATEWAY_PORT);
        gateway(lke, LKE, WAN + ".2", "");
        peer();
        sidecar(
                eks,
                "caller",
                EKS + ".20",
                // the machine's cluster is its own, as in a pod that only calls
                "machine = k8s-eks",
                "service.caller.address = none",
                "service.caller.transparent-listen = 127.0.0.1:15001");
        echo(eks, EKS);
        echo(lke, LKE);
        eks.must(
                0,
                "PUT",
                "/v1/catalog/register",
                "{\"Node\":\"k8s-eks\",\"Address\":\""
                        + EKS
                        + ".20\",\"Service\":{\"Service\":\"neighbour\",\"Port\":80,\"Meta\":{\"k8s-cluster\":\"eks/1\"}}}");
        write(
                "{\"Kind\":\"service-resolver\",\"Name\":\"echo\",\"Failover\":{\"*\":{\"Targets\":[{\"Peer\":\"lke\"}]}}}");
        await().atMost(READY)
                .until(() ->
                        eks.must(0, "GET", "/v1/health/connect/echo?peer=lke&passing", "").size()
                                        == 1
                                && eks.must(0, "GET", "/v1/health/service/echo?passing", "").size()
                                        == 1);
        await().atMost(READY).until(() -> health().contains("\"virtualServices\":2"));
    }

    private void launch(String name, ServerGroup group, String... words) throws IOException {
        processes.put(
                name,
                Checkout.start(
                        Checkout.target("transparent-" + name + ".log"),
                        Map.of(),
                        inside(group.name()),
                        words));
    }

    private String token(ServerGroup group, String name, String body)
            throws IOException, InterruptedException {
        return group.joinToken(folder.resolve(name + ".token"), body).toString();
    }

    private void gateway(ServerGroup group, String prefix, String wan, String further)
            throws IOException, InterruptedException {
        var name = group.name() + "-gateway";
        group.must(
                0,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"mesh\",\"Peering\":{\"PeerThroughMeshGateways\":true}}");
        launch(
                name,
                group,
                "gateway",
                "--node-name",
                name,
                "--join-token-file",
                token(group, name, "{\"MeshGateway\":true}"),
                "--listen",
                prefix + ".10:8443," + wan + ":8443" + further,
                "--lan-address",
                prefix + ".10:8443",
                "--wan-address",
                wan + ":8443",
                "--admin-address",
                prefix + ".10:19443",
                "--exit-with-parent");
    }

    private void peer() throws IOException, InterruptedException {
        lke.must(
                0,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":"
                        + "[{\"Name\":\"echo\",\"Consumers\":[{\"Peer\":\"eks\"}]}]}");
        for (var group : List.of(eks, lke)) {
            await().atMost(READY)
                    .until(() ->
                            group.must(0, "GET", "/v1/health/service/mesh-gateway?passing", "")
                                            .size()
                                    == 1);
        }
        eks.peerWith(lke);
    }

    private void echo(ServerGroup group, String prefix) throws IOException, InterruptedException {
        sidecar(
                group,
                "echo",
                prefix + ".21",
                "service.echo.address = " + prefix + HERE + ":" + ECHO_PORT,
                "service.echo.listen = " + prefix + ".21:20000");
    }

    private void sidecar(ServerGroup group, String service, String host, String... settings)
            throws IOException, InterruptedException {
        var name = group.name() + "-" + service;
        var lines =
                new ArrayList<>(
                        List.of(
                                "node-name = " + name,
                                "join-token-file = "
                                        + token(
                                                group,
                                                name,
                                                "{\"Services\":[\"" + service + "\"]}"),
                                "admin.address = " + host + ":19000",
                                "services = " + service));
        lines.addAll(List.of(settings));
        var file = Files.write(folder.resolve(name + ".properties"), lines);
        launch(name, group, "sidecar", "--config", file.toString(), "--exit-with-parent");
    }

    /// As what begins a machine does it.
    void redirect(String... flags) throws IOException, InterruptedException {
        var log = Checkout.target("transparent-redirect.log");
        assertThat(redirect(log, List.of(), flags)).as(Files.readString(log)).isZero();
    }

    /// As root without CAP_NET_ADMIN.
    int redirectWithoutRights(String... flags) throws IOException, InterruptedException {
        var log = Checkout.target("transparent-redirect-refused.log");
        return redirect(log, List.of("setpriv", "--bounding-set=-net_admin"), flags);
    }

    /// @return its exit status
    private int redirect(Path log, List<String> before, String... flags)
            throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of("connect", "redirect-traffic"));
        words.addAll(List.of(flags));
        var around = new ArrayList<>(inside("eks"));
        around.addAll(before);
        var command = Checkout.start(log, Map.of(), around, words.toArray(String[]::new));
        assertThat(command.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)).isTrue();
        return command.exitValue();
    }

    /// The address that DNS in eks has for a name.
    String address(String name) throws IOException {
        var query = new Message(1);
        query.addRecord(
                Record.newRecord(Name.fromString(name + "."), Type.A, DClass.IN), Section.QUESTION);
        var bytes = query.toWire();
        try (var socket = new DatagramSocket()) {
            socket.setSoTimeout(5_000);
            socket.send(
                    new DatagramPacket(
                            bytes, bytes.length, InetAddress.getByName(EKS + ".1"), 8600));
            var answer = new DatagramPacket(new byte[2048], 2048);
            socket.receive(answer);
            return new Message(Arrays.copyOf(answer.getData(), answer.getLength()))
                    .getSection(Section.ANSWER)
                    .getFirst()
                    .rdataToString();
        }
    }

    /// Whether the application in eks, which only dials, hears its word again.
    boolean calls(String address, int port) throws IOException, InterruptedException {
        return calls(address, port, 10);
    }

    /// Whether nobody is there at all: packets go where nothing answers.
    boolean isNowhere(String address, int port) throws IOException, InterruptedException {
        return !calls(address, port, 2);
    }

    private boolean calls(String address, int port, int seconds)
            throws IOException, InterruptedException {
        var words = new ArrayList<>(inside("eks"));
        words.addAll(
                List.of(
                        "setpriv",
                        "--reuid=" + APPLICATION_UID,
                        "--regid=" + APPLICATION_UID,
                        "--clear-groups",
                        "timeout",
                        String.valueOf(seconds),
                        "bash",
                        "-c",
                        "exec 3<>/dev/tcp/$0/$1 && printf '%032d' 7 >&3 && head -c 32 <&3",
                        address,
                        String.valueOf(port)));
        var process = new ProcessBuilder(words).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        process.waitFor();
        return said.equals("%032d".formatted(7));
    }

    void write(String entry) throws IOException, InterruptedException {
        eks.must(0, "PUT", "/v1/config", entry);
    }

    /// As the operator of a cluster says where its Service of `echo` is shown; this sidecar's
    /// machine is of `eks/1`.
    ///
    /// @param told how many such addresses the caller's sidecar knows then
    void shows(String cluster, String address, int port, int told)
            throws IOException, InterruptedException {
        write(
                """
                {"Kind": "cluster-ips", "Name": "%s", "Cluster": "%s", "Services":
                  [{"Name": "echo", "KubernetesService": "shop/echo", "Addresses": ["%s"], "Ports": [%d]}]}\
                """
                        .formatted(cluster.replace('/', '.'), cluster, address, port));
        await().atMost(READY).until(() -> health().contains("\"clusterIps\":" + told));
    }

    private String admin(String path) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(URI.create("http://" + EKS + ".20:19000" + path))
                                .timeout(Duration.ofSeconds(5))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /// Of the caller's sidecar.
    String health() throws InterruptedException {
        try {
            return admin("/health").replaceAll("\\s", "");
        } catch (IOException e) {
            return e.toString();
        }
    }

    /// Whether the caller's sidecar has counted a refusal with a reason.
    boolean hasRefused(String reason) throws IOException, InterruptedException {
        return admin("/metrics")
                .lines()
                .anyMatch(line ->
                        line.startsWith("hansa_upstream_refused_total")
                                && line.contains("reason=\"" + reason + "\""));
    }

    /// SIGKILL.
    void kill(String name) throws InterruptedException {
        Objects.requireNonNull(processes.get(name), name).destroyForcibly().waitFor();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        processes.values().forEach(Process::destroyForcibly);
        eks.close();
        lke.close();
        applications.close();
        for (var namespace : namespaces) {
            SoakWorld.ip("netns del " + namespace);
        }
        SoakWorld.ip("link del " + BRIDGE);
        client.close();
    }
}
