package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
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

    /// An id is its pair's: nobody is told that it was done when it was not.
    @Test
    void idStaysWithItsSourceAndDestination() throws Exception {
        put("peer:eks/a", "b", "deny");
        var id = json(world.get(exact("peer:eks/a", "b"))).path("ID").asText();
        var index = world.store.now().index();
        for (var other :
                List.of(
                        "\"DestinationName\":\"c\"",
                        "\"SourceName\":\"x\",\"SourcePeer\":\"eks\"",
                        "\"SourceName\":\"a\"",
                        "\"SourcePeer\":\"lke\"",
                        "\"SourcePeer\":\"\"")) {
            var refused = world.put(ALL + "/" + id, "{\"Action\":\"allow\"," + other + "}");
            assertThat(refused.statusCode()).as(other).isEqualTo(400);
            assertThat(refused.body())
                    .as(other)
                    .startsWith("Cannot modify ")
                    .contains(other.startsWith("\"D") ? "expected 'b'" : "expected 'peer:eks/a'");
        }
        assertThat(world.store.now().index()).isEqualTo(index);

        json(
                world.put(
                        ALL + "/" + id,
                        "{\"Action\":\"allow\",\"SourcePeer\":\"eks\",\"SourceName\":\"a\",\"DestinationName\":\"default/b\"}"));
        assertThat(json(world.get(exact("peer:eks/a", "b"))).path("Action").asText())
                .isEqualTo("allow");
    }

    /// As Consul's client does that made it: its id is its own.
    @Test
    void ruleWithAnIdOfItsOwnMayGetAnotherSource() throws Exception {
        var body = "{\"SourceName\":\"%s\",\"DestinationName\":\"b\",\"Action\":\"%s\"}";
        var id = json(world.post(ALL, body.formatted("a", "deny"))).path("ID").asText();
        var other = json(world.post(ALL, body.formatted("x", "deny"))).path("ID").asText();
        assertThat(other).isNotEqualTo(id);
        put("a", "b", "allow");
        assertThat(json(world.get(exact("a", "b"))).path("ID").asText()).isEqualTo(id);

        json(world.put(ALL + "/" + id, body.formatted("a-different", "allow")));

        var read = json(world.get(ALL + "/" + id));
        assertThat(read.path("SourceName").asText()).isEqualTo("a-different");
        assertThat(read.path("Action").asText()).isEqualTo("allow");
        assertThat(world.get(exact("a", "b")).statusCode()).isEqualTo(404);
        assertThat(json(world.get(ALL))).hasSize(2);
        assertThat(
                        json(world.get("/v1/config/service-intentions/b"))
                                .at("/Sources/0/LegacyID")
                                .asText())
                .isIn(id, other);
        var duplicate = world.put(ALL + "/" + id, body.formatted("x", "allow"));
        assertThat(duplicate.statusCode() + " " + duplicate.body())
                .startsWith("500 duplicate intention found: ");
        var moved = world.put(ALL + "/" + id, "{\"DestinationName\":\"c\",\"Action\":\"allow\"}");
        assertThat(moved.statusCode()).isEqualTo(400);
        assertThat(world.send("DELETE", ALL + "/" + id, "").body()).isEqualTo("true");
        assertThat(world.get(ALL + "/" + id).statusCode()).isEqualTo(404);
        assertThat(json(world.get(ALL + "/" + other)).path("SourceName").asText()).isEqualTo("x");
    }

    @Test
    void idThatTwoRulesHaveChangesNeither() throws Exception {
        var id = "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f001";
        var entry =
                "{\"Kind\":\"service-intentions\",\"Name\":\"%s\",\"Sources\":[{\"Name\":\"a\",\"Action\":\"deny\",\"LegacyID\":\"%s\",\"LegacyCreateTime\":\"2026-01-02T03:04:05Z\",\"LegacyUpdateTime\":\"2026-01-02T03:04:05Z\"}]}";
        for (var name : List.of("b", "c")) {
            assertThat(world.put("/v1/config", entry.formatted(name, id)).body()).isEqualTo("true");
        }

        for (var method : List.of("PUT", "DELETE")) {
            var refused = world.send(method, ALL + "/" + id, "{\"Action\":\"allow\"}");
            assertThat(refused.statusCode() + " " + refused.body())
                    .startsWith("400 id: expected one intention with it; found 2");
        }
        assertThat(json(world.get(ALL))).hasSize(2);
        assertThat(world.put("/v1/config", entry.formatted("d", "x")).body())
                .contains("LegacyID: expected a UUID; found 'x'");
    }

    @Test
    void idThatIsNoneIsRefusedByThatWord() throws Exception {
        var refused = world.get(ALL + "/hello");

        assertThat(refused.statusCode() + " " + refused.body())
                .isEqualTo(
                        "400 id: expected a UUID, as GET /v1/connect/intentions says it; found 'hello'");
    }

    @Test
    void metaIsKeptHoweverARuleIsWritten() throws Exception {
        var body =
                "{\"SourceName\":\"a\",\"DestinationName\":\"b\",\"Action\":\"deny\",\"Meta\":{\"team\":\"%s\"}}";
        var id = json(world.post(ALL, body.formatted("one"))).path("ID").asText();
        assertThat(team()).isEqualTo("one");
        assertThat(
                        json(world.get("/v1/config/service-intentions/b"))
                                .at("/Sources/0/LegacyMeta/team")
                                .asText())
                .isEqualTo("one");
        assertThat(json(world.get(ALL + "?filter=Meta.team==one"))).hasSize(1);

        json(world.put(ALL + "/" + id, body.formatted("two")));
        assertThat(team()).isEqualTo("two");
        json(world.put(exact("a", "b"), body.formatted("three")));
        assertThat(team()).isEqualTo("three");
        // what was read can be written
        var entry = world.get("/v1/config/service-intentions/b").body();
        assertThat(world.put("/v1/config", entry).body()).isEqualTo("true");
        assertThat(team()).isEqualTo("three");
        put("a", "b", "allow");
        assertThat(json(world.get(exact("a", "b"))).has("Meta")).isFalse();
    }

    private String team() throws Exception {
        return json(world.get(exact("a", "b"))).path("Meta").path("team").asText();
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        assertThat(
                        world.put(
                                        exact("a", "b"),
                                        "{\"Action\":\"allow\",\"SourceSamenessGroup\":\"g\"}")
                                .body())
                .startsWith("SourceSamenessGroup: expected none");
        assertThat(
                        world.put(exact("a", "b"), "{\"Action\":\"allow\",\"SourceType\":\"vm\"}")
                                .body())
                .contains("Type must be set to 'consul'");
        assertThat(
                        world.put(
                                        exact("a", "b"),
                                        "{\"Action\":\"allow\",\"Meta\":{\"k\":\""
                                                + "v".repeat(513)
                                                + "\"}}")
                                .body())
                .isEqualTo("Meta value of 'k': expected at most 512 characters; found 513");
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
