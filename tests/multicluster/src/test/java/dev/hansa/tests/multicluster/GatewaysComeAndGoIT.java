package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One gateway on each side, then three, then one again, while new connections come all the time;
/// and the death of one that others have connections open to ahead.
@Tag("long")
class GatewaysComeAndGoIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int CALLERS = 8;

    /// Enough for each of three to have its share, also when one of them was late once and has been
    /// passed by for a second.
    private static final int CALLS = 1500;

    private static final int CALLS_AFTER_A_DEATH = 200;

    private final InetSocketAddress upstream =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);

    @Test
    void oneThreeOneOnEachSideFailNobodyAndShareTheLoad(@TempDir Path folder) throws Exception {
        try (var load = new EchoLoad();
                var pair = new PeeredPair(folder)) {
            load.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
            load.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT);
            pair.start();
            await().atMost(PATIENCE).until(() -> EchoLoad.answers(upstream));
            load.start(upstream, CALLERS, 0);
            awaitCalls(load, 100);

            for (var last : List.of(6, 7)) {
                pair.startGatewayAt("eks", PeeredPair.EKS, last);
                pair.startGatewayAt("lke", PeeredPair.LKE, last);
            }
            await().atMost(PATIENCE).until(() -> pair.passingGateways(PeeredPair.EKS) == 3);
            await().atMost(PATIENCE).until(() -> pair.passingGateways(PeeredPair.LKE) == 3);
            await().atMost(PATIENCE).until(() -> least(bytes(pair, PeeredPair.EKS)) > 0);
            await().atMost(PATIENCE).until(() -> least(bytes(pair, PeeredPair.LKE)) > 0);
            assertThat(load.failures()).isEmpty();

            var near = bytes(pair, PeeredPair.EKS);
            var far = bytes(pair, PeeredPair.LKE);
            awaitCalls(load, CALLS);
            assertEven(near, bytes(pair, PeeredPair.EKS));
            assertEven(far, bytes(pair, PeeredPair.LKE));
            assertThat(load.failures()).isEmpty();
            var used = used(pair);

            // the newest are left, who were not there at the beginning
            var leaving =
                    List.of(
                            pair.process("eks-gateway"),
                            pair.process("lke-gateway"),
                            pair.process("eks-gateway-6"),
                            pair.process("lke-gateway-6"));
            leaving.forEach(process -> process.toHandle().destroy());
            await().atMost(PATIENCE).until(() -> pair.passingGateways(PeeredPair.EKS) == 1);
            await().atMost(PATIENCE).until(() -> pair.passingGateways(PeeredPair.LKE) == 1);
            awaitCalls(load, CALLS / 4);
            for (var process : leaving) {
                assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isZero();
            }
            awaitCalls(load, CALLS / 4);
            load.stop();

            assertThat(load.failures()).isEmpty();
            assertThat(used).as("calls on connections opened ahead").isPositive();
            System.out.printf(
                    "gateways 1, 3, 1: %d connections, 0 failed; %.0f used one opened ahead while there were three%n",
                    load.shortConnections(), used);
        }
    }

    /// Nobody is under way when it dies, so nobody may fail: what was opened ahead to it is known
    /// dead, or a sidecar tries again. And whoever opens none itself carries those of its peer: no
    /// more than they should be, and they count as probes.
    @Test
    void deathOfAGatewayThatConnectionsStandAheadToFailsNobody(@TempDir Path folder)
            throws Exception {
        try (var load = new EchoLoad();
                var pair = new PeeredPair(folder)) {
            pair.ofGateways("lke", "connections-ahead=0");
            load.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
            load.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT);
            pair.start();
            var second = pair.startGatewayAt("lke", PeeredPair.LKE, 6);
            await().atMost(PATIENCE).until(() -> pair.passingGateways(PeeredPair.LKE) == 2);
            await().atMost(PATIENCE).until(() -> EchoLoad.answers(upstream));
            var refused = ofPeer(pair, "hansa_connections_refused_total");
            for (var round = 0; round < 3; round++) {
                await().atMost(PATIENCE)
                        .until(() ->
                                metric(
                                                pair,
                                                PeeredPair.EKS + ".2",
                                                "hansa_connections_ahead_standing",
                                                "")
                                        >= 16);

                pair.kill(second);
                for (var call = 0; call < CALLS_AFTER_A_DEATH; call++) {
                    if (!EchoLoad.answers(upstream)) {
                        fail("round " + round + ", call " + call + ": " + pair.lastRefusal());
                    }
                }
                pair.startAgain(second);
                await().atMost(PATIENCE).until(() -> pair.passingGateways(PeeredPair.LKE) == 2);
            }
            assertThat(metric(pair, PeeredPair.EKS + ".2", "hansa_connections_ahead_total", "used"))
                    .isPositive();
            // what was closed unused is no refusal there
            await().atMost(PATIENCE).until(() -> ofPeer(pair, "hansa_probes_total") > 0);
            assertThat(ofPeer(pair, "hansa_connections_refused_total")).isEqualTo(refused);
            // of two loops four each; where there are more loops, one each may be added
            var most = 8 + Runtime.getRuntime().availableProcessors();
            await().atMost(PATIENCE).until(() -> ofPeer(pair, "hansa_connections_open") <= most);
        }
    }

    private static double ofPeer(PeeredPair pair, String name)
            throws IOException, InterruptedException {
        return metric(pair, PeeredPair.LKE + ".2", name, "listener=\"gateway\"");
    }

    private static void awaitCalls(EchoLoad load, int calls) {
        var from = load.shortConnections();
        await().atMost(PATIENCE).until(() -> load.shortConnections() >= from + calls);
    }

    private static double least(List<Double> some) {
        return some.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    /// What each of three gateways has carried for services since it started.
    private static List<Double> bytes(PeeredPair pair, String prefix)
            throws IOException, InterruptedException {
        var name = "hansa_routed_bytes_total";
        var purpose = prefix.equals(PeeredPair.EKS) ? "\"imported\"" : "\"exported\"";
        return List.of(
                metric(pair, prefix + ".2", name, purpose),
                metric(pair, prefix + ".6", name, purpose),
                metric(pair, prefix + ".7", name, purpose));
    }

    private static void assertEven(List<Double> before, List<Double> after) {
        var shares = new double[before.size()];
        var all = 0.0;
        for (var i = 0; i < shares.length; i++) {
            shares[i] = after.get(i) - before.get(i);
            all += shares[i];
        }
        for (var share : shares) {
            // 33 % each; one that was late once is suspect for a moment
            assertThat(share / all).as("share of %s", all).isBetween(0.2, 0.47);
        }
    }

    private static double used(PeeredPair pair) throws IOException, InterruptedException {
        var all = 0.0;
        for (var last : List.of(2, 6, 7)) {
            all +=
                    metric(
                            pair,
                            PeeredPair.EKS + "." + last,
                            "hansa_connections_ahead_total",
                            "used");
        }
        return all;
    }

    private static double metric(PeeredPair pair, String host, String name, String label)
            throws IOException, InterruptedException {
        return pair.ofGatewayAt(host, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name) && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
