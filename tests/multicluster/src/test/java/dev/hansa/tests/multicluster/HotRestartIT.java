package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A gateway is replaced by a new process, again and again, while connections come and stand.
class HotRestartIT {
    private static final int RESTARTS = 5;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final InetSocketAddress upstream =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);
    private final InetSocketAddress gateway = new InetSocketAddress(PeeredPair.EKS + ".2", 8443);

    @Test
    void noConnectionIsRefusedOrFailsWhileGatewayAndSidecarAreReplaced(@TempDir Path folder)
            throws Exception {
        // the long connections last longer than all of the restarts
        var settings = List.of("hot-restart=true", "drain-timeout=10m");
        try (var load = new EchoLoad();
                var strangers = new HelloCaller();
                var pair = new PeeredPair(folder, settings)) {
            start(load, pair);
            load.start(upstream, 8, 8);
            strangers.start(gateway, 8);

            var old = new ArrayList<Process>();
            for (var i = 0; i < RESTARTS; i++) {
                awaitTraffic(load, strangers);
                old.add(replaceGateway(pair));
                assertThat(load.failures()).isEmpty();
                assertThat(strangers.failures()).isEmpty();
            }
            awaitTraffic(load, strangers);
            old.add(replaceSidecar(pair));
            awaitTraffic(load, strangers);

            // the first gateway still carries the long connections
            assertThat(old.getFirst().isAlive()).isTrue();
            load.stop();
            strangers.stop();
            assertThat(load.failures()).isEmpty();
            assertThat(strangers.failures()).isEmpty();
            assertThat(load.wordsOnLongConnections()).isPositive();
            System.out.printf(
                    "hot restart: %d restarts of the gateway, %d short connections, %d hellos, 0 failed%n",
                    RESTARTS, load.shortConnections(), strangers.answers());

            haveEndedWell(old);
            assertThat(pair.passingGateways(PeeredPair.EKS)).isEqualTo(1);
        }
    }

    /// Each waits for the server for a while, and then serves what its disk has.
    @Test
    @Tag("long")
    void noConnectionFailsWhileBothAreReplacedAndTheServerIsDead(@TempDir Path folder)
            throws Exception {
        var settings = List.of("hot-restart=true", "drain-timeout=10m");
        try (var load = new EchoLoad();
                var strangers = new HelloCaller();
                var pair = new PeeredPair(folder, settings)) {
            start(load, pair);
            load.start(upstream, 8, 8);
            strangers.start(gateway, 8);
            awaitTraffic(load, strangers);
            pair.kill("eks-server");

            var old = List.of(replaceGateway(pair), replaceSidecar(pair));
            awaitTraffic(load, strangers);

            load.stop();
            strangers.stop();
            assertThat(load.failures()).isEmpty();
            assertThat(strangers.failures()).isEmpty();
            haveEndedWell(old);
        }
    }

    @Test
    void successorThatDoesNotComeUpLeavesTheGatewayAsItWas(@TempDir Path folder) throws Exception {
        try (var load = new EchoLoad();
                var strangers = new HelloCaller();
                var pair = new PeeredPair(folder, List.of("hot-restart=true"))) {
            start(load, pair);
            load.start(upstream, 4, 4);
            strangers.start(gateway, 4);
            awaitTraffic(load, strangers);
            var running = pair.process("eks-gateway");

            pair.startGateway("eks", PeeredPair.EKS, PeeredPair.EKS + ".2:8443,192.0.2.1:8443");
            assertThat(pair.process("eks-gateway").waitFor(1, TimeUnit.MINUTES)).isTrue();

            assertThat(pair.process("eks-gateway").exitValue()).isEqualTo(1);
            assertThat(Files.readString(pair.log("eks-gateway")))
                    .contains("cannot listen on 192.0.2.1:8443");
            awaitTraffic(load, strangers);
            assertThat(running.isAlive()).isTrue();
            assertThat(pair.passingGateways(PeeredPair.EKS)).isEqualTo(1);
            assertThat(load.failures()).isEmpty();
            assertThat(strangers.failures()).isEmpty();
        }
    }

    @Test
    void toldToStopItSaysSoServesOnForTheGraceAndEndsWell(@TempDir Path folder) throws Exception {
        try (var load = new EchoLoad();
                var strangers = new HelloCaller();
                var pair = new PeeredPair(folder, List.of("drain-grace=4s"))) {
            start(load, pair);
            load.start(upstream, 0, 4);
            strangers.start(gateway, 4);
            await().atMost(PATIENCE).until(() -> load.wordsOnLongConnections() > 20);
            var running = pair.process("eks-gateway");
            assertThat(pair.gatewayHealth(PeeredPair.EKS).statusCode()).isEqualTo(200);

            // SIGTERM; the process's own destroy would also close its standard input, its parent's
            // end
            running.toHandle().destroy();
            await().atMost(Duration.ofSeconds(3))
                    .until(() -> pair.gatewayHealth(PeeredPair.EKS).statusCode() == 503);
            assertThat(pair.gatewayHealth(PeeredPair.EKS).body()).contains("draining");
            // gone from the catalog while it still takes who comes
            await().atMost(Duration.ofSeconds(3))
                    .until(() -> pair.passingGateways(PeeredPair.EKS) == 0);
            var before = strangers.answers();
            await().atMost(Duration.ofSeconds(2)).until(() -> strangers.answers() > before);
            strangers.stop();
            assertThat(strangers.failures()).isEmpty();

            // those that stand go on behind the closed door
            await().atMost(PATIENCE).until(() -> !EchoLoad.isListening(gateway));
            var words = load.wordsOnLongConnections();
            await().atMost(PATIENCE).until(() -> load.wordsOnLongConnections() > words + 40);
            assertThat(running.isAlive()).isTrue();
            load.stop();
            assertThat(load.failures()).isEmpty();
            assertThat(running.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(running.exitValue()).isZero();
            assertThat(Files.readString(pair.log("eks-gateway")))
                    .containsPattern("drain begins: told to stop; [1-9][0-9]* connections open")
                    .containsPattern("drain ends after [0-9]+ ms; 0 connections had to be cut");
        }
    }

    private void start(EchoLoad load, PeeredPair pair) throws IOException, InterruptedException {
        load.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
        load.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT);
        pair.start();
        await().atMost(PATIENCE).until(() -> EchoLoad.answers(upstream));
    }

    @FunctionalInterface
    private interface Start {
        void run() throws IOException;
    }

    private static Process replaceGateway(PeeredPair pair) throws IOException {
        return replace(pair, "eks-gateway", () -> pair.startGateway("eks", PeeredPair.EKS));
    }

    private static Process replaceSidecar(PeeredPair pair) throws IOException {
        return replace(
                pair,
                "eks-sidecar",
                () -> pair.startSidecar("eks", PeeredPair.EKS, "caller", PeeredPair.TO_ECHO));
    }

    private static void haveEndedWell(List<Process> processes) throws InterruptedException {
        for (var process : processes) {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }
    }

    /// Starts the next process of a name; returns the one before, when it has been succeeded.
    private static Process replace(PeeredPair pair, String name, Start start) throws IOException {
        var before = pair.process(name);
        var log = pair.log(name);
        start.run();
        await().atMost(PATIENCE)
                .until(() ->
                        Files.readString(log)
                                .contains("drain begins: another process has taken over"));
        assertThat(pair.process(name).isAlive()).isTrue();
        return before;
    }

    private static void awaitTraffic(EchoLoad load, HelloCaller strangers) {
        var shortOnes = load.shortConnections();
        var words = load.wordsOnLongConnections();
        var hellos = strangers.answers();
        await().atMost(PATIENCE)
                .until(() ->
                        load.shortConnections() > shortOnes + 100
                                && load.wordsOnLongConnections() > words + 50
                                && strangers.answers() > hellos + 500);
    }
}
