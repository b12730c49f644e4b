package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// A gateway whose process may not open enough files.
@EnabledOnOs(OS.LINUX)
@Tag("long")
class GatewayOverloadIT {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int LONG_ONES = 8;
    private static final int STRANGERS = 300;

    private final InetSocketAddress upstream =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);
    private final InetSocketAddress gateway = new InetSocketAddress(PeeredPair.EKS + ".2", 8443);
    private final List<Socket> strangers = new ArrayList<>();

    @Test
    void limitOfOpenFilesIsHeldAndWhatStandsGoesOn(@TempDir Path folder) throws Exception {
        try (var load = new EchoLoad();
                var pair = new PeeredPair(folder)) {
            // what it needs besides, and two for each of a hundred
            pair.openFilesOfGateways(458 + 5 * Runtime.getRuntime().availableProcessors() + 200);
            start(load, pair);
            load.start(upstream, 0, LONG_ONES);
            await().atMost(PATIENCE).until(() -> load.wordsOnLongConnections() > 50);
            assertThat(Files.readString(pair.log("eks-gateway")))
                    .contains("max-connections: expected 8000; 100 is used");

            flood();

            await().atMost(PATIENCE)
                    .until(() ->
                            metric(pair, "hansa_connections_refused_total{", "gave_way")
                                    >= STRANGERS - 100);
            assertThat(metric(pair, "hansa_accept_failures_total", "")).isZero();
            goesOn(load);
            leave();
            await().atMost(PATIENCE).until(() -> EchoLoad.answers(upstream));
            load.stop();
            assertThat(load.failures()).isEmpty();
        } finally {
            leave();
        }
    }

    @Test
    void withoutAFileLeftItWaitsAndRecovers(@TempDir Path folder) throws Exception {
        try (var load = new EchoLoad();
                var pair = new PeeredPair(folder)) {
            start(load, pair);
            load.start(upstream, 0, LONG_ONES);
            await().atMost(PATIENCE).until(() -> load.wordsOnLongConnections() > 50);
            var process = pair.process("eks-gateway");
            // the limit falls while it runs, so that its own does not help
            openFiles(process, openFiles(process) + 10);

            flood();
            await().atMost(PATIENCE)
                    .until(() ->
                            Files.readString(pair.log("eks-gateway"))
                                    .contains("cannot be accepted, they wait"));
            var cpu = cpu(process);
            var from = System.nanoTime();
            goesOn(load);
            var spent = cpu(process).minus(cpu);
            assertThat(spent)
                    .as("processor time while nothing could be accepted")
                    .isLessThan(Duration.ofNanos(System.nanoTime() - from).dividedBy(2));
            assertThat(load.failures()).isEmpty();
            assertThat(process.isAlive()).isTrue();

            leave();
            openFiles(process, 4096);
            await().atMost(PATIENCE).until(() -> EchoLoad.answers(upstream));
            assertThat(metric(pair, "hansa_accept_failures_total", "gateway")).isPositive();
            load.stop();
            assertThat(load.failures()).isEmpty();
        } finally {
            leave();
        }
    }

    private void start(EchoLoad load, PeeredPair pair) throws IOException, InterruptedException {
        load.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
        load.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT);
        pair.start();
        await().atMost(PATIENCE).until(() -> EchoLoad.answers(upstream));
    }

    /// Connections that say nothing.
    private void flood() throws IOException {
        for (var i = 0; i < STRANGERS; i++) {
            var socket = new Socket();
            strangers.add(socket);
            socket.connect(gateway, 5_000);
        }
    }

    private void leave() throws IOException {
        for (var socket : strangers) {
            socket.close();
        }
        strangers.clear();
    }

    private static void goesOn(EchoLoad load) {
        var words = load.wordsOnLongConnections();
        await().atMost(PATIENCE).until(() -> load.wordsOnLongConnections() > words + 300);
    }

    private static Duration cpu(Process process) {
        return process.info().totalCpuDuration().orElseThrow();
    }

    private static int openFiles(Process process) throws IOException {
        try (var files = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
            return (int) files.count();
        }
    }

    /// The soft limit alone, so that it can be raised again by whoever may have lowered it.
    private static void openFiles(Process process, int most)
            throws IOException, InterruptedException {
        var prlimit =
                new ProcessBuilder("prlimit", "--pid", "" + process.pid(), "--nofile=" + most + ":")
                        .inheritIO()
                        .start();
        assertThat(prlimit.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(prlimit.exitValue()).isZero();
    }

    private static double metric(PeeredPair pair, String name, String label)
            throws IOException, InterruptedException {
        return pair.ofGateway(PeeredPair.EKS, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name) && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
