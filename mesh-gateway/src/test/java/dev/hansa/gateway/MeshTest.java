package dev.hansa.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.failover.wire.Address;
import dev.hansa.gateway.sidecar.ApplicationCheck.CheckKind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Sidecar, gateway, gateway, sidecar: one TLS session from end to end.
@Timeout(90)
class MeshTest {
    @TempDir Path directory;
    private TestingMesh mesh;

    @BeforeEach
    void start() throws Exception {
        mesh = new TestingMesh(directory);
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @Test
    void deadLocalApplicationIsPassedOverWithinTheSameConnection() throws Exception {
        mesh.start();

        assertThat(mesh.call("to the peer")).isTrue();

        assertThat(mesh.read(mesh.westAdmin, "/metrics"))
                .contains(
                        "hansa_upstream_connections_total{service=\"web\",target=\"billing.peer.east\",upstream=\"billing\"} 1.0");
        assertThat(mesh.read(mesh.westAdmin, "/metrics"))
                .contains("hansa_upstream_attempts_failed_total");
    }

    @Test
    void localInstanceServesWhileItLives() throws Exception {
        mesh.closer.add(new EchoServer(mesh.localApplicationPort));
        mesh.start();

        assertThat(mesh.call("at home")).isTrue();

        assertThat(mesh.read(mesh.westAdmin, "/metrics"))
                .contains("target=\"billing\",upstream=\"billing\"} 1.0");
        assertThat(rows(mesh.westGatewayAdmin)).isEmpty();
    }

    @Test
    void hostNameOfAGatewayIsItsAddresses() throws Exception {
        mesh.start();
        mesh.publishWest(
                List.of(
                        mesh.peerTarget(
                                mesh.billingInEast(), mesh.east.trustDomain(), "localhost")));

        await().untilAsserted(() ->
                assertThat(mesh.read(mesh.westAdmin, "/health"))
                        .contains("\"127.0.0.1:" + mesh.westGatewayPort + "\"")
                        .doesNotContain("localhost"));
        assertThat(mesh.call("by an address")).isTrue();
    }

    @Test
    void everyLegCarriesTheSameBytes() throws Exception {
        mesh.start();
        toPeerAlone(mesh.billingInEast());
        var calls = 20;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var results = new ArrayList<Future<Boolean>>();
            for (var i = 1; i <= calls; i++) {
                var text = "x".repeat(i * 3001);
                results.add(threads.submit(() -> mesh.call(text)));
            }
            for (var result : results) {
                assertThat(result.get()).isTrue();
            }
        }
        for (var admin :
                new int[] {
                    mesh.westAdmin, mesh.westGatewayAdmin, mesh.eastGatewayAdmin, mesh.eastAdmin
                }) {
            await().until(() -> rows(admin).size() == calls);
        }
        var caller = sums(mesh.westAdmin, "upstreamOut", "upstreamIn");
        assertThat(sums(mesh.westGatewayAdmin, "downstreamIn", "downstreamOut")).isEqualTo(caller);
        assertThat(sums(mesh.westGatewayAdmin, "upstreamOut", "upstreamIn")).isEqualTo(caller);
        assertThat(sums(mesh.eastGatewayAdmin, "downstreamIn", "downstreamOut")).isEqualTo(caller);
        assertThat(sums(mesh.eastGatewayAdmin, "upstreamOut", "upstreamIn")).isEqualTo(caller);
        assertThat(sums(mesh.eastAdmin, "downstreamIn", "downstreamOut")).isEqualTo(caller);
        // and what the applications said is less: it went in TLS
        assertThat(sums(mesh.westAdmin, "downstreamIn", "downstreamOut").getFirst())
                .isLessThan(caller.getFirst());
        assertThat(rows(mesh.westGatewayAdmin))
                .allSatisfy(row -> {
                    assertThat(row.get("sni").textValue()).isEqualTo(mesh.sni());
                    assertThat(row.get("purpose").textValue()).isEqualTo("imported");
                    assertThat(row.get("end").textValue()).isEqualTo("finished");
                });
        assertThat(rows(mesh.eastAdmin))
                .allSatisfy(row ->
                        assertThat(row.get("purpose").textValue())
                                .isEqualTo(mesh.west.service("web").uri()));
    }

    @Test
    void gatewayTellsItsServerWhereItIsReachedFromNowOn() throws Exception {
        mesh.start();
        Files.writeString(mesh.wanAddressFile("east"), "gateway.example:443\n");

        var moves = mesh.east.moves().await(all -> !all.isEmpty(), Duration.ofSeconds(20));

        assertThat(moves)
                .containsExactly(
                        Address.newBuilder().setHost("gateway.example").setPort(443).build());
        assertThat(mesh.west.moves().get()).isEmpty();
        assertThat(mesh.call("and goes on")).isTrue();
    }

    @Test
    void halfClosedCallerHearsTheRest() throws Exception {
        mesh.start();
        try (var socket = mesh.dial()) {
            var bytes = new byte[300_000];
            socket.getOutputStream().write(bytes);
            socket.shutdownOutput();

            assertThat(socket.getInputStream().readNBytes(bytes.length)).hasSize(bytes.length);
        }
    }

    @Test
    void resetCrossesTheWholeWay() throws Exception {
        mesh.start();
        toPeerAlone(mesh.billingInEast());
        try (var socket = mesh.dial()) {
            socket.getOutputStream().write(1);
            assertThat(socket.getInputStream().read()).isEqualTo(1);
            socket.setSoLinger(true, 0);
        }
        await().untilAsserted(() ->
                assertThat(rows(mesh.eastAdmin))
                        .singleElement()
                        .satisfies(
                                row -> assertThat(row.get("end").textValue()).isEqualTo("reset")));
    }

    @Test
    void certificateOfAnotherServiceIsRefused() throws Exception {
        mesh.start();
        toPeerAlone(mesh.east.service("payment").uri());

        assertRefused();

        assertThat(refusal().get("sentence").textValue())
                .contains("expected one of [" + mesh.east.service("payment").uri() + "]")
                .contains("found '" + mesh.billingInEast() + "'");
    }

    @Test
    void certificateOfAnotherTrustDomainIsRefused() throws Exception {
        mesh.start();
        mesh.publishWest(List.of(mesh.peerTarget(mesh.billingInEast(), mesh.west.trustDomain())));
        awaitTargets("billing.peer.east: passing");

        assertRefused();

        assertThat(refusal().get("sentence").textValue()).contains("trust domain");
    }

    @Test
    void callerThatNoIntentionAllowsIsRefused() throws Exception {
        mesh.start();
        toPeerAlone(mesh.billingInEast());
        mesh.publishEast(false);
        mesh.east.awaitTaken();

        assertRefused();

        assertThat(mesh.read(mesh.eastAdmin, "/metrics"))
                .contains(
                        "hansa_inbound_denied_total{reason=\"intention_denied\",service=\"billing\"} 1.0");
        await().untilAsserted(() ->
                assertThat(rows(mesh.eastAdmin))
                        .first()
                        .extracting(row -> row.get("sentence").textValue())
                        .asString()
                        .contains("'web' of peer 'west' may not call 'billing'"));
    }

    @Test
    void refusalNamesServiceAndCauseOfEachTarget() throws Exception {
        mesh.start();
        mesh.publishWest(
                List.of(
                        mesh.localTarget(),
                        TestingMesh.without(
                                mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain()),
                                "not exported to us")));
        awaitTargets("billing.peer.east: not exported to us");

        assertRefused();

        assertThat(refusal().get("reason").textValue()).isEqualTo("upstream_failed");
        assertThat(refusal().get("sentence").textValue())
                .startsWith("upstream 'billing' of 'web' has no healthy target: ")
                .contains(
                        "billing at 127.0.0.1:"
                                + mesh.localBillingPort
                                + ": TLS alert internal_error")
                .contains("billing.peer.east: not exported to us");
        assertThat(mesh.read(mesh.westAdmin, "/metrics"))
                .contains(
                        "hansa_upstream_refused_total{reason=\"upstream_failed\",service=\"web\",upstream=\"billing\"}");
    }

    @Test
    void checkOfTheApplicationReachesTheServer() throws Exception {
        mesh.start();
        await().until(() -> status("billing").equals("critical"));
        try (var _ = new EchoServer(mesh.localApplicationPort)) {
            await().until(() -> status("billing").equals("passing"));
        }
        await().until(() -> status("billing").equals("critical"));
    }

    @Test
    void kubeletIsToldWhetherSidecarAndApplicationWork() throws Exception {
        mesh.start();

        assertThat(mesh.read(mesh.eastProbe, "/ready")).isEqualTo("passing\n");
        await().until(() -> mesh.read(mesh.eastProbe, "/check").equals("passing\n"));
        assertThat(mesh.read(mesh.eastProbe, "/connections"))
                .isEqualTo("expected /ready or /check\n");
        assertThat(mesh.read(mesh.westProbe, "/ready")).isEqualTo("passing\n");
        await().until(() -> mesh.read(mesh.westProbe, "/check").equals("critical\n"));
    }

    @Test
    void kubeletIsAnsweredInEachWayThatItAsksTheApplication() throws Exception {
        mesh.probes = List.of(new CheckKind.Tcp(), new CheckKind.Http("/live"));
        mesh.start();

        await().until(() -> mesh.read(mesh.eastProbe, "/check/1").equals("passing\n"));
        // what is there speaks no HTTP
        assertThat(mesh.read(mesh.eastProbe, "/check/2")).isEqualTo("critical\n");
        assertThat(mesh.read(mesh.eastProbe, "/check/3")).isEqualTo("expected /ready or /check\n");
        assertThat(mesh.read(mesh.eastProbe, "/ready")).isEqualTo("passing\n");
        await().until(() -> mesh.read(mesh.eastProbe, "/check").equals("passing\n"));
    }

    @Test
    void prometheusIsToldOfMetricsAloneAndWhoHoldsItsPortHoldsNoOther() throws Exception {
        mesh.start();

        assertThat(mesh.read(mesh.eastMetrics, "/metrics")).contains("# TYPE hansa_");
        for (var path : List.of("/connections", "/health", "/ready", "/")) {
            assertThat(mesh.read(mesh.eastMetrics, path)).isEqualTo("expected /metrics\n");
        }
        var held = new ArrayList<Socket>();
        try {
            // as many as a second brings, and one of those before may still be counted
            await().until(() -> {
                held.add(new Socket(InetAddress.getLoopbackAddress(), mesh.eastMetrics));
                return mesh.read(mesh.eastAdmin, "/metrics")
                        .contains(
                                "hansa_connections_refused_total{listener=\"metrics\",reason=\"too_many_");
            });
            assertThat(held).hasSizeLessThan(20);
            assertThat(mesh.read(mesh.eastProbe, "/ready")).isEqualTo("passing\n");
        } finally {
            for (var socket : held) {
                socket.close();
            }
        }
        await().ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> mesh.read(mesh.eastMetrics, "/metrics").contains("hansa_"));
    }

    @Test
    void gatewayRoutesFromDiskWhileItsServerIsAway() throws Exception {
        mesh.publishEast(true);
        mesh.publishWest(List.of(mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain())));
        mesh.westGateway().close();
        mesh.closer.add(
                MeshGateway.start(
                        mesh.gateway(
                                "east",
                                mesh.east,
                                mesh.eastGatewayPort,
                                mesh.eastGatewayAdmin,
                                Optional.empty()),
                        Clock.systemUTC()));
        mesh.sidecars();
        mesh.west.stop();

        mesh.westGateway();

        assertThat(mesh.call("still there")).isTrue();
        assertThat(mesh.json(mesh.westGatewayAdmin, "/health").get("control").textValue())
                .startsWith("stale since");

        mesh.west.start();
        await().until(() ->
                mesh.json(mesh.westGatewayAdmin, "/health")
                        .get("control")
                        .textValue()
                        .equals("connected"));
    }

    @Test
    void targetThatWasDownIsTriedWhenNobodyCanTellWhetherItStillIs() throws Exception {
        mesh.start();
        toPeerAlone(mesh.billingInEast());
        mesh.publishWest(
                List.of(
                        TestingMesh.without(mesh.localTarget(), "no instance"),
                        TestingMesh.without(
                                mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain()),
                                "no healthy mesh gateway")));
        awaitTargets("no healthy mesh gateway");
        assertRefused();

        mesh.west.stop();
        await().until(() -> upstream().get("live").textValue().startsWith("none known"));
        assertThat(mesh.call("is anybody there")).isTrue();

        mesh.west.start();
        await().until(() -> upstream().get("live").textValue().equals("none"));
        assertRefused();
    }

    @Test
    void openConnectionMayEndWhileTheGatewayDrains() throws Exception {
        mesh.publishEast(true);
        mesh.publishWest(List.of(mesh.peerTarget(mesh.billingInEast(), mesh.east.trustDomain())));
        var gateway = mesh.westGateway();
        mesh.closer.add(
                MeshGateway.start(
                        mesh.gateway(
                                "east",
                                mesh.east,
                                mesh.eastGatewayPort,
                                mesh.eastGatewayAdmin,
                                Optional.empty()),
                        Clock.systemUTC()));
        mesh.sidecars();
        try (var socket = mesh.dial();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            socket.getOutputStream().write(1);
            assertThat(socket.getInputStream().read()).isEqualTo(1);
            var closing =
                    threads.submit(() -> {
                        gateway.close();
                        return true;
                    });
            await().untilAsserted(this::assertRefused);

            socket.getOutputStream().write(2);
            assertThat(socket.getInputStream().read()).isEqualTo(2);
            assertThat(closing.isDone()).isFalse();
            socket.close();
            assertThat(closing.get()).isTrue();
        }
    }

    @Test
    void portInUseIsOneSentence() throws Exception {
        mesh.publishEast(true);
        try (var _ = new EchoServer(mesh.eastGatewayPort)) {
            var config =
                    mesh.gateway(
                            "east",
                            mesh.east,
                            mesh.eastGatewayPort,
                            mesh.eastGatewayAdmin,
                            Optional.empty());
            assertThatThrownBy(() -> MeshGateway.start(config, Clock.systemUTC()))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("cannot listen on 127.0.0.1:" + mesh.eastGatewayPort);
        }
    }

    private void toPeerAlone(String identity) {
        mesh.publishWest(
                List.of(
                        TestingMesh.without(mesh.localTarget(), "no instance"),
                        mesh.peerTarget(identity, mesh.east.trustDomain())));
        awaitTargets("billing: no instance");
    }

    private void awaitTargets(String expected) {
        await().until(() -> upstream().get("targets").toString().contains(expected));
    }

    private JsonNode upstream() throws IOException, InterruptedException {
        return mesh.json(mesh.westAdmin, "/health").at("/services/web/upstreams/billing");
    }

    private JsonNode refusal() throws IOException, InterruptedException {
        return upstream().get("lastRefusal");
    }

    private void assertRefused() {
        assertThatThrownBy(
                        () -> {
                            if (!mesh.call("refused")) {
                                throw new SocketException("reset: ended without the answer");
                            }
                        })
                .isInstanceOf(SocketException.class)
                .hasMessageMatching("(?s).*([Rr]eset|Broken pipe).*");
    }

    private String status(String service) {
        var found = mesh.west.checks().get().get(service);
        return found == null ? "" : found.getStatus();
    }

    private List<JsonNode> rows(int admin) throws IOException, InterruptedException {
        return StreamSupport.stream(mesh.json(admin, "/connections").spliterator(), false).toList();
    }

    private List<Long> sums(int admin, String out, String in)
            throws IOException, InterruptedException {
        var rows = rows(admin);
        return List.of(
                rows.stream().mapToLong(row -> row.get(out).longValue()).sum(),
                rows.stream().mapToLong(row -> row.get(in).longValue()).sum());
    }
}
