package dev.hansa.tests.multicluster;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/// Two datacenters of real processes, peered: `caller` in eks has `echo` of lke as its upstream.
/// Applications are the test's own.
final class PeeredPair implements AutoCloseable {
    static final String EKS = "127.109.0";
    static final String LKE = "127.110.0";

    /// Where the sidecar of `caller` takes connections to `echo`.
    static final int UPSTREAM_PORT = 5001;

    static final String TO_ECHO = "echo.svc.lke.peer:" + UPSTREAM_PORT;

    static final int APP_PORT = 8080;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final Map<String, Process> processes = new HashMap<>();
    private final Map<String, Path> logs = new HashMap<>();
    private final Map<String, String[]> commands = new HashMap<>();
    private final List<Process> replaced = new ArrayList<>();
    private final Path folder;
    private final String test;
    private final List<String> proxySettings;
    private final Map<String, Map<String, String>> environments = new HashMap<>();
    private Function<String, List<String>> before = _ -> List.of();
    private int started;
    private int openFiles;
    private final Map<String, List<String>> gatewaySettings = new HashMap<>();
    // the spread of renewals is a part of it
    private String leafLife = "1h";

    PeeredPair(Path folder) {
        this(folder, List.of(), caller());
    }

    /// @param proxySettings `key=value`, for gateways and sidecars
    PeeredPair(Path folder, List<String> proxySettings) {
        this(folder, proxySettings, caller());
    }

    /// @param proxySettings `key=value`, for gateways and sidecars
    /// @param test whose logs stay when the next one runs
    PeeredPair(Path folder, List<String> proxySettings, String test) {
        this.folder = folder;
        this.test = test;
        this.proxySettings = List.copyOf(proxySettings);
    }

    private static String caller() {
        return StackWalker.getInstance()
                .walk(frames ->
                        frames.map(StackWalker.StackFrame::getClassName)
                                .filter(name -> !name.equals(PeeredPair.class.getName()))
                                .findFirst())
                .map(name -> name.substring(name.lastIndexOf('.') + 1))
                .orElse("");
    }

    /// What the sidecar of `caller` refused last, for the sake of who looks for the cause.
    String lastRefusal() {
        try {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://" + EKS + ".3:19000/health"))
                                    .timeout(Duration.ofSeconds(5))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            return "the sidecar does not answer: " + e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /// As `ulimit -n` would; call it before the start.
    void openFilesOfGateways(int most) {
        openFiles = most;
    }

    /// `key=value`, for the gateways of a datacenter; call it before the start.
    void ofGateways(String datacenter, String... settings) {
        gatewaySettings.put(datacenter, List.of(settings));
    }

    /// Call it before the start.
    void leafLife(String life) {
        leafLife = life;
    }

    /// What each process of a datacenter finds in its environment; call it before the start.
    void environment(String datacenter, Map<String, String> values) {
        environments.put(datacenter, values);
    }

    /// @param words of a command that becomes a process, by its name; asked at each start
    void before(Function<String, List<String>> words) {
        before = words;
    }

    void start() throws IOException, InterruptedException {
        start(TO_ECHO, "");
    }

    /// @param ofCaller the upstreams of `caller`
    /// @param ofEcho those of `echo` in lke
    void start(String ofCaller, String ofEcho) throws IOException, InterruptedException {
        startServers();
        // on a machine that starts six processes at once an answer may come too late for a token
        await().atMost(Duration.ofMinutes(1)).until(this::isPeered);
        call(
                LKE,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":"
                        + "[{\"Name\":\"echo\",\"Consumers\":[{\"Peer\":\"eks\"}]}]}");
        startProxies("eks", EKS, "caller", ofCaller);
        startProxies("lke", LKE, "echo", ofEcho);
    }

    /// Alone, and not peered yet.
    void startServers() throws IOException {
        startServer("eks", EKS);
        startServer("lke", LKE);
        awaitServer(EKS);
        awaitServer(LKE);
    }

    private boolean isPeered() throws IOException, InterruptedException {
        var token =
                call(LKE, "POST", "/v1/peering/token", "{\"PeerName\":\"eks\"}")
                        .path("PeeringToken")
                        .asText();
        try {
            call(
                    EKS,
                    "POST",
                    "/v1/peering/establish",
                    "{\"PeerName\":\"lke\",\"PeeringToken\":\"" + token + "\"}");
            return true;
        } catch (AssertionError _) {
            return false;
        }
    }

    void startServer(String name, String prefix) throws IOException {
        run(
                name + "-server",
                "server",
                "--datacenter",
                name,
                "--data-dir",
                folder.resolve(name).toString(),
                "--http-address",
                prefix + ".1:8500",
                "--proxy-address",
                prefix + ".1:8502",
                "--peer-address",
                prefix + ".1:8503",
                "--admin-address",
                prefix + ".1:19500",
                "--dns-address",
                prefix + ".1:8600",
                "--intentions-default-allow",
                "true",
                "--leaf-ttl",
                leafLife);
    }

    /// Takes a service out of what a killed server has left of what was live, here and at its peer,
    /// as if it had come a moment before the kill.
    void forgetLive(String datacenter, String service) throws IOException {
        var file = live(datacenter).toFile();
        var live = (ObjectNode) JSON.readTree(file);
        var before = live.deepCopy();
        ((ObjectNode) live.path("owners"))
                .removeIf(
                        owned -> owned.findValuesAsText("name").stream().anyMatch(service::equals));
        live.path("imported")
                .forEach(catalog ->
                        ((ObjectNode) catalog.path("instances"))
                                .remove(List.of(service, service + "-sidecar-proxy")));
        if (live.equals(before)) {
            throw new AssertionError("expected '" + service + "' in " + file + "; found " + live);
        }
        JSON.writeValue(file, live);
    }

    /// Whether a server has written down that there is such a service.
    boolean remembers(String datacenter, String service) throws IOException {
        return Files.readString(live(datacenter)).contains("\"" + service + "\"");
    }

    private Path live(String datacenter) {
        return folder.resolve(datacenter).resolve("live.json");
    }

    /// A gateway, and a sidecar of one service.
    void startProxies(String name, String prefix, String service, String upstreams)
            throws IOException, InterruptedException {
        joinToken(prefix, name + "-gateway", "{\"MeshGateway\":true}");
        startGateway(name, prefix);
        joinToken(prefix, name + "-sidecar", "{\"Services\":[\"" + service + "\"]}");
        startSidecar(name, prefix, service, upstreams);
    }

    /// A sidecar that has to ask for its first certificate, in the place of the one that runs.
    void replaceSidecar(String name, String prefix, String service, String upstreams)
            throws IOException, InterruptedException {
        kill(name + "-sidecar");
        var data = folder.resolve(name + "-sidecar");
        Files.move(data, folder.resolve(name + "-sidecar-" + started));
        joinToken(prefix, name + "-sidecar", "{\"Services\":[\"" + service + "\"]}");
        startSidecar(name, prefix, service, upstreams);
    }

    /// With what an earlier one has left in its data directory, if there was one.
    void startGateway(String name, String prefix) throws IOException {
        startGateway(name, prefix, prefix + ".2:8443");
    }

    void startGateway(String name, String prefix, String listen) throws IOException {
        runGateway(name + "-gateway", prefix + ".2", listen);
    }

    static String secondGateway(String name) {
        return name + "-second-gateway";
    }

    /// Beside the first.
    void startSecondGateway(String name, String prefix) throws IOException, InterruptedException {
        var gateway = secondGateway(name);
        joinToken(prefix, gateway, "{\"MeshGateway\":true}");
        runGateway(gateway, prefix + ".5", prefix + ".5:8443");
    }

    /// One more, with a host of its own.
    ///
    /// @param last of its address; 2 and 5 are taken
    /// @return its process's name
    String startGatewayAt(String name, String prefix, int last)
            throws IOException, InterruptedException {
        var gateway = name + "-gateway-" + last;
        joinToken(prefix, gateway, "{\"MeshGateway\":true}");
        runGateway(gateway, prefix + "." + last, prefix + "." + last + ":8443");
        return gateway;
    }

    private void runGateway(String name, String host, String listen) throws IOException {
        var words =
                new ArrayList<>(
                        List.of(
                                "gateway",
                                "--node-name",
                                name,
                                "--join-token-file",
                                token(name),
                                "--listen",
                                listen,
                                "--wan-address",
                                host + ":8443",
                                "--lan-address",
                                host + ":8443",
                                "--data-dir",
                                folder.resolve(name).toString(),
                                "--admin-address",
                                host + ":19443"));
        gatewaySettings
                .getOrDefault(datacenter(name), List.of())
                .forEach(setting -> words.addAll(List.of("--set", setting)));
        run(name, proxy(words.toArray(String[]::new)));
    }

    /// As it was started last, with what is in its data directory.
    void startAgain(String name) throws IOException {
        run(name, Objects.requireNonNull(commands.get(name), name));
    }

    void startSidecar(String name, String prefix, String service, String upstreams)
            throws IOException {
        startSidecar(
                new SidecarFile(
                        name + "-sidecar",
                        service,
                        prefix + ".10",
                        prefix + ".3",
                        prefix + ".10:" + APP_PORT,
                        upstreams));
    }

    private void startSidecar(SidecarFile sidecar) throws IOException {
        run(sidecar.name(), proxy("sidecar", "--config", sidecar.write(folder).toString()));
    }

    /// An instance of `echo` in eks beside its caller, with the application at a host of its own.
    static SidecarFile echoInEks(String host) {
        return new SidecarFile("eks-echo", "echo", host, EKS + ".4", host + ":" + APP_PORT, "");
    }

    /// A sidecar beside that of `name-sidecar`, with a token of its own for its first start.
    void startBeside(String prefix, SidecarFile sidecar) throws IOException, InterruptedException {
        if (Files.notExists(Path.of(token(sidecar.name())))) {
            joinToken(prefix, sidecar.name(), "{\"Services\":[\"" + sidecar.service() + "\"]}");
        }
        startSidecar(sidecar);
    }

    private String[] proxy(String... arguments) {
        var words = new ArrayList<>(List.of(arguments));
        proxySettings.forEach(setting -> words.addAll(List.of("--set", setting)));
        return words.toArray(String[]::new);
    }

    private String token(String name) {
        return folder.resolve(name + ".token").toString();
    }

    private void joinToken(String prefix, String name, String body)
            throws IOException, InterruptedException {
        var token = call(prefix, "POST", "/v1/hansa/join-token", body).path("JoinToken").asText();
        Files.writeString(Path.of(token(name)), token);
    }

    private void run(String name, String... arguments) throws IOException {
        commands.put(name, arguments.clone());
        var words = new ArrayList<>(List.of(arguments));
        words.add("--exit-with-parent");
        var log = Checkout.target("pair-" + test + "-" + name + "-" + started++ + ".log");
        var becoming = new ArrayList<String>();
        if (name.endsWith("-gateway") && openFiles > 0) {
            becoming.addAll(List.of("prlimit", "--nofile=" + openFiles + ":" + openFiles));
        }
        becoming.addAll(before.apply(name));
        var environment = environments.getOrDefault(datacenter(name), Map.of());
        var predecessor =
                processes.put(
                        name,
                        Checkout.start(log, environment, becoming, words.toArray(String[]::new)));
        if (predecessor != null) {
            replaced.add(predecessor);
        }
        logs.put(name, log);
    }

    private static String datacenter(String process) {
        return process.substring(0, process.indexOf('-'));
    }

    /// Of the newest process with the name.
    Path log(String name) {
        return Objects.requireNonNull(logs.get(name), name);
    }

    Process process(String name) {
        return Objects.requireNonNull(processes.get(name), name);
    }

    /// SIGKILL.
    void kill(String name) throws InterruptedException {
        Objects.requireNonNull(processes.get(name), name).destroyForcibly().waitFor();
    }

    void awaitServer(String prefix) {
        await().atMost(Duration.ofMinutes(1))
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> call(prefix, "GET", "/v1/hansa/ca", "").has("ActiveRootID"));
    }

    int passingGateways(String prefix) throws IOException, InterruptedException {
        return call(prefix, "GET", "/v1/health/service/mesh-gateway?passing", "").size();
    }

    HttpResponse<String> gatewayHealth(String prefix) throws IOException, InterruptedException {
        return ofGateway(prefix, "/health");
    }

    /// From a gateway's admin port.
    HttpResponse<String> ofGateway(String prefix, String path)
            throws IOException, InterruptedException {
        return ofGatewayAt(prefix + ".2", path);
    }

    HttpResponse<String> ofGatewayAt(String host, String path)
            throws IOException, InterruptedException {
        return ofProxy(host + ":19443", path);
    }

    /// @param admin its admin address
    HttpResponse<String> ofProxy(String admin, String path)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://" + admin + path))
                        .timeout(Duration.ofSeconds(5))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /// A service that nobody runs, at a node of its name.
    void register(String prefix, String service) throws IOException, InterruptedException {
        call(
                prefix,
                "PUT",
                "/v1/catalog/register",
                ServerGroup.text(
                        Map.of(
                                "Node",
                                service,
                                "Address",
                                "192.0.2.1",
                                "Service",
                                Map.of("ID", service, "Service", service, "Port", 80))));
    }

    JsonNode call(String prefix, String method, String path, String body)
            throws IOException, InterruptedException {
        var answer =
                client.send(
                        HttpRequest.newBuilder(URI.create("http://" + prefix + ".1:8500" + path))
                                .timeout(Duration.ofSeconds(20))
                                .method(method, HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new AssertionError(method + " " + path + ": " + answer.body());
        }
        return JSON.readTree(answer.body());
    }

    @Override
    public void close() {
        processes.values().forEach(Process::destroyForcibly);
        replaced.forEach(Process::destroyForcibly);
        client.close();
    }
}
