package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.peering.acl.AccessSettings;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Answers as gzip, over real HTTP.
class PackedTest {
    private static final String SECRET = "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f001";

    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir Path folder;
    private ApiWorld world;

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(folder, new AccessSettings(true, false));
        world.send("PUT", "/v1/acl/bootstrap", "{\"BootstrapSecret\":\"" + SECRET + "\"}");
        world.catalog.publish(
                "owner", IntStream.range(0, 100).mapToObj(PackedTest::instance).toList());
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        world.close();
    }

    private static ServiceInstance instance(int i) {
        return new ServiceInstance(
                new NodeRecord("", "node", "192.0.2.1", "eks", Map.of(), Map.of()),
                "echo-" + i,
                "echo",
                ServiceKind.TYPICAL,
                List.of(),
                "192.0.2.1",
                8080,
                Map.of(),
                Map.of(),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(new HealthCheck("c", "check", CheckStatus.PASSING, "", "tcp")),
                0,
                0);
    }

    private HttpResponse<byte[]> taking(String encoding, String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + world.port() + path))
                        .header("X-Consul-Token", SECRET)
                        .header("Accept-Encoding", encoding)
                        .build(),
                BodyHandlers.ofByteArray());
    }

    private static String encoding(HttpResponse<?> answer) {
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.headers().firstValue("Content-Encoding").orElse("");
    }

    @Test
    void longListTravelsAsGzipToWhoTakesIt() throws Exception {
        var path = "/v1/health/service/echo";
        var plain = taking("identity", path);
        var packed = taking("gzip", path);

        assertThat(encoding(plain)).isEmpty();
        assertThat(encoding(packed)).isEqualTo("gzip");
        assertThat(packed.body().length).isLessThan(plain.body().length / 10);
        try (var in = new GZIPInputStream(new ByteArrayInputStream(packed.body()))) {
            assertThat(in.readAllBytes()).isEqualTo(plain.body());
        }
        for (var answer : List.of(plain, packed)) {
            assertThat(answer.headers().firstValue("Vary")).contains("Accept-Encoding");
            assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
            assertThat(answer.headers().firstValue("X-Consul-Index")).isPresent();
        }
    }

    @Test
    void whoWaitsForAChangeAndWhatIsShortAreNotPacked() throws Exception {
        for (var path :
                List.of(
                        "/v1/health/service/echo?index=1&wait=10ms",
                        "/v1/catalog/services",
                        "/v1/hansa/services?pretty")) {
            assertThat(encoding(taking("gzip", path))).as(path).isEmpty();
        }
    }

    /// Whose length would tell what is in them (BREACH).
    @Test
    void whatMayHoldASecretIsNeverPacked() throws Exception {
        var description = "d".repeat(200);
        for (var i = 0; i < 20; i++) {
            world.sendAs(
                    SECRET,
                    "PUT",
                    "/v1/acl/policy",
                    "{\"Name\":\"p" + i + "\",\"Description\":\"" + description + "\"}");
            world.sendAs(
                    SECRET,
                    "PUT",
                    "/v1/acl/token",
                    "{\"Description\":\""
                            + description
                            + "\",\"Policies\":[{\"Name\":\"p"
                            + i
                            + "\"}]}");
        }

        for (var path :
                List.of(
                        "/v1/acl/tokens",
                        "/v1/acl/policies",
                        "/v1/catalog/../acl/tokens",
                        "/v1/catalog/%2e%2e/acl/tokens")) {
            var answer = taking("gzip", path);
            assertThat(answer.headers().firstValue("Content-Encoding")).as(path).isEmpty();
            if (!path.contains("catalog")) {
                assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains(description);
                assertThat(answer.body().length).isGreaterThan(4_000);
            }
        }
    }
}
