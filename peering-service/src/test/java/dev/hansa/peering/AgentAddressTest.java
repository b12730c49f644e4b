package dev.hansa.peering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Settings;
import dev.hansa.peering.config.PeeringServiceConfig;
import dev.hansa.tests.support.FreePorts;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Where a whole server says that it is, when it listens on all addresses and is known by a name.
@Timeout(120)
class AgentAddressTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path directory;
    private final int port = FreePorts.one();

    private PeeringService start(String http, String peers) throws Exception {
        var settings =
                Map.of(
                        "datacenter",
                        "eks",
                        "data-dir",
                        directory.toString(),
                        "http.address",
                        http + ":" + port,
                        "http.open-to-everyone-on-the-network",
                        "true",
                        "dns.address",
                        "none",
                        "peer.address",
                        peers + ":" + FreePorts.one(),
                        "proxy.address",
                        "127.0.0.1:" + FreePorts.one(),
                        "admin.address",
                        "127.0.0.1:" + FreePorts.one());
        return PeeringService.start(
                PeeringServiceConfig.read(Settings.of(settings, Map.of(), Optional.empty())),
                Clock.systemUTC());
    }

    private static JsonNode read(HttpClient client, int port, String path) throws Exception {
        var answer =
                client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .timeout(Duration.ofSeconds(30))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private void register(HttpClient client) throws Exception {
        var answer =
                client.send(
                        HttpRequest.newBuilder(
                                        URI.create(
                                                "http://127.0.0.1:"
                                                        + port
                                                        + "/v1/agent/service/register"))
                                .timeout(Duration.ofSeconds(30))
                                .PUT(
                                        HttpRequest.BodyPublishers.ofString(
                                                "{\"Name\":\"web\",\"Port\":80}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    @Test
    void serverThatListensOnAllAddressesIsWhereItTellsPeers() throws Exception {
        try (var _ = start("0.0.0.0", "127.0.0.2");
                var client = HttpClient.newHttpClient()) {
            register(client);

            var web = read(client, port, "/v1/health/service/web").get(0);
            assertThat(web.path("Node").path("Address").asText()).isEqualTo("127.0.0.2");
            assertThat(web.path("Node").path("TaggedAddresses").path("lan").asText())
                    .isEqualTo("127.0.0.2");
            assertThat(read(client, port, "/v1/catalog/service/web").get(0).path("Address"))
                    .isEqualTo(JSON.getNodeFactory().textNode("127.0.0.2"));
            assertThat(read(client, port, "/v1/agent/self").path("Member").path("Addr").asText())
                    .isEqualTo("127.0.0.2");
            assertThat(read(client, port, "/v1/status/leader").asText())
                    .isEqualTo("127.0.0.2:" + port);
            for (var list : List.of("catalog/nodes", "catalog/service/consul", "agent/members")) {
                assertThat(read(client, port, "/v1/" + list).toString()).doesNotContain("0.0.0.0");
            }
        }
    }

    @Test
    void serverThatIsKnownByANameIsAtItsAddress() throws Exception {
        try (var _ = start("0.0.0.0", "localhost");
                var client = HttpClient.newHttpClient()) {
            await().untilAsserted(() -> {
                for (var member :
                        new JsonNode[] {
                            read(client, port, "/v1/agent/self").path("Member"),
                            read(client, port, "/v1/agent/members").get(0)
                        }) {
                    assertThat(
                                    InetAddress.ofLiteral(member.path("Addr").asText())
                                            .isLoopbackAddress())
                            .isTrue();
                }
            });
            var address = read(client, port, "/v1/agent/members").get(0).path("Addr").asText();
            assertThat(read(client, port, "/v1/agent/members?filter=Addr==%22" + address + "%22"))
                    .hasSize(1);
            register(client);
            assertThat(
                            read(client, port, "/v1/health/service/web")
                                    .get(0)
                                    .path("Node")
                                    .path("Address")
                                    .asText())
                    .isEqualTo(address);
        }
    }
}
