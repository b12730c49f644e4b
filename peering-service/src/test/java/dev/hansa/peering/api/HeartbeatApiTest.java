package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.acl.AccessSettings;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

// shows: PUT /v1/hansa/agent/heartbeat
class HeartbeatApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BEAT = "/v1/hansa/agent/heartbeat";

    @TempDir private Path folder;
    private ApiWorld world;

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(folder);
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    private JsonNode beat(String more) throws Exception {
        var answer = world.put(BEAT, "{\"Node\":\"vm-1\",\"Address\":\"192.0.2.7\"" + more + "}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private void register(String service) throws Exception {
        assertThat(
                        world.put(
                                        "/v1/catalog/register",
                                        "{\"Node\":\"vm-1\",\"Address\":\"192.0.2.7\",\"Service\":{\"Service\":\""
                                                + service
                                                + "\",\"Port\":80},\"Check\":{\"CheckID\":\"c\",\"Status\":\"passing\"}}")
                                .body())
                .isEqualTo("true");
    }

    private boolean isPassing(String service) throws Exception {
        return !JSON.readTree(world.get("/v1/health/service/" + service + "?passing").body())
                .isEmpty();
    }

    @Test
    void machineThatIsSilentTakesItsServicesWithItUntilItIsHeardAgain() throws Exception {
        assertThat(beat(",\"TTL\":\"2s\"").path("Known").asBoolean()).isFalse();
        register("db");
        assertThat(isPassing("db")).isTrue();

        await().atMost(Duration.ofSeconds(20)).until(() -> !isPassing("db"));
        assertThat(world.get("/v1/health/node/vm-1").body())
                .contains("\"serfHealth\"")
                .contains("its owner has said nothing for 2000 ms");

        assertThat(beat(",\"TTL\":\"2s\"").path("Known").asBoolean()).isTrue();
        assertThat(isPassing("db")).isTrue();
    }

    @Test
    void wordThatChangesNothingIsNotWritten() throws Exception {
        beat("");
        var index = world.store.now().index();

        beat("");

        assertThat(world.store.now().index()).isEqualTo(index);
    }

    @Test
    void nodeIsOneAgentsForAsLongAsThatOneIsHeard() throws Exception {
        beat(",\"TTL\":\"10m\",\"AgentID\":\"one\"");
        // names no ID: it stays
        register("db");
        var other = "{\"Node\":\"vm-1\",\"Address\":\"192.0.2.8\",\"AgentID\":\"two\"}";

        var refused = world.put(BEAT, other);

        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body())
                .contains("AgentID: expected that of the agent which keeps node 'vm-1' alive")
                .contains("192.0.2.7");
        assertThat(world.get("/v1/catalog/node/vm-1").body()).doesNotContain("192.0.2.8");

        beat(",\"TTL\":\"2s\",\"AgentID\":\"one\"");
        await().atMost(Duration.ofSeconds(20)).until(() -> !isPassing("db"));
        assertThat(world.put(BEAT, other).statusCode()).isEqualTo(200);
        assertThat(world.get("/v1/catalog/node/vm-1").body()).contains("192.0.2.8");
    }

    @Test
    void agentIsToldWhatIsRegisteredAtItsNode() throws Exception {
        beat("");
        register("db");

        var services = beat("").path("Services");

        assertThat(services.path("db").path("Checks").path("c").asText()).isEqualTo("passing");
        assertThat(services.path("db").path("Digest").asText()).hasSize(64);
    }

    @Test
    void whatIsNoWordOfAMachineIsRefusedByName() throws Exception {
        for (var refused :
                new String[][] {
                    {"{}", "Node: expected 1 to 253 characters"},
                    {"{\"Node\":\"a\"}", "Address: expected 1 to 253 characters"},
                    {
                        "{\"Node\":\"eks-server\",\"Address\":\"a\"}",
                        "Node: expected a name that no server has; found 'eks-server'"
                    },
                    {
                        "{\"Node\":\"a\",\"Address\":\"a\",\"TTL\":\"1s\"}",
                        "TTL: expected a duration from 2s to 10m; found '1s'"
                    },
                    {
                        "{\"Node\":\"a\",\"Address\":\"a\",\"ReapAfter\":\"5s\"}",
                        "ReapAfter: expected 0s, for never, or at least 1m; found '5s'"
                    },
                    {
                        "{\"Node\":\"a\",\"Address\":\"a\",\"Meta\":{\"hansa-agent\":\"x\"}}",
                        "Meta: expected no 'hansa-agent'"
                    }
                }) {
            var answer = world.put(BEAT, refused[0]);
            assertThat(answer.statusCode()).as(refused[0]).isEqualTo(400);
            assertThat(answer.body()).contains(refused[1]);
        }
    }

    @Test
    void tokenThatMayNotWriteTheNodeIsRefused(@TempDir Path other) throws Exception {
        try (var closed = new ApiWorld(other, new AccessSettings(true, false))) {
            var answer = closed.put(BEAT, "{\"Node\":\"vm-1\",\"Address\":\"192.0.2.7\"}");

            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(closed.store.now().registrations()).isEmpty();
        }
    }
}
