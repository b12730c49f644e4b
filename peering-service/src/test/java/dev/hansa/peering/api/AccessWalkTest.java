package dev.hansa.peering.api;

import static dev.hansa.peering.api.HiddenWorld.QUERY;
import static dev.hansa.peering.api.HiddenWorld.SECRET;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.api.HiddenWorld.Call;
import io.vertx.ext.web.Route;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Walks every route of the API as somebody who may do nothing.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AccessWalkTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// The caller's own token, what there never is, and drills, which last for seconds.
    private static final List<String> NOTHING_TO_HIDE =
            List.of(
                    "/v1/acl/token/self",
                    "/v1/health/ingress/hidden-web",
                    "/v1/hansa/failover/drills/:id");

    private HiddenWorld hidden;
    private ApiWorld world;
    private String nobody = "";

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        hidden = new HiddenWorld(folder);
        world = hidden.world;
        nobody = hidden.nobody;
    }

    @AfterAll
    void stop() throws Exception {
        hidden.close();
    }

    private HttpResponse<String> send(String method, String path, String body, String token)
            throws Exception {
        return world.sendAs(token, method, path, body);
    }

    private List<Call> calls() {
        return hidden.calls();
    }

    /// Else something could be mounted that nobody walks.
    @Test
    void nothingIsMountedThatIsNotWalkedHere() {
        var walked =
                Stream.concat(
                                world.routes().inOrder().stream().map(Map.Entry::getKey),
                                StreamRoute.ALL.stream().map(StreamRoute::path))
                        .collect(Collectors.toSet());
        var mounted = world.mounted().stream().map(Route::getPath).toList();

        assertThat(mounted).containsAll(walked);
        assertThat(mounted.stream().filter(Objects::nonNull)).isSubsetOf(walked);
        // of every path: the date, the door of origins, the pace, the line, the namespace, the UI
        // (held by UiDoorTest), bodies in three steps, and what is not planned
        assertThat(mounted.stream().filter(Objects::isNull)).hasSize(9);
    }

    /// A list proves nothing where there is nothing that it could leave out.
    @Test
    void eachListHasSomethingThatIsHiddenFromOthers() throws Exception {
        var empty = new TreeSet<String>();
        for (var call : calls()) {
            if (call.method().equals("GET")
                    && call.ask() instanceof Ask.TheResource
                    // says what is missing
                    && !call.path().endsWith("/")
                    && !send("GET", call.path() + QUERY, "", SECRET).body().contains("hidden")) {
                empty.add(call.path().replace("/" + hidden.control, "/:id"));
            }
        }
        assertThat(empty).containsExactlyInAnyOrderElementsOf(NOTHING_TO_HIDE);
        for (var path : List.of("/v1/hansa/intention-denials", "/v1/hansa/failovers")) {
            assertThat(JSON.readTree(send("GET", path, "", SECRET).body())).as(path).isNotEmpty();
        }
    }

    @Test
    void whoMayDoNothingIsToldNothingAndChangesNothing() throws Exception {
        var index = world.store.now().index();
        var asked = List.copyOf(world.asked);
        var calls = calls();

        assertThat(calls).hasSizeGreaterThan(100);
        for (var token : List.of("", nobody)) {
            for (var call : calls) {
                var answer = send(call.method(), call.path() + QUERY, call.body(), token);
                var as = call.method() + " " + call.path() + " answered " + answer.statusCode();
                // what the caller has named himself is no news to him
                var told = answer.body().replace("<hidden>", "");
                var named = call.path() + QUERY + call.body();
                for (var name :
                        List.of(
                                "hidden-web",
                                "hidden-node",
                                "hidden-peer",
                                "hidden-1",
                                "hidden-2",
                                "hidden-method",
                                "hidden-ttl")) {
                    told = named.contains(name) ? told.replace(name, "") : told;
                }
                assertThat(told).as(as).doesNotContain("hidden");
                switch (call.ask()) {
                    case Ask.Nothing _, Ask.TheResource _ ->
                            assertThat(answer.statusCode()).as(as).isLessThan(500);
                    case Ask.Something _, Ask.Of _ -> {
                        assertThat(answer.statusCode()).as(as).isEqualTo(403);
                        assertThat(answer.body()).as(as).startsWith("Permission denied: ");
                    }
                }
            }
        }
        assertThat(world.store.now().index()).isEqualTo(index);
        assertThat(world.asked).isEqualTo(asked);
    }

    /// Only these may be called by anybody; whoever adds one has to think of it here.
    @Test
    void fewRoutesAskNothing() {
        assertThat(
                        calls().stream()
                                .filter(call -> call.ask() instanceof Ask.Nothing)
                                .map(call -> call.method() + " " + call.path()))
                .containsExactlyInAnyOrder(
                        "GET /v1/agent/connect/ca/roots",
                        "GET /v1/catalog/datacenters",
                        "GET /v1/connect/ca/roots",
                        "GET /v1/openapi.json",
                        "GET /v1/status/leader",
                        "GET /v1/status/peers",
                        "POST /v1/acl/login",
                        "PUT /v1/acl/bootstrap");
    }

    /// A route that lists is no place to ask for one thing, and one that changes something is.
    @Test
    void routesThatChangeSomethingRefuseInWords() throws Exception {
        for (var call : calls()) {
            if (!call.method().equals("GET") && call.ask() instanceof Ask.TheResource) {
                var answer = send(call.method(), call.path() + QUERY, call.body(), nobody);
                assertThat(answer.statusCode())
                        .as(call.method() + " " + call.path() + ": " + answer.body())
                        .isIn(400, 403, 404);
            }
        }
    }

    @Test
    void unknownTokenIsRefusedEverywhere() throws Exception {
        for (var call : calls()) {
            if (call.ask().isOfAnyToken()) {
                // whose token is over logs in for the next one
                assertThat(call.method() + " " + call.path()).isEqualTo("POST /v1/acl/login");
                continue;
            }
            for (var token : List.of("5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f002", "x", "anonymous-")) {
                var answer = send(call.method(), call.path() + QUERY, call.body(), token);
                assertThat(answer.statusCode() + " " + answer.body())
                        .as(call.method() + " " + call.path())
                        .isEqualTo("403 ACL not found");
            }
        }
    }

    @Test
    void tokenInAUrlIsRefusedAndNotRepeated() throws Exception {
        var answer = send("GET", "/v1/peerings?token=" + SECRET, "", "");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body())
                .isEqualTo(
                        "token: expected in the header X-Consul-Token; found in the URL, which logs keep");
    }

    @Test
    void whoMayDoEverythingIsRefusedNothing() throws Exception {
        for (var call : calls()) {
            if (call.method().equals("GET")) {
                var answer = send(call.method(), call.path() + QUERY, call.body(), SECRET);
                assertThat(answer.statusCode())
                        .as(call.method() + " " + call.path())
                        .isNotIn(401, 403);
                assertThat(answer.headers().firstValue("X-Consul-Results-Filtered-By-ACLs"))
                        .isEmpty();
            }
        }
        assertThat(send("GET", "/v1/hansa/services", "", SECRET).body()).contains("hidden-web");
        assertThat(send("GET", "/v1/health/service/hidden-web", "", SECRET).body())
                .contains("hidden output");
    }

    @Test
    void streamsAskToo() throws Exception {
        assertThat(HiddenWorld.streams()).hasSize(4);
        for (var call : HiddenWorld.streams()) {
            for (var token : List.of("", nobody)) {
                var answer = send(call.method(), call.path(), call.body(), token);
                assertThat(answer.statusCode()).as(call.path()).isEqualTo(403);
                assertThat(answer.body()).as(call.path()).startsWith("Permission denied: ");
            }
            assertThat(send(call.method(), call.path(), call.body(), "x").body())
                    .isEqualTo("ACL not found");
        }
    }

    /// The secret of a token that this alone is allowed to.
    private String tokenOf(String rule) throws Exception {
        var name = rule.replaceAll("\\W", "");
        send(
                "PUT",
                "/v1/acl/policy",
                JSON.createObjectNode().put("Name", name).put("Rules", rule).toString(),
                SECRET);
        var made =
                send(
                        "PUT",
                        "/v1/acl/token",
                        "{\"Policies\":[{\"Name\":\"" + name + "\"}]}",
                        SECRET);
        assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
        return JSON.readTree(made.body()).path("SecretID").asText();
    }

    @Test
    @Timeout(60)
    void logIsForWhoMayReadOfOperatorsAndEndsWithHisToken() throws Exception {
        var other = tokenOf("peering = \"read\"");
        assertThat(send("GET", "/v1/agent/monitor", "", other).statusCode()).isEqualTo(403);

        var reader = tokenOf("operator = \"read\"");
        var accessor =
                JSON.readTree(send("GET", "/v1/acl/token/self", "", reader).body())
                        .path("AccessorID")
                        .asText();
        var request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://127.0.0.1:" + world.port() + "/v1/agent/monitor"))
                        .header("X-Consul-Token", reader)
                        .build();
        try (var client = HttpClient.newHttpClient();
                var log = client.send(request, HttpResponse.BodyHandlers.ofInputStream()).body()) {
            assertThat(new String(log.readNBytes(20), StandardCharsets.UTF_8)).startsWith("20");

            assertThat(send("DELETE", "/v1/acl/token/" + accessor, "", SECRET).statusCode())
                    .isEqualTo(200);

            // returns, because there is an end to it
            assertThat(new String(log.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("from now on");
        }
    }

    @Test
    void secretsOfTokensAreNeverReadAgain() throws Exception {
        // but by who shows it with the same request
        for (var own : List.of(SECRET, nobody)) {
            assertThat(
                            JSON.readTree(send("GET", "/v1/acl/token/self", "", own).body())
                                    .path("SecretID")
                                    .asText())
                    .isEqualTo(own);
        }
        for (var path : List.of("/v1/acl/tokens", "/v1/acl/token/" + accessor())) {
            assertThat(send("GET", path, "", SECRET).body())
                    .contains("\"SecretID\":\"<hidden>\"")
                    .doesNotContain(SECRET)
                    .doesNotContain(nobody);
        }
        assertThat(world.events.toString()).doesNotContain(SECRET).doesNotContain(nobody);
    }

    private String accessor() throws Exception {
        return JSON.readTree(send("GET", "/v1/acl/token/self", "", SECRET).body())
                .path("AccessorID")
                .asText();
    }
}
