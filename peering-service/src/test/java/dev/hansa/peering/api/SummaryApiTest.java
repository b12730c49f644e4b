package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `/v1/hansa/services` and `/v1/hansa/changes`.
// shows: GET /v1/hansa/services
// shows: GET /v1/hansa/peerings
class SummaryApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();

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

    private static ServiceInstance instance(String id, ServiceKind kind, CheckStatus status) {
        var service = new ServiceName("echo");
        var isProxy = kind == ServiceKind.CONNECT_PROXY;
        return new ServiceInstance(
                new NodeRecord("", "node", "192.0.2.1", "eks", Map.of(), Map.of()),
                id,
                isProxy ? service.sidecar() : service.value(),
                kind,
                isProxy ? List.of() : List.of("v" + id),
                "192.0.2.1",
                8080,
                Map.of(),
                Map.of(),
                1,
                1,
                isProxy ? Optional.of(service) : Optional.empty(),
                Optional.empty(),
                List.of(new HealthCheck("c", "check", status, "", "tcp")),
                0,
                0);
    }

    /// A page counts them, and a peer may have thousands.
    @Test
    void eachPeeringIsOneLineWithoutTheNamesOfItsServices() throws Exception {
        world.generateToken(
                new PeerName("lke"), "", Map.of(), List.of(), Optional.empty(), Optional.empty());
        var answer = world.send("GET", "/v1/hansa/peerings", "");

        assertThat(answer.headers().firstValue("X-Consul-Index")).isPresent();
        assertThat(answer.body().strip())
                .isEqualTo(
                        "[{\"Name\":\"lke\",\"State\":\"PENDING\",\"Datacenter\":\"\",\"ImportedServices\":1,\"ExportedServices\":0,\"LastHeartbeat\":\"1970-01-01T00:00:00Z\",\"LastReceive\":null}]");
    }

    @Test
    void eachServiceIsOneLineWhereverItRuns() throws Exception {
        world.catalog.publish(
                "owner",
                List.of(
                        instance("1", ServiceKind.TYPICAL, CheckStatus.PASSING),
                        instance("2", ServiceKind.TYPICAL, CheckStatus.CRITICAL),
                        instance("3", ServiceKind.CONNECT_PROXY, CheckStatus.PASSING)));
        world.catalog.imported(
                new PeerName("lke"),
                before ->
                        before.with(
                                        "echo",
                                        List.of(
                                                instance(
                                                        "4",
                                                        ServiceKind.TYPICAL,
                                                        CheckStatus.WARNING)))
                                .heard(Instant.parse("2026-01-02T03:04:05Z"), false));
        world.put(
                "/v1/config",
                "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"echo\",\"Consumers\":[{\"Peer\":\"doks\"}]}]}");

        var answer = world.get("/v1/hansa/services");

        assertThat(answer.headers().firstValue("X-Consul-Index")).isPresent();
        assertThat(JSON.readTree(answer.body()))
                .isEqualTo(
                        JSON.readTree(
                                """
                                [{"Service":"echo","Instances":2,"Passing":1,"Warning":0,"Critical":1,"Maintenance":0,
                                  "Tags":["v1","v2"],"Peer":"","Kind":"","Proxies":1,"ExportedTo":["doks"]},
                                 {"Service":"echo","Instances":1,"Passing":0,"Warning":1,"Critical":0,"Maintenance":0,
                                  "Tags":["v4"],"Peer":"lke","Stale":true,"HeardAt":"2026-01-02T03:04:05Z"}]
                                """));
    }

    @Test
    void changesWakeWhoeverWaitsAndNameTheirPart() throws Exception {
        var before = world.get("/v1/hansa/changes");
        var index = before.headers().firstValue("X-Consul-Index").orElseThrow();

        world.streamChanged();
        var after = world.get("/v1/hansa/changes?wait=10s&index=" + index);

        var then = JSON.readTree(before.body());
        var now = JSON.readTree(after.body());
        assertThat(now.path("peerings").asLong()).isEqualTo(then.path("peerings").asLong() + 1);
        for (var part : List.of("config", "services", "failovers")) {
            assertThat(now.path(part)).as(part).isEqualTo(then.path(part));
        }
        assertThat(after.headers().firstValue("X-Consul-Index").orElseThrow()).isNotEqualTo(index);
    }
}
