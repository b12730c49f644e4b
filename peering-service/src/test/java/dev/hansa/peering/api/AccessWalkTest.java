package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.discovery.ConnectedProxy;
import dev.hansa.peering.discovery.TestDenials;
import dev.hansa.peering.failover.TestFailovers;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import io.vertx.ext.web.Route;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Walks every route of the API as somebody who may do nothing. Everything that there is to see has
/// a name with `hidden` in it, so that whatever tells of it is found.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AccessWalkTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f001";

    /// What a path may name, each of something that is there.
    private static final Map<String, String> NAMES =
            Map.of(
                    ":service", "hidden-web",
                    ":node", "hidden-node",
                    ":kind", "service-resolver",
                    ":name", "hidden-web",
                    ":state", "any",
                    ":id", "hidden-1",
                    ":accessor", "00000000-0000-0000-0000-000000000002");

    private static final String QUERY =
            "?enable=true&source=hidden-web&destination=hidden-web&by=destination&name=hidden-web"
                    + "&from=hidden-web&id=hidden&wait=1ms";

    /// The caller's own token, what there never is, and drills, which last for seconds.
    private static final List<String> NOTHING_TO_HIDE =
            List.of(
                    "/v1/acl/token/self",
                    "/v1/health/ingress/hidden-web",
                    "/v1/hansa/failover/drills/:id");

    private ApiWorld world;
    private String nobody = "";
    private String control = "";
    private String intention = "";

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        world = new ApiWorld(folder, new AccessSettings(true, false));
        assertThat(
                        send(
                                        "PUT",
                                        "/v1/acl/bootstrap",
                                        "{\"BootstrapSecret\":\"" + SECRET + "\"}",
                                        "")
                                .statusCode())
                .isEqualTo(200);
        nobody =
                JSON.readTree(send("PUT", "/v1/acl/token", "{}", SECRET).body())
                        .path("SecretID")
                        .asText();
        assertThat(nobody).hasSize(36);
        assertThat(
                        send(
                                        "PUT",
                                        "/v1/catalog/register",
                                        """
                                        {"Node": "hidden-node", "Address": "hidden-host",
                                         "NodeMeta": {"hidden": "meta"},
                                         "Service": {"ID": "hidden-1", "Service": "hidden-web",
                                          "Tags": ["hidden-tag"], "Port": 80},
                                         "Check": {"CheckID": "hidden-check", "Output": "hidden output"}}
                                        """,
                                        SECRET)
                                .body())
                .isEqualTo("true");
        assertThat(
                        send(
                                        "PUT",
                                        "/v1/agent/service/register",
                                        """
                                        {"ID": "hidden-2", "Name": "hidden-app",
                                         "Check": {"CheckID": "hidden-ttl", "TTL": "1h"}}
                                        """,
                                        SECRET)
                                .statusCode())
                .isEqualTo(200);
        for (var entry :
                List.of(
                        "{\"Kind\":\"service-resolver\",\"Name\":\"hidden-web\",\"Failover\":{\"*\":{\"Service\":\"hidden-app\"}}}",
                        "{\"Kind\":\"service-intentions\",\"Name\":\"hidden-web\",\"Sources\":[{\"Name\":\"hidden-caller\",\"Action\":\"allow\"}]}",
                        "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"hidden-web\",\"Consumers\":[{\"Peer\":\"hidden-peer\"}]}]}")) {
            assertThat(send("PUT", "/v1/config", entry, SECRET).body()).isEqualTo("true");
        }
        for (var service : List.of("hidden-web", "hidden-app")) {
            world.catalog.publish("sidecar of " + service, List.of(LiveSidecar.of(service)));
        }
        ConnectedProxy.sidecar(world.publisher, "hidden-web", "hidden-node");
        var at = new Endpoint("192.0.2.1", 8503);
        var server = new ServerInfo("hidden-member", "hidden-server", at, at, at);
        world.catalog.publish(
                server.owner(), List.of(server.instance(new Datacenter("eks"), Optional.empty())));
        world.catalog.imported(
                new PeerName("hidden-peer"),
                before ->
                        before.with(
                                "hidden-imported",
                                List.of(
                                        world.catalog
                                                .snapshots()
                                                .get()
                                                .named("hidden-web")
                                                .getFirst())));
        world.generateToken(
                new PeerName("hidden-peer"),
                "",
                Map.of(),
                List.of(),
                Optional.empty(),
                Optional.empty());
        control =
                JSON.readTree(
                                send(
                                                "POST",
                                                "/v1/hansa/failover/controls",
                                                "{\"Kind\":\"drain\",\"Peer\":\"hidden-peer\",\"Reason\":\"hidden\"}",
                                                SECRET)
                                        .body())
                        .path("ID")
                        .asText();
        assertThat(control).isNotEmpty();
        intention =
                JSON.readTree(send("GET", "/v1/connect/intentions", "", SECRET).body())
                        .path(0)
                        .path("ID")
                        .asText();
        assertThat(intention).hasSize(36);
        // names that no call of the walk says itself
        TestDenials.add(world.denials, "spiffe://eks.consul/hidden-caller", "hidden-app");
        TestFailovers.add(world.failovers, "hidden-app", "hidden-app", "hidden-imported");
    }

    @AfterAll
    void stop() throws Exception {
        world.close();
    }

    private HttpResponse<String> send(String method, String path, String body, String token)
            throws Exception {
        return world.sendAs(token, method, path, body);
    }

    /// A call of a route, with all that it could want.
    private record Call(String method, String path, String body, Ask ask) {}

    private List<Call> calls() {
        var calls = new ArrayList<Call>();
        for (var route : world.routes().inOrder()) {
            var path = route.getKey();
            if (path.startsWith("/v1/hansa/failover/")) {
                path = path.replace(":id", control);
            } else if (path.startsWith("/v1/connect/intentions/")) {
                path = path.replace(":id", intention);
            } else if (path.startsWith("/v1/agent/check/")) {
                path = path.replace(":id", "hidden-ttl");
            } else if (path.startsWith("/v1/agent/")) {
                path = path.replace(":id", "hidden-2").replace(":name", "hidden-app");
            }
            for (var name : NAMES.entrySet()) {
                path = path.replace(name.getKey(), name.getValue());
            }
            for (var one : route.getValue().entrySet()) {
                calls.add(new Call(one.getKey(), path, body(route.getKey()), one.getValue().ask()));
            }
        }
        return calls;
    }

    /// Of what is mounted beside those.
    private static List<Call> streams() {
        return StreamRoute.ALL.stream()
                .flatMap(stream ->
                        stream.operations().stream()
                                .map(operation -> operation.split(" "))
                                .map(words -> new Call(words[0], words[1], "x", stream.ask())))
                .toList();
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
                empty.add(call.path().replace("/" + control, "/:id"));
            }
        }
        assertThat(empty).containsExactlyInAnyOrderElementsOf(NOTHING_TO_HIDE);
        for (var path : List.of("/v1/hansa/intention-denials", "/v1/hansa/failovers")) {
            assertThat(JSON.readTree(send("GET", path, "", SECRET).body())).as(path).isNotEmpty();
        }
    }

    private static String body(String route) {
        return switch (route) {
            case "/v1/config", "/v1/hansa/config/validate" ->
                    "{\"Kind\":\"service-resolver\",\"Name\":\"stranger\"}";
            case "/v1/catalog/register" ->
                    "{\"Node\":\"stranger\",\"Address\":\"a\",\"Service\":{\"Service\":\"stranger\"}}";
            case "/v1/catalog/deregister" ->
                    "{\"Node\":\"hidden-node\",\"ServiceID\":\"hidden-1\"}";
            case "/v1/agent/service/register" -> "{\"Name\":\"stranger\"}";
            case "/v1/agent/check/register" -> "{\"Name\":\"stranger\",\"TTL\":\"1h\"}";
            case "/v1/agent/check/update/:id" -> "{\"Status\":\"critical\"}";
            case "/v1/connect/intentions", "/v1/connect/intentions/exact" ->
                    "{\"SourceName\":\"stranger\",\"DestinationName\":\"hidden-web\",\"Action\":\"allow\"}";
            case "/v1/hansa/agent/heartbeat" -> "{\"Node\":\"hidden-node\",\"Address\":\"a\"}";
            case "/v1/hansa/join-token" -> "{\"Services\":[\"hidden-web\"]}";
            case "/v1/hansa/failover/controls" -> "{\"Kind\":\"drain\",\"Peer\":\"hidden-peer\"}";
            case "/v1/peering/token" -> "{\"PeerName\":\"stranger\"}";
            case "/v1/peering/establish" -> "{\"PeerName\":\"stranger\",\"PeeringToken\":\"x\"}";
            case "/v1/acl/token" -> "{\"Policies\":[{\"Name\":\"global-management\"}]}";
            case "/v1/acl/login" ->
                    "{\"AuthMethod\":\"hidden-method\",\"BearerToken\":\"hidden-bearer\"}";
            case "/v1/acl/auth-method", "/v1/acl/auth-method/:name" ->
                    "{\"Name\":\"hidden-web\",\"Type\":\"jwt\",\"Config\":{}}";
            case "/v1/acl/binding-rule" ->
                    "{\"AuthMethod\":\"hidden-method\",\"BindType\":\"policy\",\"BindName\":\"global-management\"}";
            case "/v1/acl/policy" -> "{\"Name\":\"stranger\",\"Rules\":\"acl = \\\"write\\\"\"}";
            default -> "";
        };
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
        assertThat(streams()).hasSize(4);
        for (var call : streams()) {
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
