package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.trustbundle.PeerName;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIVersion;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The document of the API is one of OpenAPI 3.1, and what a server answers is what it says.
// shows: GET /v1/openapi.json
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Without end, and a file: held to their types elsewhere.
    private static final List<String> STREAMS =
            StreamRoute.ALL.stream().flatMap(stream -> stream.operations().stream()).toList();

    private static final String SECRET = "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f001";

    /// @param rest what stands in the place of the path's variable part, and the query
    private record Call(String operation, String rest) {
        /// All that only read, and some that write.
        static List<Call> all() throws IOException {
            var file = Path.of("src/test/resources/openapi/calls.txt");
            return Files.readAllLines(file).stream()
                    .map(line -> line.split(" "))
                    .map(words ->
                            new Call(words[0] + " " + words[1], words.length < 3 ? "" : words[2]))
                    .toList();
        }
    }

    private static final List<String> ENTRIES =
            List.of(
                    "{\"Kind\":\"mesh\",\"Peering\":{\"PeerThroughMeshGateways\":true}}",
                    "{\"Kind\":\"sameness-group\",\"Name\":\"all\",\"IncludeLocal\":true,\"Members\":[{\"Peer\":\"lke\"}]}",
                    "{\"Kind\":\"cluster-ips\",\"Name\":\"eks\",\"Cluster\":\"eks/7b1e\",\"Services\":[{\"Name\":\"web\",\"KubernetesService\":\"shop/web\",\"Addresses\":[\"10.96.0.10\"],\"Ports\":[80]}]}",
                    "{\"Kind\":\"exported-services\",\"Services\":[{\"Name\":\"db\",\"Consumers\":[{\"SamenessGroup\":\"all\"}]}]}",
                    "{\"Kind\":\"service-resolver\",\"Name\":\"db\",\"ConnectTimeout\":\"3s\",\"Subsets\":{\"v1\":{\"Filter\":\"\\\"v1\\\" in Service.Tags\"}},\"Failover\":{\"*\":{\"Targets\":[{\"Peer\":\"lke\",\"Service\":\"shipping\"}]}}}",
                    "{\"Kind\":\"service-intentions\",\"Name\":\"db\",\"Sources\":[{\"Name\":\"web\",\"Peer\":\"lke\",\"Action\":\"allow\",\"Description\":\"<b>\"},{\"Name\":\"web\",\"SamenessGroup\":\"all\",\"Action\":\"deny\"}]}",
                    "{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"Protocol\":\"tcp\",\"UpstreamConfig\":{\"Defaults\":{\"Limits\":{\"MaxConnections\":5}}},\"Meta\":{\"a\":\"b\"}}",
                    "{\"Kind\":\"proxy-defaults\",\"Name\":\"global\",\"Config\":{\"protocol\":\"tcp\",\"x\":[1]}}",
                    "{\"Kind\":\"service-defaults\",\"Name\":\"shop\",\"Protocol\":\"http\"}",
                    "{\"Kind\":\"service-router\",\"Name\":\"shop\"}",
                    "{\"Kind\":\"service-splitter\",\"Name\":\"shop\",\"Splits\":[{\"Weight\":100}]}");

    private static final Pattern PART = Pattern.compile(":([a-z]+)");
    private static final JsonObject NONE = new JsonObject();

    private final Vertx vertx = Vertx.vertx();
    private List<Call> calls = List.of();
    private ApiWorld world;
    private Contract contract;
    private String reader = "";

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        calls = Call.all();
        world = new ApiWorld(folder, new AccessSettings(true, false));
        var start = Instant.parse("2026-01-02T03:04:05Z");
        world.rotation =
                Optional.of(
                        new CaOperations.Rotation(
                                "published",
                                "root-2",
                                start,
                                start.plusSeconds(1),
                                Duration.ofHours(1),
                                List.of(new CaOperations.Wait("peer", "lke", "not told", start))));
        contract = new Contract(world.get("/v1/openapi.json").body());
        var first = "{\"BootstrapSecret\":\"" + SECRET + "\"}";
        assertThat(callAs("", "PUT /v1/acl/bootstrap", "", first).statusCode()).isEqualTo(200);
        var rules = "service_prefix \\\"\\\" { policy = \\\"read\\\" }";
        var policy =
                wrote(
                        "PUT",
                        "/v1/acl/policy",
                        "{\"Name\":\"readers\",\"Rules\":\"" + rules + "\"}");
        wrote(
                "PUT",
                "/v1/acl/policy/{id}",
                policy.path("ID").asText(),
                "{\"Name\":\"readers\",\"Description\":\"d\",\"Rules\":\"" + rules + "\"}");
        var token =
                wrote(
                        "PUT",
                        "/v1/acl/token",
                        "{\"Policies\":[{\"Name\":\"readers\"}],\"ExpirationTTL\":\"1h\",\"ServiceIdentities\":[{\"ServiceName\":\"web\"}],"
                                + "\"NodeIdentities\":[{\"NodeName\":\"n1\",\"Datacenter\":\"eks\"}]}");
        var accessor = token.path("AccessorID").asText();
        reader = token.path("SecretID").asText();
        wrote("PUT", "/v1/acl/token/{accessor}/clone", accessor, "{\"Description\":\"copy\"}");
        wrote(
                "PUT",
                "/v1/acl/token/{accessor}",
                accessor,
                "{\"Description\":\"may read\",\"Policies\":[{\"Name\":\"readers\"}]}");
        var method =
                "{\"Name\":\"k8s\",\"Type\":\"jwt\",\"MaxTokenTTL\":\"1h\",\"Description\":\"d\",\"Config\":{\"BoundIssuer\":\"i\","
                        + "\"JWKSURL\":\"https://issuer.example/\",\"ClaimMappings\":{\"sub\":\"user\"}}}";
        wrote("PUT", "/v1/acl/auth-method", method);
        wrote("PUT", "/v1/acl/auth-method/{name}", "k8s", method);
        var rule =
                "{\"AuthMethod\":\"k8s\",\"BindType\":\"policy\",\"BindName\":\"u-${value.user}\",\"Selector\":\"value.user != x\"}";
        var bound = wrote("PUT", "/v1/acl/binding-rule", rule);
        wrote("PUT", "/v1/acl/binding-rule/{id}", bound.path("ID").asText(), rule);
        call("GET /v1/acl/binding-rule/{id}", bound.path("ID").asText(), "");
        wrote("POST", "/v1/peering/token", "{\"PeerName\":\"lke\",\"Meta\":{\"a\":\"b\"}}");
        wrote("POST", "/v1/peering/establish", "{\"PeerName\":\"lke\",\"PeeringToken\":\"t\"}");
        for (var entry : ENTRIES) {
            wrote("PUT", "/v1/hansa/config/validate", entry);
            wrote("PUT", "/v1/config", entry);
        }
        wrote(
                "PUT",
                "/v1/agent/service/register",
                "{\"Name\":\"web\",\"ID\":\"web-1\",\"Port\":80,\"Tags\":[\"v1\"],\"TaggedAddresses\":{\"wan\":{\"Address\":\"192.0.2.1\",\"Port\":1}},\"Checks\":["
                        + "{\"CheckID\":\"ttl\",\"TTL\":\"1h\"},{\"CheckID\":\"tcp\",\"TCP\":\"127.0.0.1:1\",\"Interval\":\"1h\"},"
                        + "{\"CheckID\":\"http\",\"HTTP\":\"http://127.0.0.1:1/\",\"Interval\":\"1h\",\"Header\":{\"A\":[\"b\"]},\"DeregisterCriticalServiceAfter\":\"2h\"},"
                        + "{\"CheckID\":\"grpc\",\"GRPC\":\"127.0.0.1:1/x\",\"Interval\":\"1h\"}]}");
        wrote(
                "PUT",
                "/v1/agent/service/register",
                "{\"Name\":\"well\",\"ID\":\"well-1\",\"Check\":{\"Status\":\"passing\"}}");
        wrote(
                "PUT",
                "/v1/agent/service/register",
                "{\"Name\":\"warned\",\"ID\":\"warned-1\",\"Check\":{\"Status\":\"warning\"}}");
        wrote("PUT", "/v1/agent/check/register", "{\"Name\":\"disk\",\"TTL\":\"1h\"}");
        wrote("PUT", "/v1/agent/check/update/{id}", "disk", "{\"Status\":\"passing\"}");
        wrote("PUT", "/v1/agent/service/maintenance/{id}", "web-1?enable=true", "");
        wrote("PUT", "/v1/agent/maintenance", "?enable=true", "");
        wrote("PUT", "/v1/agent/maintenance", "?enable=false", "");
        wrote(
                "PUT",
                "/v1/catalog/register",
                "{\"Node\":\"n1\",\"Address\":\"192.0.2.1\",\"NodeMeta\":{\"a\":\"<script>\"},\"TaggedAddresses\":{\"lan\":\"192.0.2.1\"},"
                        + "\"Service\":{\"Service\":\"db\",\"Port\":1,\"Meta\":{\"a\":\"b\"}},\"Check\":{\"CheckID\":\"c\",\"Status\":\"passing\",\"Notes\":\"n\"}}");
        wrote("PUT", "/v1/catalog/register", "{\"Node\":\"n2\",\"Address\":\"192.0.2.2\"}");
        wrote("PUT", "/v1/catalog/deregister", "{\"Node\":\"n2\"}");
        wrote(
                "PUT",
                "/v1/hansa/agent/heartbeat",
                "{\"Node\":\"n1\",\"Address\":\"192.0.2.1\",\"TTL\":\"10m\"}");
        wrote(
                "POST",
                "/v1/connect/intentions",
                "{\"SourceName\":\"x\",\"DestinationName\":\"y\",\"Action\":\"deny\",\"Meta\":{\"a\":\"b\"}}");
        world.catalog.publish(
                "owner",
                List.of(
                        instance("web", ServiceKind.CONNECT_PROXY),
                        instance("db", ServiceKind.TYPICAL),
                        instance("db", ServiceKind.CONNECT_PROXY)));
        world.catalog.imported(
                new PeerName("lke"),
                before ->
                        before.with("shipping", List.of(instance("shipping", ServiceKind.TYPICAL)))
                                .with(
                                        "shipping-sidecar-proxy",
                                        List.of(instance("shipping", ServiceKind.CONNECT_PROXY)))
                                .heard(Instant.parse("2026-01-02T03:04:05Z"), true));
        wrote(
                "POST",
                "/v1/hansa/failover/controls",
                "{\"Kind\":\"drain\",\"Service\":\"db\",\"Force\":true}");
    }

    @AfterAll
    void stop() throws Exception {
        world.close();
        vertx.close();
    }

    private static ServiceInstance instance(String name, ServiceKind kind) {
        var service = new ServiceName(name);
        var isProxy = kind == ServiceKind.CONNECT_PROXY;
        return new ServiceInstance(
                new NodeRecord("", "node", "192.0.2.1", "lke", Map.of(), Map.of()),
                name + kind.word(),
                isProxy ? service.sidecar() : name,
                kind,
                List.of("v1"),
                "192.0.2.1",
                8443,
                Map.of(),
                Map.of(),
                1,
                1,
                isProxy ? Optional.of(service) : Optional.empty(),
                Optional.of(new PeerMeta(List.of("sni"), List.of("spiffe://x"), "tcp")),
                List.of(new HealthCheck("c", "c", CheckStatus.PASSING, "", "tcp")),
                1,
                1);
    }

    private JsonNode wrote(String method, String path, String body) throws Exception {
        return wrote(method, path, "", body);
    }

    private JsonNode wrote(String method, String path, String rest, String body) throws Exception {
        var answer = call(method + " " + path, rest, body);
        assertThat(answer.statusCode())
                .as(method + " " + path + " " + body + ": " + answer.body())
                .isEqualTo(200);
        return answer.body().isEmpty() ? MissingNode.getInstance() : JSON.readTree(answer.body());
    }

    private HttpResponse<String> call(String operation, String rest, String body) throws Exception {
        return callAs(SECRET, operation, rest, body);
    }

    private HttpResponse<String> callAs(String token, String operation, String rest, String body)
            throws Exception {
        var parts = operation.split(" ");
        var brace = parts[1].indexOf('{');
        // what the template names, then what stands behind it
        var path =
                brace < 0
                        ? parts[1] + rest
                        : parts[1].substring(0, brace)
                                + rest
                                + parts[1].substring(parts[1].lastIndexOf('}') + 1);
        var answer = world.sendAs(token, parts[0], path, body);
        contract.holds(operation, answer);
        return answer;
    }

    @Test
    void documentIsOneOfOpenApi31() throws Exception {
        var document = new JsonObject(world.get("/v1/openapi.json").body());
        var version = OpenAPIVersion.fromContract(document);

        var result =
                version.getRepository(vertx, "https://hansa.example/")
                        .compose(schemas -> version.validateContract(vertx, schemas, document))
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(60, TimeUnit.SECONDS);

        assertThat(version).isEqualTo(OpenAPIVersion.V3_1);
        assertThat(result.getErrors()).as(result.toString()).isNullOrEmpty();
        assertThat(result.getValid()).isTrue();
    }

    @Test
    void referencesLeadSomewhere() throws Exception {
        var document = JSON.readTree(world.get("/v1/openapi.json").body());
        var places = new HashSet<String>();
        gather(document, places);

        assertThat(places).hasSizeGreaterThan(50);
        for (var place : places) {
            assertThat(document.at(place.substring(1)).isMissingNode()).as(place).isFalse();
        }
    }

    private static void gather(JsonNode node, Set<String> places) {
        if (node.path("$ref").isTextual()) {
            places.add(node.path("$ref").asText());
        }
        node.forEach(each -> gather(each, places));
    }

    @Test
    void eachRouteIsInTheDocumentAndNoOther() {
        var routes = new TreeSet<>(STREAMS);
        for (var route : world.routes().inOrder()) {
            var path = PART.matcher(route.getKey()).replaceAll("{$1}");
            route.getValue().keySet().forEach(method -> routes.add(method + " " + path));
        }

        assertThat(contract.operations()).containsExactlyInAnyOrderElementsOf(routes);
    }

    @Test
    void eachOperationSaysWhatItDoesUnderANameOfItsOwn() {
        var ids = new HashSet<String>();
        var tags = contract.tags();
        for (var name : contract.operations()) {
            var operation = contract.operation(name);
            assertThat(operation.getString("summary")).as(name).isNotBlank();
            assertThat(operation.getJsonArray("tags")).as(name).hasSize(1).isSubsetOf(tags);
            assertThat(ids.add(operation.getString("operationId"))).as(name).isTrue();
            assertThat(operation.getJsonObject("responses").fieldNames())
                    .as(name)
                    .contains("400", "403", "429", "500", "503");
        }
    }

    @Test
    void answersAreWhatTheDocumentSays() throws Exception {
        var asked = new TreeSet<String>();
        for (var call : calls) {
            call(call.operation(), call.rest(), "");
            asked.add(call.operation());
        }

        var reads = contract.operations().stream().filter(name -> name.startsWith("GET ")).toList();
        assertThat(asked).containsAll(reads.stream().filter(each -> !isStream(each)).toList());
    }

    private static boolean isStream(String operation) {
        return STREAMS.contains(operation);
    }

    @Test
    void whoMayLittleIsAnsweredAsTheDocumentSays() throws Exception {
        var refused = 0;
        for (var token : List.of("", reader, "nobody's")) {
            for (var call : calls) {
                if (call.operation().startsWith("GET ")) {
                    var answer = callAs(token, call.operation(), call.rest(), "");
                    refused += answer.statusCode() == 403 ? 1 : 0;
                }
            }
        }
        assertThat(refused).isGreaterThan(100);
    }

    @Test
    void serverWithoutAccessControlAnswersAsTheDocumentSays(@TempDir Path folder) throws Exception {
        try (var open = new ApiWorld(folder)) {
            for (var operation : contract.operations()) {
                if (operation.contains(" /v1/acl/")) {
                    var parts = operation.split(" ");
                    var answer = open.send(parts[0], parts[1].replaceAll("[{}]", ""), "{}");
                    contract.holds(operation, answer);
                    assertThat(answer.statusCode()).as(operation).isEqualTo(401);
                }
            }
        }
    }

    /// Both as JSON and as HCL; the latter the document cannot check beyond being text.
    @Test
    void entryMayBeWrittenInHcl() throws Exception {
        var content =
                contract.operation("PUT /v1/config")
                        .getJsonObject("requestBody")
                        .getJsonObject("content");
        assertThat(content.fieldNames())
                .containsExactlyInAnyOrder(
                        "application/json", "application/yaml", "application/hcl");
        for (var type : content.fieldNames()) {
            for (var example : content.getJsonObject(type).getJsonObject("examples", NONE)) {
                var value = ((JsonObject) example.getValue()).getValue("value");
                var body = value instanceof String text ? text : ((JsonObject) value).encode();
                wrote("PUT", "/v1/config", body);
            }
        }
    }

    @Test
    void entriesOfEachKindAreWhatTheDocumentSays() throws Exception {
        for (var kind : ConfigEntries.kinds()) {
            var answer = call("GET /v1/config/{kind}", kind, "");
            assertThat(JSON.readTree(answer.body())).as(kind).isNotEmpty();
        }
    }

    @Test
    void serverThatDoesNotLeadKnowsTheDocumentToo(@TempDir Path folder) throws Exception {
        try (var follower = new ApiWorld(folder)) {
            follower.follow();

            var answer = follower.get("/v1/openapi.json?pretty");

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(JSON.readTree(answer.body())).isEqualTo(OpenApi.document());
        }
    }

    @Test
    void defectOfOursIsNoTextThatClientsMatch() {
        for (var name : contract.operations()) {
            for (var text : texts(name)) {
                assertThat("internal error").as(name).doesNotMatch(text);
            }
        }
        assertThat(texts("PUT /v1/agent/check/pass/{id}"))
                .anySatisfy(text ->
                        assertThat("CheckID \"a.b\" does not have associated TTL").matches(text));
    }

    private List<String> texts(String operation) {
        return contract
                .operation(operation)
                .getJsonObject("responses")
                .getJsonObject("500")
                .getJsonObject("content")
                .getJsonObject("text/plain")
                .getJsonObject("schema")
                .getJsonArray("anyOf")
                .stream()
                .map(each -> ((JsonObject) each).getString("pattern"))
                .toList();
    }

    @Test
    void answerOfAnotherFormIsNoticed() throws Exception {
        var services = world.get("/v1/catalog/services");

        contract.holds("GET /v1/catalog/services", services);
        assertThatThrownBy(() -> contract.holds("GET /v1/agent/version", services))
                .isInstanceOf(AssertionError.class);
    }
}
