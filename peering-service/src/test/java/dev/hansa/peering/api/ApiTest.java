package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.store.RegistrationRecord;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.trustbundle.PeerName;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What clients rely on, over real HTTP.
class ApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PeerName LKE = new PeerName("lke");
    private static final String MESH =
            "{\"Kind\":\"mesh\",\"Peering\":{\"PeerThroughMeshGateways\":true}}";

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

    private static JsonNode json(HttpResponse<String> answer) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        return JSON.readTree(answer.body());
    }

    @Test
    void everyAnswerSaysTheTime() throws Exception {
        for (var path : List.of("/v1/agent/self", "/v1/nothing", "/ui/")) {
            var date = world.get(path).headers().firstValue("Date").orElseThrow();
            var at = DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from);
            assertThat(at).isBetween(Instant.now().minusSeconds(60), Instant.now());
            assertThat(date).hasSize("Sat, 01 Nov 2025 00:00:00 GMT".length());
        }
    }

    @Test
    void tokenIsMadeForTheNamedPeer() throws Exception {
        var answer =
                world.post(
                        "/v1/peering/token",
                        "{\"PeerName\":\"lke\",\"ForDatacenter\":\"lke1\",\"TTL\":\"10m\",\"TokenForm\":\"consul\",\"Meta\":{\"a\":\"b\"},\"ServerExternalAddresses\":[\"h:1\"]}");

        assertThat(json(answer).path("PeeringToken").asText()).isEqualTo("token-of-lke");
        assertThat(world.asked)
                .containsExactly("lke lke1 {a=b} [h:1] Optional[PT10M] Optional[consul]");
    }

    // shows: DELETE /v1/peering/:name/token
    @Test
    void tokenIsRevokedByThePeersName() throws Exception {
        var done = world.send("DELETE", "/v1/peering/lke/token", "");
        var none = world.send("DELETE", "/v1/peering/other/token", "");

        assertThat(json(done).path("TokenID").asText()).isEqualTo("id-1");
        assertThat(none.statusCode()).isEqualTo(404);
    }

    @Test
    void establishAnswersWithTheFingerprintOrTheReason() throws Exception {
        var done =
                world.post(
                        "/v1/peering/establish",
                        "{\"PeerName\":\"lke\",\"PeeringToken\":\"t\",\"AcceptAudience\":\"lke1\",\"RequireSigned\":true,\"ExpectFingerprint\":\"lusab\"}");
        var denied =
                world.post(
                        "/v1/peering/establish",
                        "{\"PeerName\":\"lke\",\"PeeringToken\":\"used\"}");

        assertThat(json(done).path("Fingerprint").asText()).isEqualTo("abcd");
        assertThat(denied.statusCode()).isEqualTo(403);
        assertThat(denied.body())
                .isEqualTo(
                        "a new peering token must be generated: invalid peering establishment secret");
        assertThat(world.asked)
                .containsExactly(
                        "lke Conditions[acceptedAudience=Optional[lke1], requiresSigned=true, expectedFingerprint=Optional[lusab]]",
                        "lke Conditions[acceptedAudience=Optional.empty, requiresSigned=false, expectedFingerprint=Optional.empty]");
    }

    @Test
    void peeringIsShownListedAndDeleted() throws Exception {
        assertThat(world.get("/v1/peerings").body()).isEqualTo("[]");
        assertThat(world.get("/v1/peering/lke").statusCode()).isEqualTo(404);
        assertThat(world.get("/v1/peering/lke").body()).isEqualTo("Peering not found for \"lke\"");

        world.post("/v1/peering/token", "{\"PeerName\":\"lke\",\"Meta\":{\"env\":\"demo\"}}");

        var shown = json(world.get("/v1/peering/LKE"));
        assertThat(shown.path("Name").asText()).isEqualTo("lke");
        assertThat(shown.path("State").asText()).isEqualTo("PENDING");
        assertThat(shown.path("Meta").path("env").asText()).isEqualTo("demo");
        assertThat(shown.path("StreamStatus").toString())
                .isEqualTo(
                        "{\"ImportedServices\":[\"shippingservice\"],\"ExportedServices\":[],\"LastHeartbeat\":\"1970-01-01T00:00:00Z\",\"LastReceive\":null,\"LastSend\":null}");
        assertThat(json(world.get("/v1/peerings"))).hasSize(1);

        var deleted = world.send("DELETE", "/v1/peering/lke", "");
        assertThat(deleted.statusCode()).isEqualTo(200);
        assertThat(deleted.body()).isEmpty();
        assertThat(world.send("DELETE", "/v1/peering/lke", "").statusCode()).isEqualTo(200);
    }

    @Test
    void entryIsWrittenReadListedAndDeleted() throws Exception {
        assertThat(world.put("/v1/config", MESH).body()).isEqualTo("true");
        assertThat(
                        world.put(
                                        "/v1/config",
                                        "kind: service-resolver\nname: a\nfailover:\n  '*':\n    targets: [{peer: lke}]\n")
                                .body())
                .isEqualTo("true");

        var mesh = json(world.get("/v1/config/mesh/mesh"));
        assertThat(mesh.path("Kind").asText()).isEqualTo("mesh");
        assertThat(mesh.path("ModifyIndex").asLong()).isPositive();
        assertThat(json(world.get("/v1/config/service-resolver"))).hasSize(1);

        assertThat(world.send("DELETE", "/v1/config/mesh/mesh", "").body()).isEqualTo("{}");
        var gone = world.get("/v1/config/mesh/mesh");
        assertThat(gone.statusCode()).isEqualTo(404);
        assertThat(gone.body()).isEqualTo("Config entry not found for \"mesh\" / \"mesh\"");
        assertThat(world.configEvents())
                .hasSize(3)
                .hasAtLeastOneElementOfType(PeeringEvent.ConfigDeleted.class);
    }

    @Test
    void entryMayBeWrittenAsHcl() throws Exception {
        var mesh = "Kind = \"mesh\"\nPeering {\n  PeerThroughMeshGateways = true\n}\n";
        assertThat(world.put("/v1/config", mesh).body()).isEqualTo("true");
        assertThat(
                        json(world.get("/v1/config/mesh/mesh"))
                                .path("Peering")
                                .path("PeerThroughMeshGateways")
                                .asBoolean())
                .isTrue();

        var broken = world.put("/v1/config", mesh.replace("}", ""));
        assertThat(broken.statusCode()).isEqualTo(400);
        assertThat(broken.body())
                .isEqualTo(
                        "Request decoding failed: config entry: HCL at line 5, column 1: expected a key, or '}' for the '{' in line 2; found the end of the text");
    }

    @Test
    void casWritesOnlyOverWhatWasRead() throws Exception {
        assertThat(world.put("/v1/config?cas=0", MESH).body()).isEqualTo("true");
        assertThat(world.put("/v1/config?cas=0", "{\"Kind\":\"mesh\"}").body()).isEqualTo("false");
        var index = json(world.get("/v1/config/mesh/mesh")).path("ModifyIndex").asLong();
        assertThat(world.put("/v1/config?cas=" + index, "{\"Kind\":\"mesh\"}").body())
                .isEqualTo("true");
    }

    @Test
    void identicalEntryMovesNoIndex() throws Exception {
        world.put("/v1/config", MESH);
        var before = world.store.now().index();

        assertThat(world.put("/v1/config", MESH).body()).isEqualTo("true");

        assertThat(world.store.now().index()).isEqualTo(before);
        assertThat(world.configEvents()).hasSize(1);
    }

    @Test
    void agentsServiceIsRegisteredShownAndDeregistered() throws Exception {
        var defined =
                "{\"Name\":\"web\",\"Port\":8080,\"Tags\":[\"v1\"],\"Meta\":{\"a\":\"b\"},\"Check\":{\"Status\":\"passing\"}}";
        assertThat(world.put("/v1/agent/service/register", defined).statusCode()).isEqualTo(200);

        assertThat(json(world.get("/v1/catalog/services")).toString())
                .isEqualTo("{\"web\":[\"v1\"]}");
        assertThat(json(world.get("/v1/agent/services")).path("web").path("Port").asInt())
                .isEqualTo(8080);
        assertThat(json(world.get("/v1/catalog/nodes")).get(0).path("Node").asText())
                .isEqualTo("eks-server");
        var health = json(world.get("/v1/health/service/web?passing")).get(0);
        assertThat(health.path("Node").path("Address").asText()).isEqualTo("127.0.0.1");
        assertThat(health.path("Checks").get(0).path("Status").asText()).isEqualTo("passing");

        assertThat(world.put("/v1/agent/service/deregister/web", "").statusCode()).isEqualTo(200);
        assertThat(json(world.get("/v1/catalog/services"))).isEmpty();
        assertThat(world.put("/v1/agent/service/deregister/web", "").statusCode()).isEqualTo(404);
    }

    @Test
    void catalogsCheckChangesWhileItsServiceStays() throws Exception {
        world.put(
                "/v1/catalog/register",
                "{\"Node\":\"n1\",\"Address\":\"10.0.0.1\",\"Service\":{\"Service\":\"db\",\"Port\":5432},\"Check\":{\"CheckID\":\"c\",\"Status\":\"passing\"}}");
        assertThat(json(world.get("/v1/health/service/db?passing=1"))).hasSize(1);

        var changed =
                world.put(
                        "/v1/catalog/register",
                        "{\"Node\":\"n1\",\"Check\":{\"CheckID\":\"c\",\"ServiceID\":\"db\",\"Status\":\"critical\",\"Output\":\"down\"}}");

        assertThat(changed.body()).isEqualTo("true");
        assertThat(json(world.get("/v1/health/service/db?passing=1"))).isEmpty();
        assertThat(json(world.get("/v1/health/checks/db")).get(0).path("Output").asText())
                .isEqualTo("down");
        assertThat(json(world.get("/v1/catalog/service/db")).get(0).path("ServicePort").asInt())
                .isEqualTo(5432);
        assertThat(json(world.get("/v1/catalog/node/n1")).path("Services").has("db")).isTrue();

        world.put("/v1/catalog/deregister", "{\"Node\":\"n1\"}");
        assertThat(json(world.get("/v1/catalog/service/db"))).isEmpty();
    }

    // shows: GET /v1/health/ingress/:service
    @Test
    void ingressOfAServiceIsEmpty() throws Exception {
        world.put("/v1/agent/service/register", "{\"Name\":\"web\"}");

        assertThat(json(world.get("/v1/health/ingress/web"))).isEmpty();
    }

    @Test
    void fieldsMayBeWrittenAsConsulsFilesDo() throws Exception {
        var answer =
                world.put(
                        "/v1/agent/service/register",
                        "{\"name\":\"web\",\"tagged_addresses\":{\"wan_ipv4\":{\"address\":\"198.51.100.1\",\"port\":80}},\"check\":{\"check_id\":\"c\",\"http\":\"http://127.0.0.1:1/\",\"interval\":\"1h\",\"tls_skip_verify\":true,\"deregister_critical_service_after\":\"5s\"}}");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        var check = json(world.get("/v1/agent/checks")).path("c");
        assertThat(check.path("Definition").path("TLSSkipVerify").asBoolean()).isTrue();
        assertThat(check.path("Definition").path("DeregisterCriticalServiceAfter").asText())
                .isEqualTo("1m0s");
        assertThat(
                        json(world.get("/v1/agent/services"))
                                .path("web")
                                .path("TaggedAddresses")
                                .path("wan_ipv4")
                                .path("Port")
                                .asInt())
                .isEqualTo(80);
    }

    private int register(String what, String defined) throws Exception {
        return world.put("/v1/agent/" + what + "/register", defined).statusCode();
    }

    @Test
    void idOfACheckHasOneOwner() throws Exception {
        var ttl = "\"TTL\":\"1h\"";
        var ids = "{\"Name\":\"%s\",\"Checks\":[{\"CheckID\":\"own\",%s},{%s}]}";
        assertThat(register("service", ids.formatted("web", ttl, ttl))).isEqualTo(200);
        assertThat(register("service", "{\"Name\":\"db\",\"Check\":{" + ttl + "}}")).isEqualTo(200);
        assertThat(register("check", "{\"Name\":\"disk\"," + ttl + "}")).isEqualTo(200);

        for (var path : List.of("service", "check")) {
            // its own again
            assertThat(register("service", ids.formatted("web", ttl, ttl))).isEqualTo(200);
            assertThat(register("check", "{\"Name\":\"disk\"," + ttl + "}")).isEqualTo(200);
            var taken =
                    world.put(
                            "/v1/agent/" + path + "/register",
                            path.equals("check")
                                    ? "{\"Name\":\"own\",\"ServiceID\":\"db\"," + ttl + "}"
                                    : ids.formatted("db", ttl, ttl));
            assertThat(taken.statusCode()).isEqualTo(400);
            assertThat(taken.body())
                    .isEqualTo(
                            "CheckID: expected one that no other service or node has; found 'own', which service 'web' has");
        }
        assertThat(world.put("/v1/agent/check/register", "{\"Name\":\"own\"," + ttl + "}").body())
                .endsWith("found 'own', which service 'web' has");
        assertThat(register("check", "{\"Name\":\"disk\",\"ServiceID\":\"db\"," + ttl + "}"))
                .isEqualTo(400);
    }

    @Test
    void checksOfAnotherServersNodeStayThereAndItsMaintenanceIsLifted() throws Exception {
        world.store.apply(
                new StoreCommand.PutRegistration(
                        RegistrationRecord.node(
                                new NodeRecord(
                                        "",
                                        "old",
                                        "127.0.0.2",
                                        "eks",
                                        Map.of(),
                                        Map.of("hansa-agent", "true")),
                                List.of())));
        world.put(
                "/v1/catalog/register",
                "{\"Node\":\"old\",\"Checks\":[{\"CheckID\":\"disk\",\"Status\":\"passing\"},{\"CheckID\":\"_node_maintenance\",\"Status\":\"critical\"}]}");

        assertThat(register("check", "{\"Name\":\"disk\",\"TTL\":\"1h\"}")).isEqualTo(200);
        world.put("/v1/agent/maintenance?enable=false", "");

        var checks = json(world.get("/v1/agent/checks"));
        assertThat(checks).hasSize(1);
        assertThat(checks.path("disk").path("Node").asText()).isEqualTo("old");
        assertThat(checks.path("disk").path("Type").asText()).isEqualTo("ttl");
    }

    @Test
    void ownersWordThatSaysNothingNewIsNotWritten() throws Exception {
        register("service", "{\"Name\":\"web\",\"Check\":{\"TTL\":\"1h\"}}");
        var word = "/v1/agent/check/pass/service:web?note=well";
        world.put(word, "");
        var index = world.store.now().index();

        assertThat(world.put(word, "").statusCode()).isEqualTo(200);

        assertThat(world.store.now().index()).isEqualTo(index);
    }

    @Test
    void headersOfAChecksRequestAreNeverShown() throws Exception {
        world.put(
                "/v1/agent/service/register",
                "{\"Name\":\"web\",\"Check\":{\"HTTP\":\"http://127.0.0.1:1/\",\"Interval\":\"1h\",\"Header\":{\"Authorization\":[\"Bearer s3cret\"]}}}");

        for (var path :
                List.of("/v1/agent/checks", "/v1/health/service/web", "/v1/health/checks/web")) {
            assertThat(world.get(path).body()).contains("authorization").doesNotContain("s3cret");
        }
        assertThat(world.events.toString()).doesNotContain("s3cret");
        assertThat(world.store.now().registrations().toString()).doesNotContain("s3cret");
    }

    // shows: GET /v1/hansa/imported-services
    @Test
    void importedServiceIsSeenUnderItsPeerOnly() throws Exception {
        world.catalog.imported(
                LKE,
                before ->
                        before.with(
                                        "shippingservice",
                                        List.of(
                                                imported(
                                                        "shippingservice",
                                                        ServiceKind.TYPICAL,
                                                        CheckStatus.PASSING),
                                                imported(
                                                        "shippingservice",
                                                        ServiceKind.TYPICAL,
                                                        CheckStatus.CRITICAL)))
                                .with(
                                        "shippingservice-sidecar-proxy",
                                        List.of(
                                                imported(
                                                        "shippingservice-sidecar-proxy",
                                                        ServiceKind.CONNECT_PROXY,
                                                        CheckStatus.PASSING))));

        assertThat(json(world.get("/v1/health/service/shippingservice"))).isEmpty();
        assertThat(json(world.get("/v1/health/service/shippingservice?peer=lke"))).hasSize(2);
        assertThat(json(world.get("/v1/health/service/shippingservice?peer=lke&passing")))
                .hasSize(1);
        var proxy = json(world.get("/v1/health/connect/shippingservice?peer=lke")).get(0);
        assertThat(
                        proxy.path("Service")
                                .path("Connect")
                                .path("PeerMeta")
                                .path("SNI")
                                .get(0)
                                .asText())
                .isEqualTo("sni.lke");
        assertThat(proxy.path("Service").path("PeerName").asText()).isEqualTo("lke");
        assertThat(json(world.get("/v1/hansa/imported-services")).toString())
                .isEqualTo(
                        "[{\"Service\":\"shippingservice\",\"Peer\":\"lke\",\"Instances\":2,\"Healthy\":1,\"Stale\":true}]");
    }

    private static ServiceInstance imported(String name, ServiceKind kind, CheckStatus status) {
        return new ServiceInstance(
                new NodeRecord("", "lke-node", "10.1.0.1", "lke", Map.of(), Map.of()),
                name + "-" + status.word(),
                name,
                kind,
                List.of(),
                "",
                8443,
                Map.of(),
                Map.of(),
                1,
                1,
                kind == ServiceKind.CONNECT_PROXY
                        ? Optional.of(new ServiceName("shippingservice"))
                        : Optional.empty(),
                kind == ServiceKind.CONNECT_PROXY
                        ? Optional.of(
                                new PeerMeta(List.of("sni.lke"), List.of("spiffe://x"), "tcp"))
                        : Optional.empty(),
                List.of(new HealthCheck("c", "c", status, "", "tcp")),
                1,
                1);
    }

    @Test
    void exportsAreListedWithTheWildcardExpanded() throws Exception {
        world.put("/v1/agent/service/register", "{\"Name\":\"web\",\"Port\":1}");
        world.put(
                "/v1/config",
                "{\"Kind\":\"exported-services\",\"Services\":[{\"Name\":\"*\",\"Consumers\":[{\"Peer\":\"lke\"}]},{\"Name\":\"db\",\"Consumers\":[{\"Peer\":\"aks\"}]}]}");

        assertThat(world.get("/v1/exported-services").body())
                .isEqualTo(
                        "[{\"Service\":\"db\",\"Consumers\":{\"Peers\":[\"aks\"]}},{\"Service\":\"web\",\"Consumers\":{\"Peers\":[\"lke\"]}}]");
    }

    @Test
    void intentionIsCheckedWithPeeredSources() throws Exception {
        world.put(
                "/v1/config",
                "{\"Kind\":\"service-intentions\",\"Name\":\"db\",\"Sources\":[{\"Name\":\"web\",\"Peer\":\"lke\",\"Action\":\"allow\"}]}");

        assertThat(
                        world.get("/v1/connect/intentions/check?source=peer:lke/web&destination=db")
                                .body())
                .isEqualTo("{\"Allowed\":true}");
        assertThat(world.get("/v1/connect/intentions/check?source=web&destination=db").body())
                .isEqualTo("{\"Allowed\":false}");
    }

    // shows: POST /v1/hansa/join-token
    @Test
    void joinTokenIsMadeForServicesAndGateway() throws Exception {
        var answer =
                world.post(
                        "/v1/hansa/join-token",
                        "{\"Services\":[\"b\",\"a\"],\"MeshGateway\":true,\"TTL\":\"1h\"}");

        assertThat(json(answer).path("JoinToken").asText()).isEqualTo("hansa-join.x");
        assertThat(world.asked).containsExactly("[a, b] true false PT1H");
    }

    // shows: GET /v1/agent/connect/ca/roots
    @Test
    void rootsAreShownAsJsonAndPem() throws Exception {
        var roots = json(world.get("/v1/connect/ca/roots"));
        assertThat(roots.path("TrustDomain").asText())
                .isEqualTo("0b6f0b5c-0000-4000-8000-000000000001.consul");
        assertThat(roots.path("Roots").get(0).path("ID")).isEqualTo(roots.path("ActiveRootID"));
        assertThat(roots.path("Roots").get(0).path("PrivateKeyBits").asInt()).isEqualTo(256);

        assertThat(world.get("/v1/connect/ca/roots?pem=true").body())
                .startsWith("-----BEGIN CERTIFICATE-----");
    }

    @Test
    void serverSaysWhoItIs() throws Exception {
        assertThat(json(world.get("/v1/agent/self")).path("Config").path("Datacenter").asText())
                .isEqualTo("eks");
        assertThat(world.get("/v1/status/leader").body()).isEqualTo("\"127.0.0.1:8500\"");
        assertThat(world.get("/v1/status/peers").body()).isEqualTo("[\"127.0.0.1:8500\"]");
        assertThat(world.get("/v1/catalog/datacenters?pretty").body())
                .isEqualTo("[\n    \"eks\"\n]\n");
    }
}
