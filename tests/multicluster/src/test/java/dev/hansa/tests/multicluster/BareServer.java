package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A datacenter of one `hansa server` alone, as a process, spoken to over its HTTP API.
final class BareServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration START = Duration.ofMinutes(2);

    private final String name;
    private final String host;
    private final Path data;
    private final Map<String, String> environment;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private Process process;

    private BareServer(
            String name, String host, Path data, Map<String, String> environment, Process process) {
        this.name = name;
        this.host = host;
        this.data = data;
        this.environment = environment;
        this.process = process;
    }

    static BareServer start(String name, String host, Path directory) throws IOException {
        return start(name, host, directory, Map.of());
    }

    static BareServer start(
            String name, String host, Path directory, Map<String, String> environment)
            throws IOException {
        var data = directory.resolve(name);
        return new BareServer(name, host, data, environment, launch(name, host, data, environment));
    }

    private static Process launch(
            String name, String host, Path data, Map<String, String> environment)
            throws IOException {
        return Checkout.start(
                Checkout.target("bare-" + name + ".log"),
                environment,
                "server",
                "--datacenter",
                name,
                "--data-dir",
                data.toString(),
                "--http-address",
                host + ":8500",
                "--peer-address",
                host + ":8503",
                "--proxy-address",
                host + ":8502",
                "--admin-address",
                host + ":19500",
                "--dns-address",
                host + ":8600");
    }

    void awaitAnswer() {
        await().atMost(START)
                .until(() -> {
                    assertThat(process.isAlive()).as(name + " runs").isTrue();
                    try {
                        return send("GET", "/v1/catalog/services", "").statusCode() == 200;
                    } catch (IOException _) {
                        return false; // not listening yet
                    }
                });
    }

    /// SIGKILL.
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /// On the same data, after a kill.
    void startAgain() throws IOException {
        process = launch(name, host, data, environment);
        awaitAnswer();
    }

    String name() {
        return name;
    }

    /// What it has written since its last start.
    Path log() {
        return Checkout.ROOT.resolve("tests/multicluster/target/bare-" + name + ".log");
    }

    HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://" + host + ":8500" + path))
                        .timeout(Duration.ofSeconds(20))
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    JsonNode must(String method, String path, Object body)
            throws IOException, InterruptedException {
        var answer = send(method, path, body instanceof String text ? text : text(body));
        assertThat(answer.statusCode())
                .as(method + " " + path + ": " + answer.body())
                .isEqualTo(200);
        return answer.body().isEmpty() ? JSON.nullNode() : JSON.readTree(answer.body());
    }

    private static String text(Object body) throws IOException {
        return JSON.writeValueAsString(body);
    }

    void register(String service, String address) throws IOException, InterruptedException {
        must(
                "PUT",
                "/v1/catalog/register",
                Map.of(
                        "Node",
                        name + "-" + service,
                        "Address",
                        address,
                        "Service",
                        Map.of("ID", service + "-1", "Service", service, "Port", 80)));
    }

    /// @param peersByService all that is exported; what is not named is withdrawn
    void export(Map<String, List<String>> peersByService) throws IOException, InterruptedException {
        must(
                "PUT",
                "/v1/config",
                Map.of(
                        "Kind",
                        "exported-services",
                        "Name",
                        "default",
                        "Services",
                        peersByService.entrySet().stream()
                                .map(service ->
                                        Map.of(
                                                "Name",
                                                service.getKey(),
                                                "Consumers",
                                                service.getValue().stream()
                                                        .map(peer -> Map.of("Peer", peer))
                                                        .toList()))
                                .toList()));
    }

    /// Dials `acceptor`; each calls the other by its name.
    void peerWith(BareServer acceptor) throws IOException, InterruptedException {
        must(
                "POST",
                "/v1/peering/establish",
                Map.of(
                        "PeerName",
                        acceptor.name(),
                        "PeeringToken",
                        acceptor.must("POST", "/v1/peering/token", Map.of("PeerName", name))
                                .path("PeeringToken")
                                .asText()));
    }

    /// The addresses of a peer's service as they are seen here; empty when it is not.
    List<String> imported(String service, String peer) throws IOException, InterruptedException {
        return must("GET", "/v1/health/service/" + service + "?peer=" + peer, "")
                .valueStream()
                .map(instance -> instance.path("Node").path("Address").asText())
                .toList();
    }

    /// ACTIVE, FAILING…; empty when there is no such peering.
    String state(String peer) throws IOException, InterruptedException {
        var answer = send("GET", "/v1/peering/" + peer, "");
        return answer.statusCode() == 200
                ? JSON.readTree(answer.body()).path("State").asText()
                : "";
    }

    @Override
    public void close() {
        process.destroyForcibly();
        client.close();
    }
}
