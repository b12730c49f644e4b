package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Intentions one by one, as Consul's clients write and read them.
class IntentionApiTest {
    private static final String ALL = "/v1/connect/intentions";

    @TempDir private Path directory;
    private ApiWorld world;

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(directory);
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    private static JsonNode json(HttpResponse<String> answer) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return new ObjectMapper().readTree(answer.body());
    }

    private static String exact(String source, String destination) {
        return ALL + "/exact?source=" + source + "&destination=" + destination;
    }

    private void put(String source, String destination, String action) throws Exception {
        assertThat(world.put(exact(source, destination), "{\"Action\":\"" + action + "\"}").body())
                .isEqualTo("true");
    }

    private boolean allowed(String source, String destination) throws Exception {
        return json(world.get(ALL + "/check?source=" + source + "&destination=" + destination))
                .path("Allowed")
                .asBoolean();
    }

    @Test
    void ruleOfOnePairIsWrittenReadAndDeleted() throws Exception {
        put("checkout", "payment", "allow");

        var read = json(world.get(exact("checkout", "payment")));
        assertThat(read.path("SourceName").asText()).isEqualTo("checkout");
        assertThat(read.path("DestinationName").asText()).isEqualTo("payment");
        assertThat(read.path("Action").asText()).isEqualTo("allow");
        assertThat(read.path("Precedence").asInt()).isEqualTo(9);
        assertThat(read.path("SourceType").asText()).isEqualTo("consul");
        assertThat(json(world.get("/v1/config/service-intentions/payment")).path("Sources"))
                .hasSize(1);

        assertThat(world.send("DELETE", exact("checkout", "payment"), "").body()).isEqualTo("true");
        var gone = world.get(exact("checkout", "payment"));
        assertThat(gone.statusCode()).isEqualTo(404);
        assertThat(gone.body()).isEqualTo("Intention not found");
        assertThat(world.get("/v1/config/service-intentions/payment").statusCode()).isEqualTo(404);
    }

    /// The three rules of the shop.
    @Test
    void moreExactRuleDecides() throws Exception {
        put("*", "payment", "deny");
        put("checkout", "payment", "allow");
        put("payment", "*", "deny");

        assertThat(allowed("checkout", "payment")).isTrue();
        assertThat(allowed("frontend", "payment")).isFalse();
        assertThat(allowed("payment", "cart")).isFalse();
        assertThat(json(world.get(ALL)))
                .extracting(rule -> rule.path("Precedence").asInt())
                .containsExactly(9, 8, 6);
        assertThat(json(world.get(ALL + "/match?by=destination&name=payment")).path("payment"))
                .extracting(rule -> rule.path("SourceName").asText())
                .containsExactly("checkout", "*", "payment");
        assertThat(json(world.get(ALL + "/match?by=source&name=payment")).path("payment"))
                .extracting(rule -> rule.path("DestinationName").asText())
                .containsExactly("payment", "*");
    }

    @Test
    void peersServiceIsASourceOfItsOwn() throws Exception {
        put("peer:eks/checkout", "payment", "allow");

        assertThat(allowed("peer:eks/checkout", "payment")).isTrue();
        assertThat(allowed("checkout", "payment")).isFalse();
        assertThat(
                        json(world.get(exact("peer:eks/checkout", "payment")))
                                .path("SourcePeer")
                                .asText())
                .isEqualTo("eks");
    }

    // shows: POST /v1/connect/intentions
    // shows: GET /v1/connect/intentions/:id
    // shows: PUT /v1/connect/intentions/:id
    // shows: DELETE /v1/connect/intentions/:id
    @Test
    void olderFormsIdLeadsToTheSameRule() throws Exception {
        var id =
                json(world.post(
                                ALL,
                                "{\"SourceName\":\"a\",\"DestinationName\":\"b\",\"Action\":\"deny\",\"SourceType\":\"consul\"}"))
                        .path("ID")
                        .asText();

        assertThat(json(world.get(ALL + "/" + id)).path("SourceName").asText()).isEqualTo("a");
        assertThat(
                        world.post(
                                        ALL,
                                        "{\"SourceName\":\"a\",\"DestinationName\":\"b\",\"Action\":\"allow\"}")
                                .body())
                .startsWith("duplicate intention found");
        json(world.put(ALL + "/" + id, "{\"Action\":\"allow\"}"));
        assertThat(json(world.get(exact("a", "b"))).path("Action").asText()).isEqualTo("allow");
        assertThat(world.send("DELETE", ALL + "/" + id, "").statusCode()).isEqualTo(200);
        assertThat(world.get(ALL + "/" + id).statusCode()).isEqualTo(404);
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        assertThat(world.get(ALL + "/match?name=x").body())
                .isEqualTo("required query parameter 'by' not set");
        assertThat(world.get(ALL + "/match?by=both&name=x").body())
                .isEqualTo("'by' parameter must be one of 'source' or 'destination'");
        assertThat(world.put(exact("a", "peer:p/b"), "{\"Action\":\"allow\"}").body())
                .contains("cannot specify a peer here");
        assertThat(world.put(exact("a", "b"), "{\"Action\":\"maybe\"}").body())
                .contains("Action must be set to 'allow' or 'deny'; found 'maybe'");
        assertThat(
                        world.put(
                                        exact("a", "b"),
                                        "{\"Permissions\":[{\"Action\":\"allow\",\"HTTP\":{\"PathPrefix\":\"/\"}}]}")
                                .body())
                .contains("L7 permissions are not supported yet");
        assertThat(
                        world.put(
                                        exact("a", "b"),
                                        "{\"Permissions\":[{\"Action\":\"allow\",\"HTTP\":{\"PathPrefix\":\"x\"}}]}")
                                .body())
                .contains("Sources[0].Permissions[0].HTTP.PathPrefix doesn't start with '/'");
        assertThat(
                        world.put(
                                        exact("a", "b"),
                                        "{\"Action\":\"allow\",\"JWT\":{\"Providers\":[]}}")
                                .body())
                .contains("JWT");
        assertThat(world.get(exact("a", "b")).statusCode()).isEqualTo(404);
    }
}
