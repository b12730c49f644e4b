package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.failover.Route;
import dev.hansa.failover.Spread;
import dev.hansa.failover.Target;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What operators say of limits and of preference acts in the sidecars.
@Timeout(90)
class RoutePreferenceTest {
    @TempDir Path directory;
    private TestingMesh mesh;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingMesh(directory);
        mesh.closer.add(new EchoServer(mesh.localApplicationPort));
        mesh.start();
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    private List<Target> both() {
        return List.of(
                mesh.localTarget(), mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain()));
    }

    private static Route route(List<Target> targets, Spread spread, int most) {
        return new Route(TestingMesh.UPSTREAM, Duration.ofSeconds(2), targets, spread, most);
    }

    /// Whether a connection answers; it stays open.
    private static boolean answers(Socket socket) {
        try {
            socket.getOutputStream().write('x');
            return socket.getInputStream().read() == 'x';
        } catch (IOException _) {
            return false;
        }
    }

    private boolean isRefused() throws IOException {
        try (var socket = mesh.dial()) {
            return !answers(socket);
        }
    }

    private JsonNode refusal() throws Exception {
        return mesh.json(mesh.westAdmin, "/health")
                .at("/services/web/upstreams/billing/lastRefusal");
    }

    @Test
    void callerOpensNoMoreThanItsRouteAllows() throws Exception {
        mesh.publishWest(route(both(), new Spread.Sequential(), 1));

        try (var standing = mesh.dial()) {
            assertThat(answers(standing)).isTrue();
            await().until(this::isRefused);
            assertThat(refusal().path("reason").asText()).isEqualTo("too_many_connections");
            assertThat(refusal().path("sentence").asText())
                    .isEqualTo("expected at most 1 connections");
            assertThat(answers(standing)).isTrue();
        }
        await().until(() -> !isRefused());
    }

    @Test
    void serviceTakesNoMoreThanItsPolicyAllows() throws Exception {
        mesh.publishWest(List.of(mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain())));
        mesh.publishEast(true, mesh.west.bundle(), 1);
        await().until(() -> {
            try (var one = mesh.dial();
                    var another = mesh.dial()) {
                return answers(one) != answers(another);
            }
        });

        assertThat(mesh.read(mesh.eastAdmin, "/metrics"))
                .contains("reason=\"too_many_connections\"");
    }

    /// Each target has the limit that it says itself: nobody else knows who calls it besides.
    @Test
    void whatATargetShedsTheNextOneTakes() throws Exception {
        var peerFirst =
                List.of(
                        mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain()),
                        mesh.localTarget());
        mesh.publishEast(true, mesh.west.bundle(), 1);
        mesh.publishWest(route(peerFirst, new Spread.Sequential(), 0));
        await().until(() -> mesh.call("x") && servedBy("billing.peer.east") > 0);
        await().until(() -> {
            var here = servedBy("billing");
            try (var one = mesh.dial();
                    var another = mesh.dial()) {
                return answers(one) && answers(another) && servedBy("billing") > here;
            }
        });

        assertThat(mesh.read(mesh.eastAdmin, "/metrics"))
                .contains("reason=\"too_many_connections\"");
    }

    @Test
    void weightsGoBeforeTheOrder() throws Exception {
        mesh.publishWest(route(both(), new Spread.Weighted(Map.of("east", 1)), 0));

        await().until(() -> mesh.call("x") && servedBy("billing.peer.east") > 0);
        var before = servedBy("billing.peer.east");
        for (var i = 0; i < 10; i++) {
            assertThat(mesh.call("x")).isTrue();
        }

        assertThat(servedBy("billing.peer.east")).isEqualTo(before + 10);
    }

    @Test
    void byLatencyTheFirstIsMeasuredAndTheOthersAreLookedAt() throws Exception {
        var peerFirst =
                List.of(
                        mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain()),
                        mesh.localTarget());
        mesh.publishWest(route(peerFirst, new Spread.ByLatency(), 0));
        await().until(() -> mesh.call("x") && servedBy("billing.peer.east") > 0);
        var before = servedBy("billing");

        await().pollInterval(Duration.ofMillis(1))
                .until(() -> mesh.call("x") && servedBy("billing") > before);
    }

    @Test
    void goesBackALittleMoreWithEachMoment() throws Exception {
        var gradual = new Spread.Sequential(Duration.ofHours(1));
        mesh.publishWest(route(both().subList(1, 2), gradual, 0));
        await().until(() -> mesh.call("x") && servedBy("billing.peer.east") > 0);
        mesh.publishWest(route(both(), gradual, 0));
        await().until(() ->
                mesh.json(mesh.westAdmin, "/health")
                        .at("/services/web/upstreams/billing/goingBack")
                        .asText()
                        .equals("0 % go back to billing, the others still to billing.peer.east"));
        assertThat(
                        mesh.json(mesh.westAdmin, "/health")
                                .at("/services/web/upstreams/billing/liveSince")
                                .asText())
                .startsWith("20")
                .endsWith("Z");
        var before = servedBy("billing.peer.east");
        for (var i = 0; i < 10; i++) {
            assertThat(mesh.call("x")).isTrue();
        }
        // an hour has only begun
        assertThat(servedBy("billing.peer.east")).isEqualTo(before + 10);

        mesh.publishWest(route(both(), new Spread.Sequential(), 0));
        await().until(() -> mesh.call("x") && servedBy("billing") > 0);
    }

    private double servedBy(String target) throws Exception {
        return mesh.read(mesh.westAdmin, "/metrics")
                .lines()
                .filter(line ->
                        line.startsWith("hansa_upstream_connections_total")
                                && line.contains("target=\"" + target + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
