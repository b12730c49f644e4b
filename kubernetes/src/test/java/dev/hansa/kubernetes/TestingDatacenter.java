package dev.hansa.kubernetes;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.PeeringService;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// A real server in this process, which asks for tokens.
final class TestingDatacenter implements AutoCloseable {
    private static final String HERE = "127.0.0.1:";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PeeringService server;
    private final String address;
    private final String token;
    private final HttpClient client = HttpClient.newHttpClient();

    private TestingDatacenter(PeeringService server, String address, String token) {
        this.server = server;
        this.address = address;
        this.token = token;
    }

    static TestingDatacenter start(String name, Path folder) throws Exception {
        var token = UUID.randomUUID().toString();
        var file = Files.writeString(folder.resolve(name + ".management"), token);
        var ports = FreePorts.some(4);
        var config =
                PeeringServiceConfig.read(
                        Settings.of(
                                Map.of(
                                        "datacenter", name,
                                        "data-dir", folder.resolve(name).toString(),
                                        "http.address", HERE + ports.get(0),
                                        "proxy.address", HERE + ports.get(1),
                                        "peer.address", HERE + ports.get(2),
                                        "admin.address", HERE + ports.get(3),
                                        "dns.address", HERE + "0",
                                        "acl.enabled", "true",
                                        "acl.initial-management-token-file", file.toString()),
                                Map.of(),
                                Optional.empty()));
        var started =
                new TestingDatacenter(
                        PeeringService.start(config, Clock.systemUTC()),
                        HERE + ports.get(0),
                        token);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> started.ask("GET", "/v1/config/mesh", "").statusCode() == 200);
        return started;
    }

    String address() {
        return address;
    }

    /// Of a token that may what deploy/operator/policy.hcl says.
    String operatorToken() throws IOException {
        var policy =
                JSON.createObjectNode()
                        .put("Name", "operator-" + UUID.randomUUID())
                        .put(
                                "Rules",
                                Files.readString(
                                        Definition.ROOT.resolve("deploy/operator/policy.hcl")));
        ask("PUT", "/v1/acl/policy", policy.toString());
        var token = JSON.createObjectNode();
        token.putArray("Policies").addObject().put("Name", policy.path("Name").asText());
        return JSON.readTree(ask("PUT", "/v1/acl/token", token.toString()).body())
                .path("SecretID")
                .asText();
    }

    HttpResponse<String> ask(String method, String path, String body) {
        try {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://" + address + path))
                            .header("X-Consul-Token", token)
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// Nothing where there is no entry.
    JsonNode entry(String kind, String name) {
        return json("/v1/config/" + kind + "/" + name);
    }

    JsonNode peering(String name) {
        return json("/v1/peering/" + name);
    }

    /// The instances of a service as `id status`, in order.
    List<String> statuses(String service) {
        var all = new ArrayList<String>();
        for (var one : instances(service)) {
            var status = "passing";
            for (var check : one.path("Checks")) {
                if (!check.path("Status").asText().equals("passing")) {
                    status = check.path("Status").asText();
                }
            }
            all.add(one.path("Service").path("ID").asText() + " " + status);
        }
        return all.stream().sorted().toList();
    }

    JsonNode instances(String service) {
        return json("/v1/health/service/" + service);
    }

    /// What its entry says of a cluster's addresses.
    ///
    /// @param cluster as its operator marks what it writes
    List<String> clusterIps(String cluster) {
        var found = new ArrayList<String>();
        for (var entry : json("/v1/config/cluster-ips")) {
            if (entry.path("Cluster").asText().equals(cluster)) {
                entry.path("Services")
                        .forEach(one ->
                                found.add(
                                        one.path("KubernetesService").asText()
                                                + " "
                                                + one.path("Name").asText()
                                                + one.path("Addresses")
                                                + one.path("Ports")));
            }
        }
        return found;
    }

    JsonNode json(String path) {
        var answer = ask("GET", path, "");
        try {
            return answer.statusCode() == 200 ? JSON.readTree(answer.body()) : JSON.missingNode();
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    void write(String entry) {
        var answer = ask("PUT", "/v1/config", entry);
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.body());
        }
    }

    @Override
    public void close() throws Exception {
        server.close();
    }
}
