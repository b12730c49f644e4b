package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Both servers are killed, and with them everything that could tell a proxy anything. For a
/// moment, or for `hansa.outage.minutes`, which are then a third of a certificate's life: proxies
/// renew at a third of it, so that the rest outlasts an outage in which nothing can be renewed.
class ControlPlanesAreDeadIT {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /// Proxies ask every five seconds at the latest; twice as much for a machine that starves them.
    private static final Duration REGAINED = Duration.ofSeconds(15);

    private static final String STALE = "stale since";
    private static final Duration OUTAGE =
            Duration.ofMinutes(
                    Long.parseLong("0" + System.getProperty("hansa.outage.minutes", "")));

    private final InetSocketAddress upstream =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);

    @Test
    void trafficGoesOnAndResumesWhenEveryProxyIsKilledToo(@TempDir Path folder) throws Exception {
        try (var load = new EchoLoad();
                var pair = new PeeredPair(folder)) {
            if (OUTAGE.isPositive()) {
                pair.leafLife(OUTAGE.multipliedBy(3).toMinutes() + "m");
            }
            load.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
            load.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT);
            pair.start();
            await().atMost(PATIENCE).until(() -> EchoLoad.answers(upstream));
            await().atMost(PATIENCE)
                    .until(() -> pair.remembers("eks", "echo") && pair.remembers("lke", "echo"));
            if (OUTAGE.isPositive()) {
                // for so long that a machine which does nothing else is not worth it
                load.start(upstream, 1, 4, Duration.ofMillis(100));
            } else {
                load.start(upstream, 4, 4);
            }

            pair.kill("eks-server");
            pair.kill("lke-server");
            await().atMost(PATIENCE)
                    .until(() -> pair.gatewayHealth(PeeredPair.EKS).body().contains(STALE));
            var before = load.shortConnections();
            var end = System.nanoTime() + OUTAGE.toNanos();
            await().atMost(PATIENCE.plus(OUTAGE))
                    .until(() ->
                            load.shortConnections() > before + 500 && System.nanoTime() - end > 0);
            load.stop();
            System.out.printf(
                    "control planes dead for %d min: %d connections, %d failed%n",
                    OUTAGE.toMinutes(), load.shortConnections() - before, load.failures().size());
            assertThat(load.failures()).isEmpty();
            assertThat(load.wordsOnLongConnections()).isPositive();

            for (var name : new String[] {"eks", "lke"}) {
                pair.kill(name + "-gateway");
                pair.kill(name + "-sidecar");
            }
            assertThat(EchoLoad.answers(upstream)).isFalse();
            pair.startGateway("eks", PeeredPair.EKS);
            pair.startGateway("lke", PeeredPair.LKE);
            pair.startSidecar("eks", PeeredPair.EKS, "caller", PeeredPair.TO_ECHO);
            pair.startSidecar("lke", PeeredPair.LKE, "echo", "");

            await().atMost(PATIENCE).until(() -> EchoLoad.answers(upstream));
            for (var i = 0; i < 200; i++) {
                assertThat(EchoLoad.answers(upstream)).as("connection %d", i).isTrue();
            }
            assertThat(pair.gatewayHealth(PeeredPair.EKS).body()).contains(STALE);

            // what came last before a kill is not in what the servers left
            pair.forgetLive("eks", "echo");
            pair.forgetLive("lke", "echo");
            try (var callers = new EchoLoad()) {
                callers.start(upstream, 4, 4);
                pair.startServer("eks", PeeredPair.EKS);
                pair.startServer("lke", PeeredPair.LKE);
                pair.awaitServer(PeeredPair.EKS);
                pair.awaitServer(PeeredPair.LKE);
                for (var prefix : new String[] {PeeredPair.EKS, PeeredPair.LKE}) {
                    await().atMost(REGAINED)
                            .ignoreExceptionsInstanceOf(IOException.class)
                            .until(() -> !pair.gatewayHealth(prefix).body().contains(STALE));
                }
                await().atMost(REGAINED)
                        .until(() ->
                                pair.call(
                                                        PeeredPair.EKS,
                                                        "GET",
                                                        "/v1/health/service/echo?peer=lke&passing",
                                                        "")
                                                .size()
                                        == 1);
                callers.stop();
                assertThat(callers.failures()).isEmpty();
                assertThat(callers.shortConnections()).isPositive();
            }
        }
    }
}
