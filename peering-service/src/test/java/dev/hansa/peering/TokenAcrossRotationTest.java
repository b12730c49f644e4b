package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import dev.hansa.token.PeeringToken;
import dev.hansa.token.TokenReader;
import dev.hansa.token.TokenReading;
import dev.hansa.token.TokenTerms;
import dev.hansa.trustbundle.Datacenter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whole servers: tokens of one whose authority changes its root between their making and their
/// use.
class TokenAcrossRotationTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path directory;
    private final HttpClient client = HttpClient.newHttpClient();
    private final Map<String, PeeringServiceConfig> configs = new HashMap<>();
    private final Map<String, Integer> ports = new HashMap<>();
    private final Map<String, PeeringService> servers = new HashMap<>();

    @AfterEach
    void stop() throws Exception {
        for (var server : servers.values()) {
            server.close();
        }
        client.close();
    }

    private void start(String name) throws Exception {
        if (!configs.containsKey(name)) {
            ports.put(name, FreePorts.one());
            configs.put(
                    name,
                    PeeringServiceConfig.read(
                            Settings.of(
                                    Map.of(
                                            "datacenter",
                                            name,
                                            "data-dir",
                                            directory.resolve(name).toString(),
                                            "http.address",
                                            "127.0.0.1:" + ports.get(name),
                                            "proxy.address",
                                            "127.0.0.1:" + FreePorts.one(),
                                            "peer.address",
                                            "127.0.0.1:" + FreePorts.one(),
                                            "admin.address",
                                            "127.0.0.1:" + FreePorts.one()),
                                    Map.of(),
                                    Optional.empty())));
        }
        servers.put(name, PeeringService.start(configs.get(name), Clock.systemUTC()));
    }

    private JsonNode call(String server, String method, String path, String body)
            throws IOException, InterruptedException {
        var answer =
                client.send(
                        HttpRequest.newBuilder(
                                        URI.create("http://127.0.0.1:" + ports.get(server) + path))
                                .timeout(Duration.ofSeconds(20))
                                .method(method, HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private String token(String peer) throws Exception {
        return call("eks", "POST", "/v1/peering/token", "{\"PeerName\":\"" + peer + "\"}")
                .path("PeeringToken")
                .asText();
    }

    private static PeeringToken read(String token, String dialer) {
        return switch (new TokenReader()
                .read(token, Instant.now(), TokenTerms.of(new Datacenter(dialer)))) {
            case TokenReading.Accepted(var accepted, _, _) -> accepted;
            case TokenReading.Rejected(var rejection) ->
                    throw new AssertionError(rejection.sentence());
        };
    }

    private void establish(String dialer, String token) throws Exception {
        call(
                dialer,
                "POST",
                "/v1/peering/establish",
                "{\"PeerName\":\"eks\",\"PeeringToken\":\"" + token + "\"}");
        await().atMost(SOON)
                .until(() ->
                        call(dialer, "GET", "/v1/peering/eks", "")
                                .path("State")
                                .asText()
                                .equals("ACTIVE"));
    }

    private String phase() throws Exception {
        return call("eks", "GET", "/v1/hansa/ca", "").path("Rotation").path("Phase").asText();
    }

    @Test
    void tokenOfBeforeAndOneOfDuringARotationAreEstablished() throws Exception {
        for (var name : new String[] {"eks", "vms", "lke", "gke"}) {
            start(name);
        }
        establish("vms", token("vms"));
        var before = token("gke");
        assertThat(read(before, "gke").caPems()).hasSize(1);

        // away, it keeps the old root from being withdrawn
        Objects.requireNonNull(servers.remove("vms")).close();
        call("eks", "PUT", "/v1/hansa/ca/rotate", "");
        await().atMost(SOON).until(() -> phase().equals("retiring"));
        var during = token("lke");
        assertThat(read(during, "lke").caPems())
                .hasSize(2)
                .containsAll(read(before, "gke").caPems());
        establish("lke", during);
        assertThat(phase()).isEqualTo("retiring");

        start("vms");
        await().atMost(SOON)
                .until(() -> call("eks", "GET", "/v1/hansa/ca", "").path("Rotation").isNull());
        // the root that it brings is withdrawn; the new one's way from it is still shown
        var after = read(token("late"), "late").caPems();
        assertThat(after).hasSize(1).doesNotContainAnyElementsOf(read(before, "gke").caPems());
        establish("gke", before);
        for (var peer : new String[] {"vms", "lke", "gke"}) {
            await().atMost(SOON)
                    .until(() ->
                            call("eks", "GET", "/v1/peering/" + peer, "")
                                    .path("State")
                                    .asText()
                                    .equals("ACTIVE"));
        }
    }
}
