package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.Latest;
import dev.hansa.peering.acl.AccessSettings;
import dev.hansa.peering.discovery.ConnectedProxy;
import dev.hansa.peering.store.BundleRecord;
import dev.hansa.peering.store.StoreCommand;
import dev.hansa.peering.topology.FlowsWorld;
import dev.hansa.trustbundle.PeerName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who may talk to whom, over real HTTP and a real store, as callers with different rights are told
/// it. No sidecar is connected: what they tell is in `FlowsTest`, and real ones in `UiIT`.
// shows: GET /v1/hansa/topology/:service
// shows: POST /v1/hansa/topology/:service
// shows: GET /v1/hansa/traffic
// shows: GET /v1/hansa/proxies
// shows: GET /v1/hansa/proxies/:service
// shows: GET /v1/hansa/peer-bundle/:name
class TopologyApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "5b7c1c6e-27d5-4f50-9d2a-27c7e8a4f001";
    private static final String RULES =
            "{\"Kind\":\"service-intentions\",\"Name\":\"echo\",\"Sources\":[{\"Name\":\"web\",\"Action\":\"allow\"}]}";

    @TempDir Path folder;
    private ApiWorld world;

    @BeforeEach
    void start() throws Exception {
        world = new ApiWorld(folder, new AccessSettings(true, false));
        send("PUT", "/v1/acl/bootstrap", "{\"BootstrapSecret\":\"" + SECRET + "\"}", "");
        world.catalog.publish(
                "o",
                List.of(
                        FlowsWorld.sidecar("echo"),
                        FlowsWorld.sidecar("web"),
                        FlowsWorld.sidecar("secret")));
        send("PUT", "/v1/config", RULES, SECRET);
        world.generateToken(
                new PeerName("lke"), "", Map.of(), List.of(), Optional.empty(), Optional.empty());
    }

    @AfterEach
    void stop() throws Exception {
        world.close();
    }

    private JsonNode send(String method, String path, String body, String token) throws Exception {
        var answer = world.sendAs(token, method, path, body);
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private String tokenWith(String rules) throws Exception {
        var name = "p" + rules.hashCode();
        send(
                "PUT",
                "/v1/acl/policy",
                "{\"Name\":\"" + name + "\",\"Rules\":\"" + rules.replace("\"", "\\\"") + "\"}",
                SECRET);
        return send("PUT", "/v1/acl/token", "{\"Policies\":[{\"Name\":\"" + name + "\"}]}", SECRET)
                .path("SecretID")
                .asText();
    }

    @Test
    void bothDirectionsAreToldWithTheRuleThatDecides() throws Exception {
        var echo = send("GET", "/v1/hansa/topology/echo", "", SECRET);
        var web = send("GET", "/v1/hansa/topology/web", "", SECRET);

        assertThat(echo.path("DefaultAllow").asBoolean()).isFalse();
        assertThat(echo.path("Callers").path("All").asInt()).isEqualTo(2);
        var first = echo.path("Callers").path("Edges").path(0);
        assertThat(first.path("Service").asText()).isEqualTo("web");
        assertThat(first.path("May").asText()).isEqualTo("allow");
        assertThat(first.path("Rule").path("DestinationName").asText()).isEqualTo("echo");
        // nobody has told of any
        assertThat(first.path("Connections").isNull()).isTrue();
        assertThat(web.path("Callees").path("Edges").path(0).path("Service").asText())
                .isEqualTo("echo");
        assertThat(web.path("Callees").path("ByRule").asInt()).isEqualTo(1);
        assertThat(web.path("Callees").path("Denied").asInt()).isEqualTo(1);
    }

    @Test
    void whoMaySeeLittleIsToldOfLittle() throws Exception {
        var some =
                tokenWith(
                        "service \"echo\" { policy = \"read\" intentions = \"deny\" } service \"web\" { policy = \"read\" }");
        var answer = world.sendAs(some, "GET", "/v1/hansa/topology/echo", "");

        assertThat(answer.body()).doesNotContain("secret");
        assertThat(answer.headers().firstValue("X-Consul-Results-Filtered-By-ACLs"))
                .contains("true");
        var edges = JSON.readTree(answer.body()).path("Callers").path("Edges");
        assertThat(edges).hasSize(1);
        assertThat(edges.path(0).path("May").isNull()).isTrue();
        assertThat(edges.path(0).path("Rule").isNull()).isTrue();
        for (var path :
                List.of(
                        "/v1/hansa/topology/secret",
                        "/v1/hansa/proxies/secret",
                        "/v1/hansa/traffic",
                        "/v1/hansa/peer-bundle/lke")) {
            assertThat(world.sendAs(some, "GET", path, "").statusCode()).as(path).isEqualTo(403);
        }
    }

    @Test
    void proxiesAreToldToWhoMaySeeTheirServiceAndTheirNode() throws Exception {
        ConnectedProxy.sidecar(world.publisher, "echo", "n1");
        ConnectedProxy.sidecar(world.publisher, "echo", "n2");
        ConnectedProxy.sidecar(world.publisher, "secret", "n1");
        var some =
                tokenWith(
                        "service \"echo\" { policy = \"read\" } node \"n1\" { policy = \"read\" }");

        var answer = world.sendAs(some, "GET", "/v1/hansa/proxies", "");

        assertThat(send("GET", "/v1/hansa/proxies", "", SECRET).path("All").asInt()).isEqualTo(3);
        assertThat(JSON.readTree(answer.body()).path("All").asInt()).isEqualTo(1);
        assertThat(answer.body()).contains("\"Node\":\"n1\"").doesNotContain("secret", "n2");
        assertThat(answer.headers().firstValue("X-Consul-Results-Filtered-By-ACLs"))
                .contains("true");
    }

    @Test
    void peerThatAServiceIsExportedToIsShownToWhoeverMaySeePeeringsOrTheMesh() throws Exception {
        send(
                "PUT",
                "/v1/config",
                "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"echo\",\"Consumers\":[{\"Peer\":\"lke\"}]}]}",
                SECRET);
        var echo = "service \"echo\" { policy = \"read\" } ";
        for (var shown : List.of("peering = \"read\"", "mesh = \"read\"")) {
            assertThat(
                            world.sendAs(
                                            tokenWith(echo + shown),
                                            "GET",
                                            "/v1/hansa/topology/echo",
                                            "")
                                    .body())
                    .as(shown)
                    .contains("\"CallerPeers\":[\"lke\"]");
        }

        var answer = world.sendAs(tokenWith(echo), "GET", "/v1/hansa/topology/echo", "");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).doesNotContain("lke").contains("\"CallerPeers\":null");
    }

    @Test
    void topologiesAreMadeFewAtOnceAndTheOthersWaitTheirTurn() throws Exception {
        var begun = new AtomicInteger();
        var end = new CountDownLatch(1);
        var all = new ArrayList<Thread>();
        try (var reads = new BlockingReads(world.store, world.catalog, new Latest<>(0L))) {
            var topologies =
                    new TopologyResource(
                            () -> {
                                begun.incrementAndGet();
                                await(end);
                                throw new IllegalStateException("it was begun: that is enough");
                            },
                            List::of,
                            reads);
            var request =
                    new ApiRequest(
                            Map.of("service", "echo"),
                            Map.of(),
                            "",
                            new Places(new ReaderLimits(12, 8)).ours(),
                            Caller.everything());
            for (var i = 0; i < 4 * TopologyResource.MOST_AT_ONCE; i++) {
                all.add(
                        Thread.ofPlatform()
                                .daemon()
                                .start(() ->
                                        assertThatThrownBy(() -> topologies.read(request))
                                                .hasMessage("it was begun: that is enough")));
            }

            Awaitility.await()
                    .until(() ->
                            all.stream().allMatch(one -> one.getState() == Thread.State.WAITING));
            assertThat(begun).hasValue(TopologyResource.MOST_AT_ONCE);
            end.countDown();
            for (var one : all) {
                assertThat(one.join(Duration.ofSeconds(20))).isTrue();
            }
            assertThat(begun).hasValue(all.size());
        } finally {
            end.countDown();
        }
    }

    private static void await(CountDownLatch end) {
        try {
            end.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void previewAsksTheRightToWriteAndWritesNothing() throws Exception {
        var reader = tokenWith("service_prefix \"\" { policy = \"read\" }");
        var index = world.store.now().index();

        var refused = world.sendAs(reader, "POST", "/v1/hansa/topology/echo", RULES);
        var other = world.sendAs(SECRET, "POST", "/v1/hansa/topology/web", RULES);
        var told = send("POST", "/v1/hansa/topology/echo", RULES, SECRET);

        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(other.statusCode()).isEqualTo(400);
        assertThat(other.body())
                .contains("expected service-intentions/web; found service-intentions/echo");
        // no sidecar has told of any
        assertThat(told.path("Connections").isNull()).isTrue();
        assertThat(told.path("Filtered").asBoolean(true)).isFalse();
        assertThat(told.path("Beyond").isNull()).isTrue();
        assertThat(told.path("Sidecars").path("Connected").asInt()).isZero();
        assertThat(world.store.now().index()).isEqualTo(index);
    }

    @Test
    void peersTrafficIsUnknownAndItsBundleIsTheLastThatItTold() throws Exception {
        var traffic = send("GET", "/v1/hansa/traffic", "", SECRET);
        assertThat(traffic.path("Peers").path(0).path("Peer").asText()).isEqualTo("lke");
        assertThat(traffic.path("Peers").path(0).path("Out").isNull()).isTrue();
        assertThat(traffic.path("Peers").path(0).path("In").isNull()).isTrue();
        // it exports nothing
        assertThat(traffic.path("Peers").path(0).path("AllGateways").asInt(-1)).isZero();
        assertThat(world.sendAs(SECRET, "GET", "/v1/hansa/peer-bundle/lke", "").statusCode())
                .isEqualTo(404);

        world.store.apply(
                new StoreCommand.PutBundle(
                        new BundleRecord(new PeerName("lke"), "lke.consul", List.of("pem"), 0)));

        var bundle = send("GET", "/v1/hansa/peer-bundle/lke", "", SECRET);
        assertThat(bundle.path("TrustDomain").asText()).isEqualTo("lke.consul");
        assertThat(bundle.path("Roots").path(0).asText()).isEqualTo("pem");
        for (var path : List.of("/v1/hansa/proxies/echo", "/v1/hansa/proxies")) {
            assertThat(send("GET", path, "", SECRET).path("All").asInt(-1)).as(path).isZero();
        }
    }
}
