package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.peering.store.BundleRecord;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.store.StoredState;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What operators are told about failover, over real HTTP, store and routes.
// shows: GET /v1/hansa/failovers
// shows: GET /v1/hansa/explain/:service
// shows: GET /v1/hansa/failover/readiness
// shows: GET /v1/hansa/failover/controls
// shows: POST /v1/hansa/failover/controls
// shows: DELETE /v1/hansa/failover/controls/:id
class FailoverApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final PeerName LKE = new PeerName("lke");

    @TempDir Path folder;
    private ApiWorld world;

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(folder);
        world.store.apply(
                new StoreCommand.PutPeering(
                        new PeeringRecord(
                                LKE,
                                "id-lke",
                                StoredState.ESTABLISHING,
                                Map.of(),
                                "theirs",
                                Optional.of(new TrustDomain("lke.consul")),
                                "lke",
                                "server.lke.peering.lke.consul",
                                List.of(),
                                List.of("198.51.100.7:8443"),
                                List.of(),
                                Optional.empty(),
                                0,
                                0)));
        world.store.apply(
                new StoreCommand.PutBundle(new BundleRecord(LKE, "lke.consul", List.of(), 0)));
        world.catalog.publish(
                "gateway", List.of(instance("mesh-gateway", ServiceKind.MESH_GATEWAY)));
        runs("echo");
        imports(CheckStatus.PASSING);
        config(
                "{\"Kind\":\"service-resolver\",\"Name\":\"echo\",\"Failover\":{\"*\":{\"Targets\":[{\"Peer\":\"lke\"}]}}}");
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    private void config(String entry) throws Exception {
        assertThat(world.put("/v1/config", entry).statusCode()).isEqualTo(200);
    }

    private void runs(String service) {
        world.catalog.publish(
                service,
                List.of(
                        instance(service, ServiceKind.TYPICAL),
                        instance(service + "-sidecar-proxy", ServiceKind.CONNECT_PROXY)));
    }

    private void dies(String service) {
        world.catalog.publish(service, List.of());
    }

    private void imports(CheckStatus status) {
        var meta =
                new PeerMeta(
                        List.of("echo.default.default.eks.external.lke.consul"),
                        List.of("spiffe://lke.consul/ns/default/dc/lke/svc/echo"),
                        "tcp");
        world.catalog.imported(
                LKE,
                held ->
                        held.with(
                                        "echo",
                                        List.of(
                                                instance("echo", ServiceKind.TYPICAL, status)
                                                        .withPeerMeta(meta)))
                                .with(
                                        "echo-sidecar-proxy",
                                        List.of(
                                                instance(
                                                                "echo-sidecar-proxy",
                                                                ServiceKind.CONNECT_PROXY)
                                                        .withPeerMeta(meta)))
                                .heard(Instant.now(), true));
    }

    private static ServiceInstance instance(String name, ServiceKind kind) {
        return instance(name, kind, CheckStatus.PASSING);
    }

    private static ServiceInstance instance(String name, ServiceKind kind, CheckStatus status) {
        return new ServiceInstance(
                new NodeRecord("", "n", "192.0.2.9", "eks", Map.of(), Map.of()),
                name,
                name,
                kind,
                List.of(),
                "192.0.2.13",
                20000,
                Map.of("wan", new Endpoint("198.51.100.7", 8443)),
                Map.of(),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(new HealthCheck("c", "c", status, "", "")),
                1,
                1);
    }

    private static JsonNode json(HttpResponse<String> answer) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private JsonNode explain(String query) throws Exception {
        return json(world.get("/v1/hansa/explain/echo" + query));
    }

    @Test
    void liveTargetIsTheOneThatRoutesName() throws Exception {
        var before = explain("");
        dies("echo");
        var after = explain("");

        assertThat(before.path("Live").asText()).isEqualTo("echo");
        assertThat(before.path("Next").asText()).isEqualTo("echo.peer.lke");
        assertThat(before.path("Resolver").path("Entry").path("Kind").asText())
                .isEqualTo("service-resolver");
        assertThat(after.path("Live").asText()).isEqualTo("echo.peer.lke");
        assertThat(after.path("Targets").path(0).path("Evidence").asText())
                .isEqualTo("no instance of 'echo' is registered in eks");
        var there = after.path("Targets").path(1);
        assertThat(there.path("EvidenceAgeMillis").asLong()).isBetween(0L, 60_000L);
        assertThat(there.path("SNI").asText())
                .isEqualTo("echo.default.default.eks.external.lke.consul");
        assertThat(there.path("Hops")).hasSize(3);
        assertThat(after.path("WouldBeRefused").asBoolean()).isFalse();
    }

    @Test
    void callThatWouldBeRefusedIsExplainedByItsFirstBrokenLink() throws Exception {
        var answer = explain("?from=nobody");

        assertThat(answer.path("WouldBeRefused").asBoolean()).isTrue();
        assertThat(answer.path("BrokenLink").asText())
                .isEqualTo("no sidecar of 'nobody' is connected in eks");
        assertThat(answer.path("Targets").path(0).path("Intention").path("Allowed").asBoolean())
                .isFalse();
    }

    @Test
    void unknownServiceIsNotFoundAndTheNearestIsNamed() throws Exception {
        var answer = world.get("/v1/hansa/explain/ecco");

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body())
                .contains("service 'ecco'", "did you mean 'echo'?", "known here: echo");
    }

    @Test
    void callerOfAPeerAndABadNameAreRefusedInWords() throws Exception {
        assertThat(world.get("/v1/hansa/explain/echo?from=peer:lke/x").body())
                .startsWith("from: expected a service of this datacenter");
        assertThat(world.get("/v1/hansa/explain/Echo!").statusCode()).isEqualTo(400);
    }

    @Test
    void whoeverWaitsIsToldOfAFailover() throws Exception {
        var start = world.get("/v1/hansa/failovers");
        assertThat(json(start)).isEmpty();
        await().until(() -> heardOf("FailoverSeen"));

        dies("echo");
        var over =
                world.get(
                        "/v1/hansa/failovers?wait=20s&index="
                                + start.headers().firstValue("X-Consul-Index").orElseThrow());

        assertThat(json(over)).hasSize(1);
        var event = json(over).path(0);
        assertThat(event.path("Turn").asText()).isEqualTo("over");
        assertThat(event.path("From").asText()).isEqualTo("echo");
        assertThat(event.path("To").asText()).isEqualTo("echo.peer.lke");
        assertThat(event.path("Cause").asText())
                .isEqualTo("no instance of 'echo' is registered in eks");

        runs("echo");
        var back =
                json(
                        world.get(
                                "/v1/hansa/failovers?wait=20s&index="
                                        + event.path("Index").asLong()));
        assertThat(back).hasSize(1);
        assertThat(back.path(0).path("Turn").asText()).isEqualTo("back");
    }

    private JsonNode order(String body) throws Exception {
        return json(world.post("/v1/hansa/failover/controls", body));
    }

    @Test
    void drainIsSeenByAllAndEndsWhenItIsCleared() throws Exception {
        var control =
                order(
                        "{\"Kind\":\"drain\",\"Service\":\"echo\",\"By\":\"ada\",\"Reason\":\"disk\",\"TTL\":\"2h\"}");

        var drained = explain("");
        assertThat(drained.path("Live").asText()).isEqualTo("echo.peer.lke");
        assertThat(drained.path("Targets").path(0).path("Evidence").asText())
                .isEqualTo("drained by ada until " + control.path("Until").asText() + ": disk");
        assertThat(drained.path("Controls").path(0).path("ID")).isEqualTo(control.path("ID"));
        assertThat(json(world.get("/v1/hansa/failover/controls"))).containsExactly(control);
        assertThat(Instant.parse(control.path("Until").asText()))
                .isBetween(Instant.now().plusSeconds(7100), Instant.now().plusSeconds(7300));

        var path = "/v1/hansa/failover/controls/" + control.path("ID").asLong();
        assertThat(world.send("DELETE", path + "?by=bob", "").statusCode()).isEqualTo(200);
        assertThat(world.send("DELETE", path, "").statusCode()).isEqualTo(404);
        assertThat(explain("").path("Live").asText()).isEqualTo("echo");
        assertThat(world.events)
                .anySatisfy(event ->
                        assertThat(event.toString()).contains("ControlEnded", "cleared by bob"));
    }

    @Test
    void controlThatWouldLeaveNothingIsRefusedUnlessForced() throws Exception {
        imports(CheckStatus.CRITICAL);

        var refused =
                world.post(
                        "/v1/hansa/failover/controls",
                        "{\"Kind\":\"drill\",\"Service\":\"echo\",\"TTL\":\"1m\"}");
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body())
                .startsWith(
                        "drill of 'echo': expected a healthy target to be left for 'echo'; found none");

        order("{\"Kind\":\"drill\",\"Service\":\"echo\",\"TTL\":\"1m\",\"Force\":true}");
        assertThat(explain("").path("Live").asText()).isEmpty();
    }

    @Test
    void mistakesInAControlAreNamed() throws Exception {
        for (var mistake :
                Map.of(
                                "{}", "Kind: expected drain, force, hold or drill; found ''",
                                "{\"Kind\":\"drain\"}",
                                        "drain: expected a Peer or a Service; found neither",
                                "{\"Kind\":\"hold\",\"Service\":\"echo\",\"TTL\":\"721h\"}",
                                        "TTL: expected a duration above 0 and up to 720h; found '721h'",
                                "{\"Kind\":\"hold\",\"Service\":\"echo\",\"Until\":\"x\"}",
                                        "unknown field \"until\"",
                                "{\"Kind\":\"hold\",\"Service\":\"e!\"}", "invalid service name")
                        .entrySet()) {
            var answer = world.post("/v1/hansa/failover/controls", mistake.getKey());
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains(mistake.getValue());
        }
    }

    @Test
    void drillEndsByItselfAndIsReported() throws Exception {
        var drill =
                order("{\"Kind\":\"drill\",\"Service\":\"echo\",\"Peer\":\"lke\",\"TTL\":\"1s\"}");
        var path = "/v1/hansa/failover/drills/" + drill.path("ID").asLong();
        assertThat(explain("").path("Live").asText()).isEqualTo("echo.peer.lke");

        await().until(() -> json(world.get(path)).path("Done").asBoolean());

        var report = json(world.get(path));
        assertThat(report.path("Proxies").asInt(-1)).isZero();
        assertThat(report.path("OverMillis").isNumber()).isTrue();
        assertThat(report.path("BackMillis").isNumber()).isTrue();
        assertThat(explain("").path("Live").asText()).isEqualTo("echo");
        assertThat(world.get("/v1/hansa/failover/drills/1").statusCode()).isEqualTo(404);
        var failovers = json(world.get("/v1/hansa/failovers"));
        assertThat(failovers).extracting(event -> event.path("Turn").asText()).contains("back");
    }

    private boolean heardOf(String event) {
        synchronized (world.events) {
            return world.events.stream()
                    .anyMatch(one -> one.getClass().getSimpleName().equals(event));
        }
    }

    @Test
    void readinessNamesWhatIsInTheWay() throws Exception {
        assertThat(
                        json(world.get("/v1/hansa/failover/readiness"))
                                .path(0)
                                .path("Ready")
                                .asBoolean())
                .isTrue();

        imports(CheckStatus.CRITICAL);
        var unready = json(world.get("/v1/hansa/failover/readiness")).path(0);

        assertThat(unready.path("Ready").asBoolean()).isFalse();
        assertThat(unready.path("Reason").asText())
                .contains("echo.peer.lke: no healthy instance at peer 'lke'");
    }
}
