package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.peering.acl.AccessSettings;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a write would be told, without one; and the list of what there is.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConfigValidationTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String VALIDATE = "/v1/hansa/config/validate";
    private static final String SECRET = "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f003";

    private ApiWorld world;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        world = new ApiWorld(folder, new AccessSettings(true, false));
        send("PUT", "/v1/acl/bootstrap", "{\"BootstrapSecret\":\"" + SECRET + "\"}", "");
        assertThat(write("{\"Kind\":\"service-resolver\",\"Name\":\"web\"}").body())
                .isEqualTo("true");
        assertThat(write("{\"Kind\":\"mesh\"}").body()).isEqualTo("true");
    }

    @AfterAll
    void stop() throws Exception {
        world.close();
    }

    private HttpResponse<String> send(String method, String path, String body, String token)
            throws Exception {
        return world.sendAs(token, method, path, body);
    }

    private HttpResponse<String> write(String entry) throws Exception {
        return send("PUT", "/v1/config", entry, SECRET);
    }

    private HttpResponse<String> validate(String entry) throws Exception {
        return send("PUT", VALIDATE, entry, SECRET);
    }

    private String tokenFor(String rules) throws Exception {
        var name = "p" + world.store.now().index();
        send(
                "PUT",
                "/v1/acl/policy",
                JSON.createObjectNode().put("Name", name).put("Rules", rules).toString(),
                SECRET);
        return JSON.readTree(
                        send(
                                        "PUT",
                                        "/v1/acl/token",
                                        "{\"Policies\":[{\"Name\":\"" + name + "\"}]}",
                                        SECRET)
                                .body())
                .path("SecretID")
                .asText();
    }

    @Test
    void entryIsAnsweredAsItWouldBeKeptAndNothingIsWritten() throws Exception {
        var hcl =
                """
                # who takes the calls
                kind = "service-resolver"
                name = "cart"
                connect_timeout = "1500ms"
                failover { "*" { targets = [{ peer = "lke" }] } }
                """;
        var before = world.store.now();
        var events = List.copyOf(world.events);

        var answer = validate(hcl);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(world.store.now()).isSameAs(before);
        assertThat(world.events).isEqualTo(events);
        assertThat(write(hcl).body()).isEqualTo("true");
        var kept = JSON.readTree(get("/v1/config/service-resolver/cart"));
        assertThat(((ObjectNode) kept).remove(List.of("CreateIndex", "ModifyIndex")))
                .isEqualTo(JSON.readTree(answer.body()));
    }

    private String get(String path) throws Exception {
        return send("GET", path, "", SECRET).body();
    }

    /// Texts, schemas, rules, and what entries need of each other.
    // shows: PUT /v1/hansa/config/validate
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "Kind = \"mesh\"\nPeering {",
                "kind: nothing-like-it",
                "{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"Fallover\":{}}",
                "{\"Kind\":\"service-resolver\",\"Name\":\"<script>\"}",
                "{\"Kind\":\"service-intentions\",\"Name\":\"web\",\"Sources\":[]}",
                "{\"Kind\":\"proxy-defaults\",\"Name\":\"other\"}",
                "{\"Kind\":\"service-resolver\",\"Name\":\"web\",\"Redirect\":{\"Service\":\"web\"}}",
                "{\"Kind\":\"service-resolver\",\"Name\":\"cart\",\"Redirect\":{\"Service\":\"web\",\"ServiceSubset\":\"v9\"}}"
            })
    void refusalIsAWritesInTheSameWords(String entry) throws Exception {
        var written = write(entry);
        var validated = validate(entry);

        assertThat(written.statusCode()).as(written.body()).isIn(400, 500);
        assertThat(validated.statusCode()).isEqualTo(400);
        assertThat(validated.body()).isNotBlank().isEqualTo(written.body());
    }

    @Test
    void whoMayNotWriteIsToldSoAsByAWrite() throws Exception {
        var reader = tokenFor("service \"web\" { policy = \"read\" }");
        var entry = "{\"Kind\":\"service-resolver\",\"Name\":\"web\"}";

        var refused = send("PUT", VALIDATE, entry, reader);

        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body())
                .contains("lacks permission 'service:write' on \"web\"")
                .isEqualTo(send("PUT", "/v1/config", entry, reader).body());
        // what is wrong with a text of his own he may know
        assertThat(send("PUT", VALIDATE, "{", reader).statusCode()).isEqualTo(400);
    }

    // shows: GET /v1/hansa/config
    @Test
    void everyKindIsListedWithoutWhatACallerMayNotSee() throws Exception {
        var all = JSON.readTree(get("/v1/hansa/config"));
        assertThat(names(all)).contains("mesh/mesh", "service-resolver/web").isSorted();
        assertThat(all.get(0).properties())
                .extracting(field -> field.getKey())
                .containsExactly("Kind", "Name", "CreateIndex", "ModifyIndex");
        var reader = tokenFor("service \"web\" { policy = \"read\" }");

        var some = send("GET", "/v1/hansa/config", "", reader);

        assertThat(names(JSON.readTree(some.body()))).containsExactly("service-resolver/web");
        assertThat(some.headers().firstValue("X-Consul-Results-Filtered-By-ACLs")).contains("true");
    }

    private static List<String> names(JsonNode entries) {
        return entries.valueStream()
                .map(one -> one.path("Kind").asText() + "/" + one.path("Name").asText())
                .toList();
    }
}
