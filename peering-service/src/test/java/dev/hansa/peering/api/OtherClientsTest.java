package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.peering.cluster.ServerInfo;
import dev.hansa.peering.store.RecordJson;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.trustbundle.Datacenter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What clients of Consul in other languages need of an answer, or send, beyond what the Go client
/// does. Each of these once failed in one of them.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OtherClientsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ApiWorld world;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        world = new ApiWorld(folder);
    }

    @AfterAll
    void stop() throws Exception {
        world.close();
    }

    private JsonNode get(String path) throws Exception {
        var answer = world.get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    /// Java's `consul-client` refuses an agent without a revision, or whose member has no versions.
    @Test
    void agentsOwnMemberIsAsWholeAsThoseOfTheList() throws Exception {
        var self = get("/v1/agent/self");

        assertThat(self.path("Config").path("Revision").isTextual()).isTrue();
        assertThat(self.path("Member").fieldNames())
                .toIterable()
                .contains("Addr", "Tags", "ProtocolMin", "ProtocolCur", "DelegateMax");
    }

    /// Java's `consul-client` reads each `Proxy` as that of a proxy.
    @Test
    void serviceThatIsNoProxyHasNoneAtTheAgent() throws Exception {
        world.put("/v1/agent/service/register", "{\"Name\":\"plain\",\"Port\":80}");

        for (var service :
                new JsonNode[] {
                    get("/v1/agent/services").path("plain"), get("/v1/agent/service/plain")
                }) {
            assertThat(service.path("Service").asText()).isEqualTo("plain");
            assertThat(service.has("Proxy")).isFalse();
            assertThat(service.has("Connect")).isFalse();
        }
        assertThat(get("/v1/health/service/plain").get(0).path("Service").has("Proxy")).isTrue();
    }

    /// Java's `consul-client` takes no node that has addresses by tags and none for the WAN.
    @Test
    void nodeSaysWhereItIsOnTheLanAndTheWan() throws Exception {
        world.put("/v1/agent/service/register", "{\"Name\":\"there\",\"Port\":80}");

        for (var node :
                new JsonNode[] {
                    get("/v1/catalog/nodes").get(0),
                    get("/v1/catalog/service/there").get(0),
                    get("/v1/health/service/there").get(0).path("Node")
                }) {
            assertThat(node.path("Address").asText()).isNotEmpty();
            for (var tag : List.of("lan", "wan")) {
                assertThat(node.path("TaggedAddresses").path(tag)).isEqualTo(node.path("Address"));
            }
        }
    }

    /// Also with another status than 200.
    @Test
    void prettyIsPrettyWhateverTheStatus() throws Exception {
        world.put("/v1/agent/service/register", "{\"Name\":\"ill\",\"Check\":{\"TTL\":\"1h\"}}");
        for (var path :
                List.of(
                        "200 /v1/operator/autopilot/health",
                        "503 /v1/agent/health/service/id/ill",
                        "503 /v1/agent/health/service/name/ill",
                        "404 /v1/agent/health/service/id/nothing",
                        "200 /v1/agent/service/ill")) {
            var status = path.substring(0, 3);
            var plain = world.get(path.substring(4));
            var pretty = world.get(path.substring(4) + "?pretty");
            assertThat(plain.statusCode() + " " + pretty.statusCode())
                    .as(path)
                    .isEqualTo(status + " " + status);
            assertThat(plain.body()).as(path).doesNotContain("\n");
            assertThat(pretty.body()).as(path).contains("\n    ").endsWith("\n");
            assertThat(JSON.readTree(pretty.body())).as(path).isNotEmpty();
            assertThat(pretty.headers().firstValue("Content-Type"))
                    .isEqualTo(plain.headers().firstValue("Content-Type"))
                    .contains("application/json");
        }
        // what is no JSON stays what it is
        assertThat(world.get("/v1/agent/health/service/id/nothing?format=text&pretty").body())
                .isEqualTo("ServiceId nothing not found");
    }

    /// Nomad and Terraform's provider read them; Nomad starts no job of the mesh without the first.
    @Test
    void agentSaysWhatItCanDoAndWhichNodeItIs() throws Exception {
        world.put("/v1/agent/service/register", "{\"Name\":\"there\",\"Port\":80}");
        var self = get("/v1/agent/self");

        assertThat(self.path("DebugConfig").path("ConnectEnabled").asBoolean()).isTrue();
        // at least 1.8, as Nomad has it
        assertThat(self.path("Config").path("Version").asText())
                .matches("1\\.[0-9]{2}\\.[0-9]+\\+hansa\\.[0-9].*");
        assertThat(get("/v1/agent/version").path("HumanVersion").asText()).startsWith("0.");
        assertThat(self.path("DebugConfig").path("ACLsEnabled").asBoolean()).isFalse();
        assertThat(self.path("Stats").path("consul").path("server").asText()).isEqualTo("true");
        self.path("Stats")
                .forEach(section -> section.forEach(text -> assertThat(text.isTextual()).isTrue()));
        assertThat(self.path("Member").path("Tags").has("segment")).isTrue();
        var id = self.path("Config").path("NodeID").asText();
        assertThat(id).matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
        assertThat(self.path("Member").path("Tags").path("id").asText()).isEqualTo(id);
        world.catalog.publish(
                "server:server",
                List.of(
                        new ServerInfo(
                                        world.store.members().self(),
                                        "eks-server",
                                        new Endpoint("127.0.0.1", 8503),
                                        new Endpoint("127.0.0.1", 8502),
                                        new Endpoint("127.0.0.1", 8500))
                                .instance(new Datacenter("eks"), Optional.empty())));
        for (var node :
                List.of(
                        get("/v1/catalog/nodes").get(0),
                        get("/v1/health/service/consul").get(0).path("Node"),
                        get("/v1/health/service/there").get(0).path("Node"))) {
            assertThat(node.path("ID").asText()).isEqualTo(id);
            assertThat(node.path("Meta").path("consul-version").asText())
                    .isEqualTo(self.path("Config").path("Version").asText());
            assertThat(node.path("Meta").has("consul-network-segment")).isTrue();
            assertThat(node.path("TaggedAddresses").path("lan_ipv4").asText())
                    .isEqualTo("127.0.0.1");
        }
        for (var named :
                List.of(
                        get("/v1/operator/raft/configuration").path("Servers").get(0).path("Node"),
                        get("/v1/operator/autopilot/health").path("Servers").get(0).path("Name"))) {
            assertThat(named.asText()).isEqualTo("eks-server");
        }
        world.catalog.publish("server:server", List.of());
    }

    /// Terraform's provider compares them with what it wrote, and monitors of outside nodes ask by
    /// them.
    @Test
    void wayOfACheckThatTheCatalogIsToldIsReadBack() throws Exception {
        var definition =
                "{\"HTTP\":\"https://192.0.2.9/health\",\"Header\":{\"X-Token\":[\"canary\"]},\"Method\":\"PUT\",\"TLSSkipVerify\":true,"
                        + "\"IntervalDuration\":\"5s\",\"Timeout\":1000000000,\"DeregisterCriticalServiceAfter\":\"90s\"}";
        var written =
                world.put(
                        "/v1/catalog/register",
                        "{\"Node\":\"outside\",\"Address\":\"192.0.2.9\",\"Service\":{\"Service\":\"far\"},\"Checks\":[{\"CheckID\":\"c\",\"Name\":\"c\",\"ServiceID\":\"far\",\"Status\":\"passing\",\"Definition\":"
                                + definition
                                + "},{\"CheckID\":\"plain\",\"ServiceID\":\"far\",\"Definition\":{\"Interval\":\"0s\",\"TCP\":\"\"}}]}");
        assertThat(written.statusCode()).as(written.body()).isEqualTo(200);

        for (var path :
                List.of(
                        "/v1/health/checks/far",
                        "/v1/health/node/outside",
                        "/v1/health/state/any")) {
            var checks = get(path);
            assertThat(checks.toString()).doesNotContain("canary");
            for (var check : checks) {
                var shown = check.path("Definition").toString();
                switch (check.path("CheckID").asText()) {
                    case "c" ->
                            assertThat(shown)
                                    .isEqualTo(
                                            "{\"HTTP\":\"https://192.0.2.9/health\",\"Header\":{\"X-Token\":[\"<hidden>\"]},\"Method\":\"PUT\",\"TLSSkipVerify\":true,"
                                                    + "\"Interval\":\"5s\",\"Timeout\":\"1s\",\"DeregisterCriticalServiceAfter\":\"1m30s\"}");
                    case "plain" -> assertThat(shown).isEqualTo("{}");
                    default -> assertThat(check.path("Node").asText()).isNotEqualTo("outside");
                }
            }
        }
        var held = Objects.requireNonNull(world.store.now().registrations().get("outside/far"));
        var kept = RecordJson.write(held);
        assertThat(kept).doesNotContain("canary");
        assertThat(RecordJson.read(kept, RegistrationRecord.class)).isEqualTo(held);
        for (var refused :
                List.of(
                        "{\"HTTP\":\"http://a:b@c/\"} | HTTP: expected a URL without credentials",
                        "{\"Interval\":\"soon\"} | Interval: expected a duration such as",
                        "{\"Timeout\":-1} | Timeout: expected a duration that is not negative",
                        "{\"Timeout\":99999999999999999999} | Body decoding failed: Definition.Timeout: expected a duration",
                        "{\"TCP\":\""
                                + "x".repeat(5000)
                                + "\"} | Check.Definition: expected at most 4096 characters")) {
            var parts = refused.split(" \\| ");
            var answer =
                    world.put(
                            "/v1/catalog/register",
                            "{\"Node\":\"outside\",\"Check\":{\"CheckID\":\"d\",\"ServiceID\":\"far\",\"Definition\":"
                                    + parts[0]
                                    + "}}");
            assertThat(answer.statusCode() + " " + answer.body()).startsWith("400 " + parts[1]);
        }
        world.put("/v1/catalog/deregister", "{\"Node\":\"outside\"}");
    }

    /// A client that adds it to all that it asks is told of this datacenter there, as by Consul.
    @Test
    void peerIsReadOverWhereConsulDoesNotLookAtIt() throws Exception {
        world.put("/v1/agent/service/register", "{\"Name\":\"here\",\"Check\":{\"TTL\":\"1h\"}}");

        for (var path :
                List.of(
                        "/v1/catalog/nodes",
                        "/v1/catalog/services",
                        "/v1/catalog/node/eks-server",
                        "/v1/catalog/node-services/eks-server",
                        "/v1/health/node/eks-server",
                        "/v1/health/checks/here",
                        "/v1/health/state/any")) {
            var all = get(path);
            assertThat(all).as(path).isNotEmpty();
            assertThat(get(path + "?peer=lke")).as(path).isEqualTo(all);
        }
        assertThat(get("/v1/health/service/here?peer=lke")).isEmpty();
        assertThat(get("/v1/catalog/service/here?peer=lke")).isEmpty();
    }

    /// Clients that name all that there is leave empty what they do not mean: Consul takes that for
    /// nothing.
    @Test
    void whatIsLeftEmptyIsNotSaid() throws Exception {
        var unsaid =
                ",\"Script\":\"\",\"Args\":[],\"TCP\":\"\",\"UDP\":\"\",\"GRPC\":\"\",\"H2PING\":\"\",\"AliasService\":\"\",\"Method\":\"\",\"Body\":\"\",\"Header\":null,"
                        + "\"Timeout\":\"0s\",\"DeregisterCriticalServiceAfter\":\"0s\",\"Status\":\"\"}";
        for (var way :
                List.of(
                        "http | {\"HTTP\":\"http://192.0.2.9/\",\"Interval\":\"1h\",\"TTL\":\"\"",
                        "http | {\"HTTP\":\"http://192.0.2.9/\",\"Interval\":\"1h\",\"TTL\":\"0s\"",
                        "http | {\"HTTP\":\"http://192.0.2.9/\",\"Interval\":\"1h\",\"TTL\":0",
                        "ttl | {\"TTL\":\"1h\",\"HTTP\":\"\",\"Interval\":\"0s\"")) {
            var parts = way.split(" \\| ");
            var answer =
                    world.put(
                            "/v1/agent/service/register",
                            "{\"Name\":\"sparse\",\"Check\":" + parts[1] + unsaid + "}");
            assertThat(answer.statusCode()).as(way + answer.body()).isEqualTo(200);
            var check = get("/v1/agent/checks").path("service:sparse");
            assertThat(check.path("Type").asText()).as(way).isEqualTo(parts[0]);
            assertThat(check.path("Timeout").asText())
                    .as(way)
                    .isEqualTo(parts[0].equals("ttl") ? "" : "10s");
        }
        var result =
                world.put(
                        "/v1/catalog/register",
                        "{\"Node\":\"outside\",\"Address\":\"192.0.2.9\",\"Service\":{\"Service\":\"thin\"},\"Check\":{\"Name\":\"c\",\"Status\":\"passing\",\"HTTP\":\"\",\"TTL\":\"\",\"Args\":[]}}");
        assertThat(result.statusCode()).as(result.body()).isEqualTo(200);
        for (var path : List.of("/v1/health/service/sparse", "/v1/catalog/services")) {
            assertThat(get(path + "?index=&wait=&dc=&near=&filter=&tag=&ns=&peer=&token="))
                    .as(path)
                    .isEqualTo(get(path))
                    .isNotEmpty();
        }
        world.put("/v1/catalog/deregister", "{\"Node\":\"outside\"}");
        world.put("/v1/agent/service/deregister/sparse", "");
    }

    /// Datadog's check looks at services only where these are the same, and thus once for all
    /// servers.
    @Test
    void memberSaysWhereTheLeaderIsSaidToBe() throws Exception {
        var leader = get("/v1/status/leader").asText();

        var member = get("/v1/agent/self").path("Member");
        assertThat(member.path("Addr").asText() + ":" + member.path("Tags").path("port").asText())
                .isEqualTo(leader);
        assertThat(get("/v1/status/peers").toString()).contains(leader);
    }
}
