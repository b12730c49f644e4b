package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.peering.store.RecordJson;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.trustbundle.PeerName;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What Consul's own client and command ask for and expect, in the shapes in which they do.
class ConsulClientTest {
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

    private JsonNode read(String path) throws Exception {
        return json(world.get(path));
    }

    private void allow(String source, String destination) throws Exception {
        var path = "/v1/connect/intentions/exact?source=" + source + "&destination=" + destination;
        assertThat(world.put(path, "{\"Action\":\"allow\"}").body()).isEqualTo("true");
    }

    private static ServiceInstance instance(String name) {
        return new ServiceInstance(
                new NodeRecord("", "node", "192.0.2.1", "lke", Map.of(), Map.of()),
                name,
                name,
                ServiceKind.TYPICAL,
                List.of(),
                "192.0.2.1",
                80,
                Map.of(),
                Map.of(),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                1,
                1);
    }

    @Test
    void importedServicesAreListedByNameAndPeer() throws Exception {
        assertThat(world.get("/v1/imported-services").body()).isEqualTo("[]");
        world.catalog.imported(
                new PeerName("lke"),
                before ->
                        before.with("shipping", List.of(instance("shipping")))
                                .with("cart", List.of(instance("cart"))));

        var answer = world.get("/v1/imported-services");

        assertThat(answer.body())
                .isEqualTo(
                        "[{\"Service\":\"cart\",\"SourcePeer\":\"lke\"},{\"Service\":\"shipping\",\"SourcePeer\":\"lke\"}]");
        assertThat(answer.headers().firstValueAsLong("X-Consul-Index").orElse(0)).isPositive();
    }

    @Test
    void intentionsAreMatchedBySeveralNamesAsTheyWereAsked() throws Exception {
        allow("web", "db");
        allow("*", "cart");
        allow("cart", "*");

        var match = "/v1/connect/intentions/match?by=destination";
        var found = read(match + "&name=default/db&name=cart&name=default/default/db&name=db");

        var names = new ArrayList<String>();
        found.fieldNames().forEachRemaining(names::add);
        assertThat(names).containsExactly("default/db", "cart", "default/default/db", "db");
        for (var name : List.of("default/db", "default/default/db", "db")) {
            assertThat(found.path(name))
                    .as(name)
                    .extracting(one -> one.path("SourceName").asText())
                    .containsExactly("web", "cart");
        }
        assertThat(found.path("cart")).hasSize(2);
        assertThat(world.get(match + "&name=n" + names(65)).body())
                .isEqualTo("name: expected at most 64 of them; found 66");
        assertThat(world.get(match + "&name=").body())
                .isEqualTo("required query parameter 'name' not set");
        assertThat(world.get(match + "&name=db&name=a/b").statusCode()).isEqualTo(400);
        assertThat(world.get(match + "&name=default/default/default/db").statusCode())
                .isEqualTo(400);
    }

    private static String names(int count) {
        var names = new StringBuilder();
        for (var i = 0; i < count; i++) {
            names.append("&name=n").append(i);
        }
        return names.toString();
    }

    @Test
    void anotherNamespaceOrPartitionIsRefusedAndChangesNothing() throws Exception {
        var index = world.store.now().index();
        for (var call :
                List.of(
                        "GET /v1/catalog/services",
                        "GET /v1/health/service/web",
                        "PUT /v1/agent/service/register",
                        "PUT /v1/config",
                        "GET /v1/snapshot",
                        "GET /v1/kv/a")) {
            var words = call.split(" ");
            var body = "{\"Name\":\"web\",\"Kind\":\"service-defaults\"}";
            for (var name : List.of("ns", "partition")) {
                var kind = name.equals("ns") ? "Namespace" : "Partition";
                var by = world.send(words[0], words[1] + "?" + name + "=team", body);
                assertThat(by.statusCode() + " " + by.body())
                        .isEqualTo(
                                "400 Invalid query parameter: \""
                                        + name
                                        + "\" - "
                                        + kind
                                        + "s are a Consul Enterprise feature");
                var header = world.send(words[0], words[1], body, "X-Consul-" + kind, "team");
                assertThat(header.statusCode() + " " + header.body())
                        .isEqualTo(
                                "400 Invalid header: \"X-Consul-"
                                        + kind
                                        + "\" - "
                                        + kind
                                        + "s are a Consul Enterprise feature");
            }
        }
        assertThat(world.store.now().index()).isEqualTo(index);

        assertThat(read("/v1/catalog/services?ns=default&partition=Default&ns=")).isEmpty();
        assertThat(
                        world.send(
                                        "GET",
                                        "/v1/catalog/services",
                                        "",
                                        "X-Consul-Namespace",
                                        "default")
                                .statusCode())
                .isEqualTo(200);
        assertThat(world.get("/ui/?ns=team").statusCode()).isNotEqualTo(400);
    }

    private JsonNode members(String filter) throws Exception {
        return read(
                "/v1/agent/members?filter=" + URLEncoder.encode(filter, StandardCharsets.UTF_8));
    }

    @Test
    void membersAreListedByTheirTags() throws Exception {
        world.catalog.publish("owner", List.of(instance("consul")));

        assertThat(members("Tags.role == \"consul\" and Tags.dc == eks")).hasSize(1);
        assertThat(members("Tags.role == node")).isEmpty();
        assertThat(members("segment in Tags and id in Tags")).hasSize(1);
        assertThat(members("ap in Tags")).isEmpty();
    }

    private String configured(String body) throws Exception {
        var answer = world.put("/v1/connect/ca/configuration", body);
        return answer.statusCode() + " " + answer.body();
    }

    /// As the client writes back what it has read, durations also as Go's count of nanoseconds.
    @Test
    void authoritysConfigurationIsTakenAsItIsAndNotOtherwise() throws Exception {
        var path = "/v1/connect/ca/configuration";
        var config = read(path).path("Config");
        assertThat(config.toString())
                .isEqualTo(
                        "{\"LeafCertTTL\":\"72h0m0s\",\"IntermediateCertTTL\":\"8760h0m0s\",\"RootCertTTL\":\"87600h0m0s\"}");

        assertThat(configured(world.get(path).body())).isEqualTo("200 ");
        for (var same :
                List.of(
                        "{}",
                        "{\"Provider\":\"consul\"}",
                        "{\"Provider\":\"consul\",\"Config\":{\"LeafCertTTL\":\"72h\",\"PrivateKey\":\"\"}}",
                        "{\"Config\":{\"leaf_cert_ttl\":259200000000000}}")) {
            assertThat(configured(same)).as(same).isEqualTo("200 ");
        }
        for (var other :
                List.of(
                        "{\"Provider\":\"vault\"}|Provider: expected 'consul', as it is; found 'vault'",
                        "{\"Config\":{\"RootCertTTL\":\"8h\"}}|Config.RootCertTTL: expected '87600h0m0s', as it is; found '8h'",
                        "{\"Config\":{\"PrivateKey\":\"x\"}}|Config.PrivateKey: expected '', as it is; found another",
                        "{\"Config\":{\"LeafCertTTL\":\"soon\"}}|Config.LeafCertTTL: expected '72h0m0s', as it is; found 'soon'")) {
            var words = other.split("\\|");
            assertThat(configured(words[0]))
                    .as(words[0])
                    .startsWith("500 Connect CA configuration: expected none that is another")
                    .contains("/v1/hansa/ca/rotate")
                    .endsWith(words[1]);
        }
        assertThat(configured("x")).startsWith("400 Request decode failed");
    }

    // shows: GET /v1/operator/autopilot/configuration
    // shows: PUT /v1/operator/autopilot/configuration
    @Test
    void autopilotsConfigurationIsReadAndNotChanged() throws Exception {
        var path = "/v1/operator/autopilot/configuration";
        var held = read(path);
        assertThat(held.path("CleanupDeadServers").asBoolean()).isTrue();
        assertThat(held.path("LastContactThreshold").asText()).isEqualTo("5s");

        for (var same :
                List.of(
                        held.toString(),
                        "{}",
                        "{\"CleanupDeadServers\":true,\"LastContactThreshold\":\"5s\",\"MaxTrailingLogs\":0,\"ServerStabilizationTime\":null}",
                        "{\"LastContactThreshold\":5000000000}")) {
            assertThat(world.put(path, same).body()).as(same).isEqualTo("true");
            assertThat(world.put(path + "?cas=1", same).body()).isEqualTo("true");
            assertThat(world.put(path + "?cas=0", same).body()).isEqualTo("false");
        }
        for (var other :
                List.of(
                        "{\"CleanupDeadServers\":false} | CleanupDeadServers: expected 'true', as it is (setting raft.dead-after); found 'false'",
                        "{\"LastContactThreshold\":\"1s\"} | LastContactThreshold: expected '5s', as it is; found '1s'",
                        "{\"MinQuorum\":3} | MinQuorum: expected '0', as it is; found '3'",
                        "x | Error parsing autopilot config: expected a JSON object")) {
            var parts = other.split(" \\| ");
            var refused = world.put(path, parts[0]);
            assertThat(refused.statusCode() + " " + refused.body()).startsWith("400 " + parts[1]);
        }
    }

    @Test
    void usageIsCountedByDatacenter() throws Exception {
        world.catalog.publish("owner", List.of(instance("consul")));
        for (var id : List.of("redis1", "redis2")) {
            world.put(
                    "/v1/catalog/register",
                    "{\"Node\":\"n1\",\"Address\":\"h\",\"Service\":{\"ID\":\""
                            + id
                            + "\",\"Service\":\"redis\"}}");
        }

        assertThat(read("/v1/operator/usage").path("Usage").path("eks").toString())
                .isEqualTo(
                        "{\"Nodes\":2,\"Services\":2,\"ServiceInstances\":3,\"ConnectServiceInstances\":{\"api-gateway\":0,\"connect-native\":0,\"connect-proxy\":0,\"ingress-gateway\":0,\"mesh-gateway\":0,\"terminating-gateway\":0},\"BillableServiceInstances\":2}");
    }

    /// A client that walks over all kinds finds none of these, and who writes one is told why.
    @Test
    void kindsThatAreNotTakenAreEmptyAndRefusedInWords() throws Exception {
        for (var kind :
                List.of(
                        "ingress-gateway",
                        "terminating-gateway",
                        "jwt-provider",
                        "http-route",
                        "tcp-route",
                        "api-gateway",
                        "inline-certificate",
                        "bound-api-gateway",
                        "file-system-certificate",
                        "control-plane-request-limit",
                        "rate-limit")) {
            assertThat(read("/v1/config/" + kind)).as(kind).isEmpty();
            assertThat(read("/v1/config/" + kind + "?filter=Name==x")).as(kind).isEmpty();
            var none = world.get("/v1/config/" + kind + "/x");
            assertThat(none.statusCode() + " " + none.body())
                    .isEqualTo("404 Config entry not found for \"" + kind + "\" / \"x\"");
            assertThat(world.send("DELETE", "/v1/config/" + kind + "/x", "").body())
                    .isEqualTo("{}");
            var refused = world.put("/v1/config", "{\"Kind\":\"" + kind + "\",\"Name\":\"x\"}");
            assertThat(refused.statusCode() + " " + refused.body())
                    .startsWith(
                            "400 Request decoding failed: config entry of kind "
                                    + kind
                                    + ": not taken: ");
        }
    }

    @Test
    void serviceThatSaysNothingOfConnectIsTaken() throws Exception {
        for (var nothing : List.of("{}", "null", "{\"SidecarService\":null,\"Native\":false}")) {
            var taken =
                    world.put(
                            "/v1/agent/service/register",
                            "{\"Name\":\"web\",\"Connect\":" + nothing + "}");
            assertThat(taken.statusCode()).as(taken.body()).isEqualTo(200);
        }
    }

    @Test
    void tagsAreAskedForInAnyCaseAndAddressesKeepTheirs() throws Exception {
        world.put(
                "/v1/agent/service/register",
                "{\"Name\":\"web\",\"Tags\":[\"Prod\",\"v1\"],\"TaggedAddresses\":{\"wanIPv4\":{\"Address\":\"192.0.2.1\",\"Port\":80}}}");

        assertThat(read("/v1/health/service/web?tag=prod&tag=V1")).hasSize(1);
        assertThat(read("/v1/catalog/service/web?tag=PROD")).hasSize(1);
        assertThat(read("/v1/catalog/service/web?tag=pro")).isEmpty();
        assertThat(read("/v1/agent/services").at("/web/TaggedAddresses/wanIPv4/Port").asInt())
                .isEqualTo(80);
    }

    @Test
    void serviceThatTheAgentDoesNotKnowIsCriticalInTheSameShape() throws Exception {
        var byId = world.get("/v1/agent/health/service/id/nothing");
        var byName = world.get("/v1/agent/health/service/name/nothing");
        var asText = world.get("/v1/agent/health/service/id/nothing?format=text");

        assertThat(byId.statusCode() + " " + byId.body())
                .isEqualTo(
                        "404 {\"AggregatedStatus\":\"critical\",\"Service\":null,\"Checks\":null}");
        assertThat(byName.statusCode() + " " + byName.body()).isEqualTo("404 []");
        assertThat(asText.statusCode() + " " + asText.body())
                .isEqualTo("404 ServiceId nothing not found");
    }

    @Test
    void whatChangesNothingIsKeptAndShown() throws Exception {
        var said =
                "\"EnableTagOverride\":true,\"SocketPath\":\"/tmp/web.sock\",\"Locality\":{\"Region\":\"us-west-1\",\"Zone\":\"us-west-1a\"}";
        world.put("/v1/agent/service/register", "{\"Name\":\"web\"," + said + "}");
        world.put(
                "/v1/catalog/register",
                "{\"Node\":\"n\",\"Address\":\"h\",\"Service\":{\"Service\":\"db\"," + said + "}}");
        world.put("/v1/agent/service/register", "{\"Name\":\"plain\"}");

        var locality = "{\"Region\":\"us-west-1\",\"Zone\":\"us-west-1a\"}";
        for (var shown :
                List.of(
                        read("/v1/agent/service/web"),
                        read("/v1/agent/health/service/id/web").path("Service"),
                        read("/v1/health/service/db").get(0).path("Service"))) {
            assertThat(shown.path("EnableTagOverride").asBoolean()).isTrue();
            assertThat(shown.path("SocketPath").asText()).isEqualTo("/tmp/web.sock");
            assertThat(shown.path("Locality").toString()).isEqualTo(locality);
        }
        var catalog = read("/v1/catalog/service/db?filter=ServiceEnableTagOverride==true").get(0);
        assertThat(catalog.path("ServiceSocketPath").asText()).isEqualTo("/tmp/web.sock");
        assertThat(catalog.path("ServiceLocality").toString()).isEqualTo(locality);
        assertThat(read("/v1/agent/service/plain").path("EnableTagOverride").asBoolean()).isFalse();
        assertThat(read("/v1/agent/service/plain").has("Locality")).isFalse();
        var refused =
                world.put(
                        "/v1/agent/service/register",
                        "{\"Name\":\"web\",\"SocketPath\":\"" + "x".repeat(129) + "\"}");
        assertThat(refused.body()).startsWith("SocketPath: expected at most 128 characters");
        // a build that knows of none reads what has none
        var held = world.store.now().registrations();
        for (var service : List.of("plain", "web")) {
            var record = Objects.requireNonNull(held.get("eks-server/" + service));
            var written = RecordJson.write(record);
            assertThat(written.contains("remarks")).isEqualTo(service.equals("web"));
            assertThat(RecordJson.read(written, RegistrationRecord.class)).isEqualTo(record);
        }
    }
}
