package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is registered in the catalog and taken out again, as Consul takes it.
class CatalogWritesTest {
    @TempDir Path folder;
    private ApiWorld world;

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(folder);
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    private JsonNode read(String path) throws Exception {
        var answer = world.get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return new ObjectMapper().readTree(answer.body());
    }

    private void write(String path, String body) throws Exception {
        assertThat(world.put(path, body).body()).isEqualTo("true");
    }

    /// Also what was registered before there was a node to be told of.
    @Test
    void nodesNewAddressAndMetaReachWhatIsRegisteredThere() throws Exception {
        write(
                "/v1/catalog/register",
                "{\"Node\":\"n\",\"SkipNodeUpdate\":true,\"Service\":{\"Service\":\"db\",\"Port\":1}}");
        for (var host : List.of("192.0.2.1", "192.0.2.2")) {
            write(
                    "/v1/catalog/register",
                    "{\"Node\":\"n\",\"Address\":\""
                            + host
                            + "\",\"NodeMeta\":{\"os\":\""
                            + host
                            + "\"}}");

            var health = read("/v1/health/service/db?filter=Node.Meta.os==%22" + host + "%22");
            assertThat(health).hasSize(1);
            assertThat(health.get(0).path("Node").path("Address").asText()).isEqualTo(host);
            var catalog = read("/v1/catalog/service/db?node-meta=os:" + host).get(0);
            assertThat(catalog.path("Address").asText()).isEqualTo(host);
            assertThat(read("/v1/catalog/node/n").path("Node").path("Address").asText())
                    .isEqualTo(host);
        }
        // nobody says it anew where it was told to stay
        write(
                "/v1/catalog/register",
                "{\"Node\":\"n\",\"Address\":\"192.0.2.9\",\"SkipNodeUpdate\":true,\"Service\":{\"Service\":\"web\"}}");
        for (var service : List.of("db", "web")) {
            assertThat(read("/v1/catalog/service/" + service).get(0).path("Address").asText())
                    .isEqualTo("192.0.2.2");
        }
    }

    /// Of a job that runs once a week, or once a month.
    @Test
    void checkMayBeOfAWeekOrAMonth() throws Exception {
        for (var time : List.of("168h", "1440h")) {
            var made =
                    world.put(
                            "/v1/agent/service/register",
                            """
                            {"Name": "job", "Checks": [{"CheckID": "ttl", "TTL": "%s"},
                             {"CheckID": "tcp", "TCP": "127.0.0.1:1", "Interval": "%s"}]}
                            """
                                    .formatted(time, time));
            assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
            assertThat(read("/v1/agent/checks").toString())
                    .contains("\"Interval\":\"" + time + "0m0s\"");
        }
    }

    /// Go's programs write durations as they keep them, where nobody has made text of them.
    @Test
    void durationsOfChecksMayBeNumbersOfNanoseconds() throws Exception {
        var made =
                world.put(
                        "/v1/agent/service/register",
                        """
                        {"Name": "numbers", "Checks": [
                         {"CheckID": "n-tcp", "TCP": "127.0.0.1:1", "Interval": 30000000000,
                          "Timeout": 2000000000, "DeregisterCriticalServiceAfter": 7.2e12},
                         {"CheckID": "n-ttl", "TTL": 3600000000000},
                         {"CheckID": "n-none", "TCP": "127.0.0.1:1", "Interval": "10s", "Timeout": 0}]}
                        """);
        assertThat(made.statusCode()).as(made.body()).isEqualTo(200);

        var checks = read("/v1/agent/checks");
        var tcp = checks.path("n-tcp").path("Definition");
        assertThat(tcp.path("Interval").asText()).isEqualTo("30s");
        assertThat(tcp.path("Timeout").asText()).isEqualTo("2s");
        assertThat(tcp.path("DeregisterCriticalServiceAfter").asText()).isEqualTo("2h0m0s");
        assertThat(checks.path("n-ttl").path("Definition").path("TTL").asText())
                .isEqualTo("1h0m0s");
        assertThat(checks.path("n-none").path("Timeout").asText()).isEqualTo("10s");

        for (var wrong : List.of("true", "1e30", "[]")) {
            var refused =
                    world.put(
                            "/v1/agent/check/register",
                            "{\"Name\":\"n\",\"TCP\":\"127.0.0.1:1\",\"Interval\":" + wrong + "}");
            assertThat(refused.statusCode()).as(wrong).isEqualTo(400);
            assertThat(refused.body()).startsWith("Body decoding failed: ");
        }
        var refused =
                world.put(
                        "/v1/agent/check/register",
                        "{\"Name\":\"n\",\"TCP\":\"127.0.0.1:1\",\"Interval\":-5}");
        assertThat(refused.body()).contains("Interval: expected a duration from 1ms to 1440h");
    }

    @Test
    void rootsAreAskedForInAnyOfGosWords() throws Exception {
        for (var word : List.of("1", "t", "T", "TRUE", "true", "True")) {
            assertThat(world.get("/v1/connect/ca/roots?pem=" + word).body())
                    .as(word)
                    .startsWith("-----BEGIN CERTIFICATE-----");
        }
        for (var word : List.of("", "0", "f", "F", "FALSE", "false", "False")) {
            assertThat(world.get("/v1/connect/ca/roots?pem=" + word).body())
                    .as(word)
                    .startsWith("{");
        }
    }

    /// A name that SNI names cannot carry is no service's; who asks for it is told that there is
    /// none.
    @Test
    void nameThatNothingCanHaveIsNotRegisteredAndFindsNothing() throws Exception {
        for (var name : List.of("Web", "web.v1", "web!", "-web", "w".repeat(64))) {
            for (var list :
                    List.of(
                            "/v1/health/service/",
                            "/v1/health/connect/",
                            "/v1/health/ingress/",
                            "/v1/health/checks/",
                            "/v1/catalog/service/",
                            "/v1/catalog/connect/",
                            "/v1/health/connect/%s?peer=lke")) {
                var path = list.contains("%s") ? list.formatted(name) : list + name;
                assertThat(read(path)).as(path).isEmpty();
            }
            assertThat(
                            world.put("/v1/agent/service/register", "{\"Name\":\"" + name + "\"}")
                                    .body())
                    .startsWith("invalid service name: expected 1 to 63 lower-case letters");
        }
        for (var name : List.of("foo_bar", "-", "p".repeat(65))) {
            var none = world.get("/v1/peering/" + name);
            assertThat(none.statusCode()).as(name).isEqualTo(404);
            assertThat(none.body()).isEqualTo("Peering not found for \"" + name + "\"");
            var gone = world.send("DELETE", "/v1/peering/" + name, "");
            assertThat(gone.statusCode() + gone.body()).as(name).isEqualTo("200");
        }
        for (var name : List.of("w".repeat(254), "a%01", "a%0Ab", "a%7F")) {
            for (var place :
                    List.of("/v1/health/service/", "/v1/catalog/connect/", "/v1/peering/")) {
                var refused = world.get(place + name);
                assertThat(refused.statusCode()).as(place + name).isEqualTo(400);
                assertThat(refused.body())
                        .startsWith("name: expected at most 253 printable characters; found ")
                        .doesNotContain("\n");
            }
        }
    }

    /// As Consul's client sends it, with an address of no characters.
    @Test
    void whoDoesNotChangeTheNodeNeedNotSayItsAddress() throws Exception {
        write(
                "/v1/catalog/register",
                "{\"Node\":\"n1\",\"Address\":\"10.0.0.1\",\"NodeMeta\":{\"env\":\"qa\"}}");
        var service =
                "{\"Node\":\"%s\",\"Address\":\"\",\"SkipNodeUpdate\":%s,\"Service\":{\"Service\":\"web\",\"Port\":80}}";

        write("/v1/catalog/register", service.formatted("n1", true));
        write("/v1/catalog/register", service.formatted("n2", true));

        var found = read("/v1/health/service/web?filter=Node.Node==n1").get(0).path("Node");
        assertThat(found.path("Address").asText()).isEqualTo("10.0.0.1");
        assertThat(found.path("Meta").path("env").asText()).isEqualTo("qa");
        assertThat(read("/v1/catalog/service/web")).hasSize(2);
        assertThat(world.put("/v1/catalog/register", service.formatted("n1", false)).body())
                .isEqualTo("Must provide node and address");
    }

    /// The service named decides: the check goes with it, and another's of that id does not.
    @Test
    void serviceThatIsDeregisteredTogetherWithACheckGoesWhole() throws Exception {
        for (var id : List.of("db-1", "db-2")) {
            write(
                    "/v1/catalog/register",
                    """
                    {"Node": "n1", "Address": "10.0.0.1", "Service": {"ID": "%s", "Service": "db"},
                     "Check": {"CheckID": "c", "Status": "passing"}}
                    """
                            .formatted(id));
        }

        write(
                "/v1/catalog/deregister",
                "{\"Node\":\"n1\",\"ServiceID\":\"db-1\",\"CheckID\":\"c\"}");

        var left = read("/v1/health/service/db");
        assertThat(left).hasSize(1);
        assertThat(left.get(0).path("Service").path("ID").asText()).isEqualTo("db-2");
        assertThat(read("/v1/health/checks/db")).hasSize(1);

        // a check alone, of whatever has it
        write("/v1/catalog/deregister", "{\"Node\":\"n1\",\"CheckID\":\"c\"}");
        assertThat(read("/v1/health/service/db")).hasSize(1);
        assertThat(read("/v1/health/checks/db")).isEmpty();
    }
}
