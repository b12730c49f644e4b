package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.trustbundle.PeerName;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What has happened of late, over real HTTP, as callers with different rights are told it.
// shows: GET /v1/hansa/history
class HistoryApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f001";

    @TempDir Path folder;

    private static JsonNode send(
            ApiWorld world, String method, String path, String body, String token)
            throws Exception {
        var answer = world.sendAs(token, method, path, body);
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private static JsonNode events(ApiWorld world, String token) throws Exception {
        return send(world, "GET", "/v1/hansa/history", "", token).path("Events");
    }

    @Test
    void eachIsToldOfWhatHeMaySeeAndThatThereIsMore() throws Exception {
        try (var world = new ApiWorld(folder, new AccessSettings(true, false))) {
            send(world, "PUT", "/v1/acl/bootstrap", "{\"BootstrapSecret\":\"" + SECRET + "\"}", "");
            send(
                    world,
                    "PUT",
                    "/v1/config",
                    "{\"Kind\":\"service-resolver\",\"Name\":\"web\"}",
                    SECRET);
            world.history.accept(
                    new PeeringEvent.HealthChanged("n1", "web", "web-1", "critical", "an output"));
            world.history.accept(
                    new PeeringEvent.HealthChanged("n1", "hidden", "hidden-1", "critical", ""));
            world.history.accept(
                    new PeeringEvent.HealthChanged("secret", "web", "secret-1", "critical", ""));
            world.history.accept(new PeeringEvent.StreamOpened(new PeerName("lke"), true));
            send(
                    world,
                    "PUT",
                    "/v1/acl/policy",
                    "{\"Name\":\"web\",\"Rules\":\"service \\\"web\\\" { policy = \\\"read\\\" } node \\\"n1\\\" { policy = \\\"read\\\" }\"}",
                    SECRET);
            var some =
                    send(
                                    world,
                                    "PUT",
                                    "/v1/acl/token",
                                    "{\"Policies\":[{\"Name\":\"web\"}]}",
                                    SECRET)
                            .path("SecretID")
                            .asText();

            var all = events(world, SECRET);
            var few = events(world, some);

            assertThat(all.findValuesAsText("About"))
                    .containsExactly("lke", "web", "hidden", "web", "service-resolver/web");
            assertThat(all.path(0).path("Sentence").asText()).isEqualTo("stream opened by us");
            assertThat(all.findValuesAsText("Kind"))
                    .containsExactly("peering", "health", "health", "health", "config");
            assertThat(few.findValuesAsText("About"))
                    .containsExactly("web", "service-resolver/web");
            var answer = world.sendAs(some, "GET", "/v1/hansa/history", "");
            assertThat(answer.body())
                    .doesNotContain("hidden", "lke", "an output", "secret", "Server");
            assertThat(send(world, "GET", "/v1/hansa/history", "", SECRET).path("Server").asText())
                    .isEqualTo("eks-server");
            assertThat(world.sendAs("", "GET", "/v1/hansa/history", "").statusCode())
                    .isEqualTo(403);
            assertThat(answer.headers().firstValue("X-Consul-Results-Filtered-By-ACLs"))
                    .contains("true");
        }
    }

    @Test
    void whoeverHasSeenAllIsToldOfTheNext() throws Exception {
        try (var world = new ApiWorld(folder)) {
            world.history.accept(new PeeringEvent.StreamOpened(new PeerName("lke"), true));
            var seen = index(world.get("/v1/hansa/history"));
            var waiting =
                    CompletableFuture.supplyAsync(
                            () -> answer(world, "/v1/hansa/history?wait=60s&index=" + seen));
            var still = world.get("/v1/hansa/history?wait=100ms&index=" + seen);
            assertThat(index(still)).isEqualTo(seen);
            assertThat(waiting).isNotDone();

            world.history.accept(new PeeringEvent.StreamEnded(new PeerName("lke"), "reset"));

            var told = waiting.get(30, TimeUnit.SECONDS);
            assertThat(index(told)).isGreaterThan(seen);
            assertThat(JSON.readTree(told.body()).at("/Events/0/Sentence").asText())
                    .contains("reset");
        }
    }

    private static long index(HttpResponse<String> answer) {
        return answer.headers().firstValueAsLong("X-Consul-Index").orElseThrow();
    }

    private static HttpResponse<String> answer(ApiWorld world, String path) {
        try {
            return world.get(path);
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }
}
