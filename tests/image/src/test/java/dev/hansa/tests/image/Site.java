package dev.hansa.tests.image;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.testcontainers.containers.Network;

/// A datacenter of containers in a network of its own: server, gateway, shippingservice with its
/// sidecar, and a client of it with another. Names stand where addresses would: each container
/// finds the others by the engine's DNS.
final class Site implements AutoCloseable {
    static final String SHIPPING = "shippingservice";

    /// A dozen JVMs start on two processors.
    private static final Duration START = Duration.ofSeconds(60);

    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int API = 8500;
    private static final int CLIENT = 8081;

    private final String name;
    private final Network network = Network.newNetwork();
    private final Path tokens;
    private final HttpClient http;
    private final Map<String, Machine> machines = new HashMap<>();
    private final List<Machine> started = new ArrayList<>();

    Site(String name, Path folder, HttpClient http) throws IOException {
        this.name = name;
        this.http = http;
        this.tokens = Files.createDirectory(folder.resolve(name));
        // whoever the container runs as has to find its file in it
        Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    Machine machine(String role) {
        var found = machines.get(role);
        if (found == null) {
            throw new IllegalArgumentException(
                    name + ": expected " + machines.keySet() + "; found '" + role + "'");
        }
        return found;
    }

    private Machine keep(String role, Machine machine) {
        machines.put(role, machine);
        started.add(machine);
        return machine;
    }

    void startServer() {
        keep(
                "server",
                Machine.inNetwork(
                        new Machine.Plan(
                                name + "-server",
                                List.of(
                                        "server",
                                        "--datacenter=" + name,
                                        "--data-dir=" + Machine.STATE,
                                        "--http-address=0.0.0.0:" + API,
                                        "--http-open-to-everyone-on-the-network=true",
                                        "--proxy-address=server:8502",
                                        "--peer-address=server:8503"),
                                Map.of(),
                                384,
                                List.of(API)),
                        network,
                        "server",
                        tokens));
        await().atMost(START).ignoreExceptions().until(() -> get("/v1/status/leader").length() > 4);
    }

    /// @param wan where its gateway meets the other's, by the name `gateway-SITE`
    void startRest(Network wan, boolean calls) throws Exception {
        token("gateway", Map.of("MeshGateway", true));
        var gateway =
                keep(
                        "gateway",
                        Machine.inNetwork(
                                new Machine.Plan(
                                        name + "-gateway",
                                        List.of(
                                                "gateway",
                                                "--node-name=" + name + "-gateway",
                                                "--join-token-file=/tokens/gateway",
                                                "--data-dir=" + Machine.STATE,
                                                "--listen=0.0.0.0:8443",
                                                "--lan-address=gateway:8443",
                                                "--wan-address=gateway-" + name + ":8443"),
                                        Map.of(),
                                        192,
                                        List.of()),
                                network,
                                "gateway",
                                tokens));
        gateway.join(wan, "gateway-" + name);
        pod(SHIPPING, "50051", "grpc", "", Map.of(), List.of());
        if (calls) {
            pod(
                    "debug",
                    "" + CLIENT,
                    "http:/_healthz",
                    SHIPPING + ":50052",
                    Map.of("SHIPPING_SERVICE_ADDR", "127.0.0.1:50052", "LISTEN_HOST", "0.0.0.0"),
                    List.of(CLIENT));
        }
    }

    private void pod(
            String service,
            String port,
            String check,
            String upstreams,
            Map<String, String> variables,
            List<Integer> ports)
            throws Exception {
        var environment = new HashMap<>(variables);
        environment.put("DATACENTER", name);
        var application =
                keep(
                        service,
                        Machine.inNetwork(
                                new Machine.Plan(
                                        name + "-" + service,
                                        List.of("shop", service),
                                        environment,
                                        160,
                                        ports),
                                network,
                                service,
                                tokens));
        token(service, Map.of("Services", List.of(service)));
        var key = "service." + service + ".";
        var command =
                new ArrayList<>(
                        List.of(
                                "sidecar",
                                "--node-name=" + name + "-" + service,
                                "--join-token-file=/tokens/" + service,
                                "--data-dir=" + Machine.STATE,
                                "--services=" + service,
                                "--set=" + key + "address=127.0.0.1:" + port,
                                "--set=" + key + "listen=" + service + ":20000",
                                "--set=" + key + "check=" + check));
        if (!upstreams.isEmpty()) {
            command.add("--set=" + key + "upstreams=" + upstreams);
        }
        keep(
                service + "-sidecar",
                Machine.beside(
                        new Machine.Plan(
                                name + "-" + service + "-sidecar",
                                command,
                                Map.of(),
                                192,
                                List.of()),
                        application,
                        tokens));
    }

    /// The application and its sidecar, as a pod goes.
    List<Machine> shipping() {
        return List.of(machine(SHIPPING), machine(SHIPPING + "-sidecar"));
    }

    private void token(String file, Map<String, ?> wish) throws Exception {
        var body = new HashMap<String, Object>(wish);
        body.put("TTL", "1h");
        var answer = must("POST", "/v1/hansa/join-token", body);
        var path = Files.writeString(tokens.resolve(file), answer.path("JoinToken").asText());
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r--r--r--"));
    }

    String get(String path) throws IOException, InterruptedException {
        return send(machine("server").door(API).resolve(path), "GET", "").body();
    }

    JsonNode json(String path) throws IOException, InterruptedException {
        return JSON.readTree(get(path));
    }

    /// @throws AssertionError for any answer but 2xx
    JsonNode must(String method, String path, Object body)
            throws IOException, InterruptedException {
        var answer =
                send(
                        machine("server").door(API).resolve(path),
                        method,
                        JSON.writeValueAsString(body));
        if (answer.statusCode() / 100 != 2) {
            throw new AssertionError(
                    name
                            + ": "
                            + method
                            + " "
                            + path
                            + ": expected 2xx; found "
                            + answer.statusCode()
                            + " "
                            + answer.body());
        }
        return JSON.readTree(answer.body());
    }

    /// What the client says of its call; a failure as the shop words it.
    String quote() throws InterruptedException {
        try {
            return send(machine("debug").door(CLIENT).resolve("/quote"), "GET", "").body().strip();
        } catch (IOException e) {
            return "no answer: " + e;
        }
    }

    private HttpResponse<String> send(URI to, String method, String body)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(to)
                        .timeout(ANSWER)
                        .method(
                                method,
                                body.isEmpty()
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    String state(String peer) throws IOException, InterruptedException {
        return json("/v1/peering/" + peer).path("State").asText();
    }

    boolean isPassing(String service) throws IOException, InterruptedException {
        return json("/v1/health/service/" + service + "?passing").size() > 0;
    }

    /// The end of each container's log, for whoever reads why a test failed.
    String logs() {
        var text = new StringBuilder();
        for (var machine : started) {
            var log = machine.log();
            text.append("--- ")
                    .append(machine)
                    .append('\n')
                    .append(log, Math.max(0, log.length() - 3000), log.length());
        }
        return text.toString();
    }

    @Override
    public void close() {
        started.reversed().forEach(Machine::close);
        network.close();
    }
}
