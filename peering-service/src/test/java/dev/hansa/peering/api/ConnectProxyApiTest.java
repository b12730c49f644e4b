package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.peering.store.RecordJson;
import dev.hansa.peering.store.RegistrationRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Proxies that somebody registers, as clients of Consul do, and that have not joined.
class ConnectProxyApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ServiceName WEB = new ServiceName("web");
    private static final String SECRET = "a3b0c442-98fc-4c14-9afb-f4c8996fb924";

    private static final String PROXY =
            "{\"DestinationServiceName\":\"web\",\"DestinationServiceID\":\"web1\",\"LocalServiceAddress\":\"127.0.0.2\",\"LocalServicePort\":8080,"
                    + "\"Mode\":\"transparent\",\"TransparentProxy\":{\"OutboundListenerPort\":808},\"Config\":{\"a_b\":{\"C\":[1]}},"
                    + "\"Upstreams\":[{\"DestinationName\":\"db\",\"LocalBindPort\":9191,\"Config\":{\"connect_timeout_ms\":1000}},"
                    + "{\"DestinationType\":\"prepared_query\",\"DestinationName\":\"geo-cache\",\"LocalBindPort\":8181}],"
                    + "\"MeshGateway\":{\"Mode\":\"local\"},\"Expose\":{\"Paths\":[{\"ListenerPort\":1,\"Path\":\"/p\",\"LocalPathPort\":2,\"Protocol\":\"http\"}]}}";

    private ApiWorld world;

    @BeforeEach
    void start(@TempDir Path folder) throws Exception {
        world = new ApiWorld(folder);
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    private JsonNode read(String path) throws Exception {
        var answer = world.get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private void taken(String path, String body) throws Exception {
        var answer = world.put(path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private String refused(String body) throws Exception {
        var answer = world.put("/v1/agent/service/register", body);
        return answer.statusCode() + " " + answer.body();
    }

    private static ServiceInstance joined(String node, String name, ServiceKind kind) {
        return new ServiceInstance(
                new NodeRecord("", node, "192.0.2.7", "eks", Map.of(), Map.of()),
                name,
                name,
                kind,
                List.of(),
                "192.0.2.7",
                20_000,
                Map.of(),
                Map.of(),
                1,
                1,
                kind == ServiceKind.CONNECT_PROXY ? Optional.of(WEB) : Optional.empty(),
                Optional.empty(),
                List.of(),
                0,
                0);
    }

    @Test
    void proxyIsShownAsItWasSaidWithTheServiceItStandsFor() throws Exception {
        var definition = "\"Kind\":\"connect-proxy\",\"Port\":8001,\"Proxy\":" + PROXY + "}";
        taken(
                "/v1/catalog/register",
                "{\"Node\":\"n1\",\"Address\":\"h\",\"Service\":{\"ID\":\"web-proxy1\",\"Service\":\"web-proxy\","
                        + definition
                        + "}");
        taken("/v1/agent/service/register", "{\"Name\":\"own-proxy\"," + definition);

        for (var proxy :
                List.of(
                        read("/v1/catalog/service/web-proxy").get(0).path("ServiceProxy"),
                        read("/v1/catalog/connect/web?filter=Node==n1").get(0).path("ServiceProxy"),
                        read("/v1/health/connect/web?filter=Node.Node==n1")
                                .get(0)
                                .path("Service")
                                .path("Proxy"),
                        read("/v1/catalog/node/n1")
                                .path("Services")
                                .path("web-proxy1")
                                .path("Proxy"),
                        read("/v1/agent/service/own-proxy").path("Proxy"))) {
            assertThat(proxy).isEqualTo(JSON.readTree(PROXY));
        }
        assertThat(read("/v1/health/connect/web")).hasSize(2);
        assertThat(
                        read("/v1/health/service/own-proxy")
                                .get(0)
                                .path("Service")
                                .path("Kind")
                                .asText())
                .isEqualTo("connect-proxy");
    }

    @Test
    void keysAreTakenAsConsulsFilesWriteThem() throws Exception {
        taken(
                "/v1/agent/service/register",
                "{\"name\":\"p\",\"kind\":\"connect-proxy\",\"port\":1,\"proxy\":{\"destination_service_name\":\"web\","
                        + "\"upstreams\":[{\"destination_name\":\"db\",\"local_bind_port\":9,\"config\":{\"x_y\":1}}]}}");

        assertThat(read("/v1/agent/service/p").path("Proxy").toString())
                .isEqualTo(
                        "{\"DestinationServiceName\":\"web\",\"Upstreams\":[{\"DestinationName\":\"db\",\"LocalBindPort\":9,\"Config\":{\"x_y\":1}}]}");
    }

    @Test
    void serviceThatSpeaksTheMeshItselfIsAmongItsOwnProxies() throws Exception {
        taken(
                "/v1/catalog/register",
                "{\"Node\":\"n1\",\"Address\":\"h\",\"Service\":{\"Service\":\"web\",\"Connect\":{\"Native\":true}}}");
        taken("/v1/agent/service/register", "{\"Name\":\"web\",\"Connect\":{\"Native\":false}}");

        var all = read("/v1/catalog/connect/web");
        assertThat(all).hasSize(1);
        assertThat(all.get(0).path("ServiceConnect").toString()).isEqualTo("{\"Native\":true}");
        assertThat(read("/v1/catalog/connect/web?filter=ServiceConnect.Native!=true")).isEmpty();
        assertThat(read("/v1/health/connect/web")).hasSize(1);
        assertThat(world.catalog.snapshots().get().proxiesOf(WEB)).isEmpty();
    }

    @Test
    void sidecarComesAndGoesWithItsService() throws Exception {
        taken(
                "/v1/agent/service/register",
                "{\"Name\":\"web\",\"ID\":\"web-1\",\"Port\":8000,\"Tags\":[\"v1\"],\"Meta\":{\"a\":\"b\"},"
                        + "\"Connect\":{\"SidecarService\":{\"Proxy\":{\"Upstreams\":[{\"DestinationName\":\"db\",\"LocalBindPort\":9191}]}}}}");

        var sidecar = read("/v1/agent/service/web-1-sidecar-proxy");
        assertThat(sidecar.path("Service").asText()).isEqualTo("web-sidecar-proxy");
        assertThat(sidecar.path("Port").asInt()).isEqualTo(21_000);
        assertThat(sidecar.path("Tags").toString()).isEqualTo("[\"v1\"]");
        assertThat(sidecar.path("Meta").toString()).isEqualTo("{\"a\":\"b\"}");
        assertThat(sidecar.path("Proxy").toString())
                .isEqualTo(
                        "{\"DestinationServiceName\":\"web\",\"DestinationServiceID\":\"web-1\",\"LocalServiceAddress\":\"127.0.0.1\",\"LocalServicePort\":8000,"
                                + "\"Upstreams\":[{\"DestinationName\":\"db\",\"LocalBindPort\":9191}]}");
        var check = read("/v1/health/checks/web-sidecar-proxy").get(0);
        assertThat(check.path("Name").asText()).isEqualTo("Connect Sidecar Listening");
        assertThat(check.path("CheckID").asText()).isEqualTo("service:web-1-sidecar-proxy:1");
        assertThat(check.path("Definition").path("TCP").asText()).isEqualTo("127.0.0.1:21000");
        assertThat(read("/v1/health/connect/web?passing")).isEmpty();

        taken("/v1/agent/service/deregister/web-1", "");
        assertThat(read("/v1/agent/services")).isEmpty();
    }

    @Test
    void sidecarGetsAPortThatNobodyHasAndKeepsIt() throws Exception {
        for (var service : List.of("a", "b", "a")) {
            taken(
                    "/v1/agent/service/register",
                    "{\"Name\":\"" + service + "\",\"Connect\":{\"sidecar_service\":{}}}");
        }
        taken(
                "/v1/agent/service/register",
                "{\"Name\":\"c\",\"Connect\":{\"SidecarService\":{\"Port\":30000,\"Checks\":[{\"Name\":\"own\",\"TTL\":\"1h\"},{\"AliasService\":\"c\"}]}}}");

        var services = read("/v1/agent/services");
        assertThat(services.path("a-sidecar-proxy").path("Port").asInt()).isEqualTo(21_000);
        assertThat(services.path("b-sidecar-proxy").path("Port").asInt()).isEqualTo(21_001);
        assertThat(services.path("c-sidecar-proxy").path("Port").asInt()).isEqualTo(30_000);
        assertThat(read("/v1/health/checks/c-sidecar-proxy"))
                .hasSize(1)
                .allMatch(check -> check.path("Name").asText().equals("own"));
    }

    @Test
    void sidecarThatCannotBeIsRefusedAndItsServiceWithIt() throws Exception {
        assertThat(refused("{\"Name\":\"web\",\"Connect\":{\"SidecarService\":{\"ID\":\"x\"}}}"))
                .startsWith("400 Invalid SidecarService: expected no ID");
        assertThat(
                        refused(
                                "{\"Name\":\"web\",\"Connect\":{\"SidecarService\":{\"Connect\":{\"Native\":true}}}}"))
                .startsWith("400 Invalid SidecarService: expected a proxy without one of its own");
        assertThat(
                        refused(
                                "{\"Name\":\"g\",\"Kind\":\"mesh-gateway\",\"Connect\":{\"SidecarService\":{}}}"))
                .startsWith("400 Invalid SidecarService: expected one of a service");
        assertThat(
                        refused(
                                "{\"Name\":\"p\",\"Kind\":\"connect-proxy\",\"Port\":1,\"Proxy\":{\"DestinationServiceName\":\"web\"},\"Connect\":{\"Native\":true}}"))
                .startsWith("400 Connect.Native: expected none of a Connect proxy");
        assertThat(
                        refused(
                                "{\"Name\":\"p\",\"Kind\":\"connect-proxy\",\"Proxy\":{\"DestinationServiceName\":\"web\"}}"))
                .startsWith("400 Port or SocketPath must be set for a Connect proxy");
        assertThat(
                        refused(
                                "{\"Name\":\"p\",\"Kind\":\"connect-proxy\",\"Port\":1,\"Proxy\":{\"DestinationServiceName\":\"*\"}}"))
                .startsWith("400 invalid service name");
        assertThat(
                        refused(
                                "{\"Name\":\"p\",\"Kind\":\"connect-proxy\",\"Port\":1,\"Proxy\":{\"DestinationServiceName\":\"web\",\"Config\":{\"a\":\""
                                        + "x".repeat(17_000)
                                        + "\"}}}"))
                .startsWith("400 Proxy: expected at most 16384 characters");
        assertThat(read("/v1/agent/services")).isEmpty();
    }

    @Test
    void nobodyIsLedToAProxyUntilItHasJoined() throws Exception {
        taken(
                "/v1/agent/service/register",
                "{\"Name\":\"web\",\"Port\":8000,\"Connect\":{\"SidecarService\":{}}}");

        assertThat(world.catalog.snapshots().get().named("web-sidecar-proxy")).hasSize(1);
        assertThat(world.catalog.snapshots().get().proxiesOf(WEB)).isEmpty();
        assertThat(read("/v1/hansa/services").get(0).path("Proxies").asInt()).isZero();

        world.catalog.publish(
                "proxy-1",
                List.of(
                        joined("eks-server", "web", ServiceKind.TYPICAL),
                        joined("eks-server", "web-sidecar-proxy", ServiceKind.CONNECT_PROXY)));
        var all = read("/v1/health/connect/web");
        assertThat(all).hasSize(1);
        assertThat(all.get(0).path("Service").path("Port").asInt()).isEqualTo(20_000);
        assertThat(world.catalog.snapshots().get().proxiesOf(WEB)).hasSize(1);
        assertThat(read("/v1/hansa/services").get(0).path("Proxies").asInt()).isEqualTo(1);

        world.catalog.publish("proxy-1", List.of());
        assertThat(read("/v1/health/connect/web").get(0).path("Service").path("Port").asInt())
                .isEqualTo(21_000);
        assertThat(world.catalog.snapshots().get().proxiesOf(WEB)).isEmpty();
    }

    @Test
    void proxiesAndNativesAreCountedByTheirKind() throws Exception {
        taken(
                "/v1/catalog/register",
                "{\"Node\":\"n1\",\"Address\":\"h\",\"Service\":{\"Service\":\"proxy\",\"Kind\":\"connect-proxy\",\"Port\":9000,\"Proxy\":{\"DestinationServiceName\":\"foo\"}}}");
        taken(
                "/v1/catalog/register",
                "{\"Node\":\"n1\",\"Address\":\"h\",\"Service\":{\"Service\":\"web\",\"Connect\":{\"Native\":true}}}");

        var usage = read("/v1/operator/usage").path("Usage").path("eks");
        assertThat(usage.path("ConnectServiceInstances").toString())
                .isEqualTo(
                        "{\"api-gateway\":0,\"connect-native\":1,\"connect-proxy\":1,\"ingress-gateway\":0,\"mesh-gateway\":0,\"terminating-gateway\":0}");
        assertThat(usage.path("BillableServiceInstances").asInt()).isEqualTo(1);
    }

    @Test
    void whatIsKeptIsReadAgainAndAnOlderRemarkToo() throws Exception {
        taken(
                "/v1/agent/service/register",
                "{\"Name\":\"web\",\"SocketPath\":\"/s\",\"Connect\":{\"SidecarService\":{}}}");

        var held = world.store.now().registrations();
        for (var id : List.of("web", "web-sidecar-proxy")) {
            var record = Objects.requireNonNull(held.get("eks-server/" + id));
            var written = RecordJson.write(record);
            assertThat(RecordJson.read(written, RegistrationRecord.class)).isEqualTo(record);
            assertThat(written.contains("speaksMesh")).isFalse();
            assertThat(written.contains("\"proxy\"")).isEqualTo(!id.equals("web"));
        }
    }

    @Test
    void whoeverRegistersAProxyMayWriteTheServiceThatItStandsFor(@TempDir Path folder)
            throws Exception {
        try (var guarded = new ApiWorld(folder, new AccessSettings(true, false))) {
            guarded.put("/v1/acl/bootstrap", "{\"BootstrapSecret\":\"" + SECRET + "\"}");
            assertThat(
                            guarded.sendAs(
                                            SECRET,
                                            "PUT",
                                            "/v1/acl/policy",
                                            "{\"Name\":\"p\",\"Rules\":\"service \\\"web-proxy\\\" { policy = \\\"write\\\" } service \\\"own\\\" { policy = \\\"write\\\" }\"}")
                                    .statusCode())
                    .isEqualTo(200);
            var token =
                    JSON.readTree(
                                    guarded.sendAs(
                                                    SECRET,
                                                    "PUT",
                                                    "/v1/acl/token",
                                                    "{\"Policies\":[{\"Name\":\"p\"}]}")
                                            .body())
                            .path("SecretID")
                            .asText();
            for (var allowed : List.of("own", "web")) {
                var answer =
                        guarded.sendAs(
                                token,
                                "PUT",
                                "/v1/agent/service/register",
                                "{\"Name\":\"web-proxy\",\"Kind\":\"connect-proxy\",\"Port\":1,\"Proxy\":{\"DestinationServiceName\":\""
                                        + allowed
                                        + "\"}}");
                assertThat(answer.statusCode())
                        .as(answer.body())
                        .isEqualTo(allowed.equals("own") ? 200 : 403);
            }
            var withSidecar =
                    guarded.sendAs(
                            token,
                            "PUT",
                            "/v1/agent/service/register",
                            "{\"Name\":\"own\",\"Connect\":{\"SidecarService\":{}}}");
            assertThat(withSidecar.statusCode()).as(withSidecar.body()).isEqualTo(403);
            assertThat(guarded.store.now().registrations()).doesNotContainKey("eks-server/own");
        }
    }
}
