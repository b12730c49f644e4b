package dev.hansa.peering.api;

import static dev.hansa.peering.api.HiddenWorld.QUERY;
import static dev.hansa.peering.api.HiddenWorld.SECRET;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.Level;
import dev.hansa.peering.acl.Resource;
import dev.hansa.peering.api.HiddenWorld.Call;
import dev.hansa.trustbundle.PeerName;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// Walks every operation of the document with the rights that it says are asked, and with all
/// others.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RightsWalkTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String REFUSED = "Permission denied: ";

    /// Without a rule: anybody, whoever may do something, and the caller's own token.
    private static final List<String> WORDS = List.of("none", "some", "token");

    /// What there never is here, and drills, which last for seconds.
    private static final List<String> NOTHING_TO_SEE =
            List.of("GET /v1/health/ingress/{service}", "GET /v1/hansa/failover/drills/{id}");

    private static final String INTENTIONS_OF_WEB =
            "{\"Kind\":\"service-intentions\",\"Name\":\"hidden-web\",\"Sources\":[{\"Name\":\"a\",\"Action\":\"allow\"}]}";

    private final Map<String, String> tokens = new HashMap<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private HiddenWorld hidden;
    private String serviceControl = "";

    /// What an operation asks, and a call of it that asks just that.
    ///
    /// @param rights without any of which it is refused
    /// @param sees without any of which something is left out
    private record Asked(Call call, List<Right> rights, List<Right> sees) {
        List<Right> all() {
            return Stream.concat(rights.stream(), sees.stream()).toList();
        }

        @Override
        public String toString() {
            return call.method() + " " + call.path() + " " + call.body();
        }
    }

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        hidden = new HiddenWorld(folder);
        for (var name : List.of("hidden-node-ttl", "hidden-other-ttl")) {
            assertThat(
                            send(
                                            SECRET,
                                            "PUT",
                                            "/v1/agent/check/register",
                                            "{\"Name\":\"" + name + "\",\"TTL\":\"1h\"}")
                                    .statusCode())
                    .isEqualTo(200);
        }
        serviceControl =
                JSON.readTree(
                                send(
                                                SECRET,
                                                "POST",
                                                "/v1/hansa/failover/controls",
                                                "{\"Kind\":\"drain\",\"Service\":\"hidden-app\",\"Force\":true,\"Reason\":\"hidden\"}")
                                        .body())
                        .path("ID")
                        .asText();
        assertThat(serviceControl).isNotEmpty();
        hidden.world.history.accept(
                new PeeringEvent.HealthChanged(
                        "hidden-node", "hidden-web", "hidden-1", "critical", ""));
        hidden.world.history.accept(new PeeringEvent.PeeringDeleted(new PeerName("hidden-peer")));
        hidden.world.history.accept(new PeeringEvent.LeadershipLost("hidden-member"));
    }

    @AfterAll
    void stop() throws Exception {
        client.close();
        hidden.close();
    }

    private HttpResponse<String> send(String token, String method, String path, String body)
            throws Exception {
        return hidden.world.sendAs(token, method, path, body);
    }

    /// Its status and, of what has an end, its body.
    private HttpResponse<String> send(String token, Call call) throws Exception {
        return send(token, call.method(), call.path() + QUERY, call.body());
    }

    private static boolean isRefused(HttpResponse<String> answer) {
        return answer.statusCode() == 403 && answer.body().startsWith(REFUSED);
    }

    /// How many fields and items of an answer say something; health is told by statuses of its own.
    private static int seen(HttpResponse<String> answer) throws JsonProcessingException {
        return List.of(200, 429, 503).contains(answer.statusCode())
                ? size(JSON.readTree(answer.body()))
                : 0;
    }

    private static int size(JsonNode node) {
        return node.valueStream()
                .filter(each -> !each.isNull())
                .mapToInt(each -> 1 + size(each))
                .sum();
    }

    // --- tokens

    /// Callers of peers are shown to whoever may read the mesh, too.
    private static Map<Resource, Level> everythingBut(Right right, Asked asked) {
        var levels = Right.everythingBut(right);
        if (right.resource() == Resource.PEERING
                && asked.call().operation().equals("GET /v1/hansa/topology/{service}")) {
            levels.put(Resource.MESH, Level.DENY);
        }
        return levels;
    }

    /// The secret of a token with just these.
    private String token(Map<Resource, Level> levels) throws Exception {
        var rules = Right.rules(levels);
        var known = tokens.get(rules);
        if (known != null) {
            return known;
        }
        var name = "walk-" + tokens.size();
        var policy = JSON.createObjectNode().put("Name", name).put("Rules", rules).toString();
        var put = send(SECRET, "PUT", "/v1/acl/policy", policy);
        assertThat(put.statusCode()).as(put.body()).isEqualTo(200);
        var made =
                send(
                        SECRET,
                        "PUT",
                        "/v1/acl/token",
                        "{\"Policies\":[{\"Name\":\"" + name + "\"}]}");
        var secret = JSON.readTree(made.body()).path("SecretID").asText();
        assertThat(secret).hasSize(36);
        tokens.put(rules, secret);
        return secret;
    }

    // --- what is asked

    private static JsonNode operation(String name) {
        var words = name.split(" ");
        return OpenApi.document()
                .path("paths")
                .path(words[1])
                .path(words[0].toLowerCase(Locale.ROOT));
    }

    private static List<String> texts(JsonNode operation, String key) {
        return operation.path(key).valueStream().map(JsonNode::asText).toList();
    }

    private static boolean isOneOf(JsonNode operation) {
        return operation.has("x-hansa-one-of");
    }

    private static List<Right> rights(JsonNode operation, String key) {
        return texts(operation, key).stream()
                .filter(text -> !WORDS.contains(text))
                .map(Right::of)
                .toList();
    }

    private List<Call> calls() {
        return Stream.concat(hidden.calls().stream(), HiddenWorld.streams().stream())
                .map(RightsWalkTest::readable)
                .toList();
    }

    /// One whose body comes as far as to be asked about.
    private static Call readable(Call call) {
        var body =
                switch (call.operation()) {
                    case "PUT /v1/catalog/deregister" -> "{\"Node\":\"hidden-node\"}";
                    case "PUT /v1/connect/intentions/{id}" ->
                            "{\"SourceName\":\"hidden-caller\",\"DestinationName\":\"hidden-web\",\"Action\":\"allow\"}";
                    case "POST /v1/hansa/topology/{service}" -> INTENTIONS_OF_WEB;
                    case String _ -> call.body();
                };
        return new Call(call.operation(), call.method(), call.path(), body, call.ask());
    }

    /// Those that ask for rights, once for each where it is one of several.
    private List<Asked> asked() {
        var all = new ArrayList<Asked>();
        for (var call : calls()) {
            var operation = operation(call.operation());
            var rights = rights(operation, "x-hansa-right");
            var sees = rights(operation, "x-hansa-sees");
            if (!isOneOf(operation)) {
                if (!(rights.isEmpty() && sees.isEmpty())) {
                    all.add(new Asked(call, rights, sees));
                }
                continue;
            }
            rights.forEach(
                    right -> all.add(new Asked(variant(call, right), List.of(right), List.of())));
            sees.forEach(
                    right -> all.add(new Asked(variant(call, right), List.of(), List.of(right))));
        }
        return all;
    }

    /// The call that asks for this one of several rights.
    private Call variant(Call call, Right right) {
        var path = call.path();
        var body = call.body();
        var isMesh = right.resource() == Resource.MESH;
        switch (call.operation().split(" ")[1]) {
            case "/v1/config", "/v1/hansa/config/validate" ->
                    body =
                            switch (right.resource()) {
                                case SERVICE -> "{\"Kind\":\"service-resolver\",\"Name\":\"new\"}";
                                case INTENTIONS -> INTENTIONS_OF_WEB;
                                case Resource _ -> "{\"Kind\":\"mesh\"}";
                            };
            case "/v1/config/{kind}" -> path = "/v1/config/" + kind(right);
            case "/v1/config/{kind}/{name}" ->
                    path = "/v1/config/" + kind(right) + (isMesh ? "/default" : "/hidden-web");
            case "/v1/hansa/failover/controls" ->
                    body =
                            isMesh
                                    ? "{\"Kind\":\"drain\",\"Peer\":\"hidden-peer\"}"
                                    : "{\"Kind\":\"drain\",\"Service\":\"hidden-web\",\"Force\":true}";
            case "/v1/hansa/failover/controls/{id}" ->
                    path =
                            "/v1/hansa/failover/controls/"
                                    + (isMesh ? hidden.control : serviceControl);
            case "/v1/hansa/join-token" ->
                    body =
                            switch (right.resource()) {
                                case SERVICE -> "{\"Services\":[\"hidden-web\"]}";
                                case MESH -> "{\"MeshGateway\":true}";
                                case Resource _ -> "{\"Server\":true}";
                            };
            case "/v1/catalog/register" ->
                    body =
                            "{\"Node\":\"hidden-node\",\"Address\":\"hidden-host\",\"NodeMeta\":{\"hidden\":\"meta\"}"
                                    + (right.resource() == Resource.SERVICE
                                            ? ",\"Service\":{\"Service\":\"new\"}}"
                                            : "}");
            case "/v1/agent/check/register" ->
                    body =
                            right.resource() == Resource.SERVICE
                                    ? "{\"Name\":\"new\",\"TTL\":\"1h\",\"ServiceID\":\"hidden-2\"}"
                                    : "{\"Name\":\"newer\",\"TTL\":\"1h\"}";
            default -> {
                assertThat(path).startsWith("/v1/agent/check/");
                if (right.resource() == Resource.NODE) {
                    path = path.replace("hidden-ttl", "hidden-node-ttl");
                }
            }
        }
        return new Call(call.operation(), call.method(), path, body, call.ask());
    }

    private static String kind(Right right) {
        return switch (right.resource()) {
            case SERVICE -> "service-resolver";
            case INTENTIONS -> "service-intentions";
            case Resource _ -> "exported-services";
        };
    }

    /// In an order in which nothing that is needed later goes.
    private static int turn(Asked asked) {
        var operation = asked.call().operation();
        if (operation.startsWith("GET ")) {
            return 0;
        }
        return operation.startsWith("DELETE ") || operation.contains("deregister") ? 2 : 1;
    }

    // --- the walk

    @Test
    @Order(1)
    void eachOperationSaysWhatItAsks() {
        assertThat(calls()).hasSizeGreaterThan(140);
        for (var call : calls()) {
            var operation = operation(call.operation());
            var named = new LinkedHashSet<String>();
            named.addAll(texts(operation, "x-hansa-right"));
            named.addAll(texts(operation, "x-hansa-sees"));
            assertThat(named).as(call.operation()).isNotEmpty();
            assertThat(named.stream().filter(text -> !WORDS.contains(text)))
                    .as(call.operation())
                    .allSatisfy(Right::of);
            // it would be of no use to be told that one of one is asked
            assertThat(named.size() > 1 || !isOneOf(operation)).as(call.operation()).isTrue();
        }
    }

    @Test
    @Order(2)
    void whoHasEverythingButTheRightIsRefusedAndChangesNothing() throws Exception {
        var wrong = new ArrayList<String>();
        for (var asked : asked()) {
            for (var right : asked.rights()) {
                var token = token(Right.everythingBut(right));
                var index = hidden.world.store.now().index();
                var answer = send(token, asked.call());
                if (!isRefused(answer)
                        || hidden.world.store.now().index() != index
                        || !answer.body().contains("'" + right + "'")) {
                    wrong.add(asked + " without " + right + ": " + shown(answer));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    @Order(3)
    void whoMayNotSeeSomethingIsNotShownIt() throws Exception {
        var wrong = new ArrayList<String>();
        for (var asked : asked()) {
            if (asked.sees().isEmpty()) {
                continue;
            }
            var whole = seen(send(SECRET, asked.call()));
            var exact = send(token(Right.exactly(asked.all())), asked.call());
            var isEmpty = NOTHING_TO_SEE.contains(asked.call().operation());
            if (isRefused(exact) || seen(exact) != whole || isEmpty != (whole == 0)) {
                wrong.add(asked + " with " + asked.all() + " shows " + seen(exact) + "/" + whole);
            }
            for (var right : asked.sees()) {
                var less = send(token(everythingBut(right, asked)), asked.call());
                if (isRefused(less) || !isEmpty && seen(less) >= whole) {
                    wrong.add(
                            asked
                                    + " without "
                                    + right
                                    + " shows "
                                    + seen(less)
                                    + "/"
                                    + whole
                                    + ": "
                                    + shown(less));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    @Order(4)
    void wordsForWhatAsksNoRuleAreTrue() throws Exception {
        var some = token(Right.exactly(List.of(Right.of("peering:read"))));
        var own = new TreeSet<String>();
        for (var call : calls()) {
            var words = texts(operation(call.operation()), "x-hansa-right");
            if (words.contains("none")) {
                var stranger = send("", call);
                assertThat(stranger.statusCode()).as(call.operation()).isNotEqualTo(401);
                // the same to everybody
                assertThat(stranger.body())
                        .as(call.operation())
                        .isEqualTo(send(hidden.nobody, call).body())
                        .isEqualTo(send(SECRET, call).body());
            } else if (words.contains("some")) {
                assertThat(status(hidden.nobody, call)).as(call.operation()).isEqualTo(403);
                assertThat(status(some, call)).as(call.operation()).isEqualTo(200);
            } else if (words.contains("token")) {
                own.add(call.operation());
                assertThat(send("", call).body()).as(call.operation()).doesNotContain("lacks");
            }
        }
        // the second ends the token of a login alone
        assertThat(own).containsExactly("GET /v1/acl/token/self", "POST /v1/acl/logout");
        assertThat(send(hidden.nobody, "GET", "/v1/acl/token/self", "").statusCode())
                .isEqualTo(200);
    }

    /// A service is taken away by whoever may write it, too.
    @Test
    @Order(5)
    void serviceIsDeregisteredByWhoeverMayWriteItAndByNobodyElse() throws Exception {
        var web = "{\"Node\":\"hidden-node\",\"ServiceID\":\"hidden-1\"}";
        var other = Right.everythingBut(Right.of("service:write"));
        other.put(Resource.NODE, Level.READ);

        assertThat(isRefused(send(token(other), "PUT", "/v1/catalog/deregister", web))).isTrue();
        assertThat(
                        send(
                                        token(Right.exactly(List.of(Right.of("service:write")))),
                                        "PUT",
                                        "/v1/catalog/deregister",
                                        web)
                                .statusCode())
                .isEqualTo(200);
    }

    /// Of what has no end too.
    private int status(String token, Call call) throws Exception {
        var request =
                HttpRequest.newBuilder(
                                URI.create(
                                        "http://127.0.0.1:"
                                                + hidden.world.port()
                                                + call.path()
                                                + QUERY))
                        .header("X-Consul-Token", token)
                        .method(call.method(), HttpRequest.BodyPublishers.ofString(call.body()))
                        .build();
        var answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        answer.body().close();
        return answer.statusCode();
    }

    /// Last, since it does what is asked.
    @Test
    @Order(6)
    void whoHasTheRightAndNoOtherIsLetIn() throws Exception {
        var wrong = new ArrayList<String>();
        var inTurn =
                asked().stream().sorted(Comparator.comparingInt(RightsWalkTest::turn)).toList();
        for (var asked : inTurn) {
            // history asks for any
            var needed = asked.rights().isEmpty() ? asked.sees() : asked.rights();
            var token = token(Right.exactly(needed));
            if (StreamRoute.ALL.stream()
                    .anyMatch(stream -> stream.operations().contains(asked.call().operation()))) {
                if (status(token, asked.call()) == 403) {
                    wrong.add(asked + " with " + needed + ": 403");
                }
                continue;
            }
            var answer = send(token, asked.call());
            if (isRefused(answer) || answer.body().equals("internal error")) {
                wrong.add(asked + " with " + needed + ": " + shown(answer));
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static String shown(HttpResponse<String> answer) {
        var body = answer.body();
        return answer.statusCode() + " " + body.substring(0, Math.min(300, body.length()));
    }
}
