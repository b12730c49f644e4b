package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `echo` runs in both datacenters and fails over from eks to lke, under load. Drills take it away
/// and give it back; what is explained is where the calls really go.
// shows: GET /v1/hansa/failover/drills/:id
@Tag("long")
class FailoverDrillIT {
    private static final Duration EFFECT = Duration.ofSeconds(30);
    private static final String ECHO_HOST = PeeredPair.EKS + ".11";
    private static final SidecarFile ECHO = PeeredPair.echoInEks(ECHO_HOST);
    private static final InetSocketAddress UPSTREAM =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);

    private final AtomicInteger servedHere = new AtomicInteger();
    private final AtomicInteger servedThere = new AtomicInteger();

    @Test
    void drillsMoveCallsToThePeerAndBackWithoutAFailure(@TempDir Path folder) throws Exception {
        try (var pair = new PeeredPair(folder);
                var load = new EchoLoad()) {
            load.serve(ECHO_HOST, PeeredPair.APP_PORT, servedHere);
            load.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT, servedThere);
            // the caller's own check
            load.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
            pair.start();
            startEchoHere(pair);
            awaitCalls(pair);
            load.start(UPSTREAM, 4, 0);
            awaitServed(servedHere);
            assertThat(cli("failover", "readiness").status()).isZero();

            drillRunsToItsEnd(pair);
            drillWhoseTerminalDiesEnds(pair);
            drillEndsAtOnceOnControlC(pair);

            load.stop();
            assertThat(load.failures()).isEmpty();
            assertThat(load.shortConnections()).isGreaterThan(100);
            lossOfTheInstanceHereIsExplained(pair);
        }
    }

    private static void startEchoHere(PeeredPair pair) throws IOException, InterruptedException {
        pair.call(
                PeeredPair.EKS,
                "PUT",
                "/v1/config",
                "{\"Kind\":\"service-resolver\",\"Name\":\"echo\",\"Failover\":{\"*\":{\"Targets\":[{\"Peer\":\"lke\"}]}}}");
        pair.kill("eks-sidecar");
        pair.startSidecar("eks", PeeredPair.EKS, "caller", "echo:" + PeeredPair.UPSTREAM_PORT);
        pair.startBeside(PeeredPair.EKS, ECHO);
    }

    private void awaitCalls(PeeredPair pair) {
        await().atMost(Duration.ofMinutes(2))
                .until(() -> {
                    var now = explain(pair);
                    return now.path("Live").asText().equals("echo")
                            && now.path("Next").asText().equals("echo.peer.lke")
                            && !now.path("WouldBeRefused").asBoolean()
                            && EchoLoad.answers(UPSTREAM);
                });
    }

    private static void awaitServed(AtomicInteger side) {
        var before = side.get();
        await().atMost(EFFECT).until(() -> side.get() > before + 10);
    }

    private static JsonNode explain(PeeredPair pair) throws IOException, InterruptedException {
        return pair.call(PeeredPair.EKS, "GET", "/v1/hansa/explain/echo?from=caller", "");
    }

    private static void awaitLive(PeeredPair pair, String target) {
        await().atMost(EFFECT).until(() -> explain(pair).path("Live").asText().equals(target));
    }

    private static String[] words(String... arguments) {
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--http-addr", PeeredPair.EKS + ".1:8500"));
        return all.toArray(String[]::new);
    }

    private static Checkout.Ended cli(String... arguments) throws Exception {
        return Checkout.run(Checkout.target("drill-cli.log"), 60, words(arguments));
    }

    private void drillRunsToItsEnd(PeeredPair pair) throws Exception {
        var log = Checkout.target("drill-to-its-end.log");
        var drill = Checkout.start(log, words("failover", "drill", "echo", "--duration", "5s"));
        await().atMost(EFFECT).until(() -> Files.readString(log).contains("Over:     1 sidecar"));
        // the sidecar has said that it routes so: what is begun now goes to the peer
        var here = servedHere.get();
        awaitServed(servedThere);
        assertThat(servedHere.get() - here).as("calls here during the drill").isLessThan(6);

        assertThat(drill.waitFor()).as(Files.readString(log)).isZero();
        assertThat(Files.readString(log))
                .contains("Ended:", "Back:     after ")
                .containsPattern("before +[1-9][0-9]* +0 .* echo [1-9]")
                .containsPattern("during +[1-9][0-9]* +0 .* echo.peer.lke [1-9]")
                .containsPattern("after +[1-9][0-9]* +0 .* echo [1-9]");
        awaitLive(pair, "echo");
        awaitServed(servedHere);
        System.out.println(Files.readString(log));
    }

    private void drillWhoseTerminalDiesEnds(PeeredPair pair) throws Exception {
        var drill =
                Checkout.start(
                        Checkout.target("drill-killed.log"),
                        words("failover", "drill", "echo", "--duration", "15s", "--to", "lke"));
        awaitLive(pair, "echo.peer.lke");
        drill.destroyForcibly().waitFor();
        awaitServed(servedThere);
        assertThat(pair.call(PeeredPair.EKS, "GET", "/v1/hansa/failover/controls", "")).hasSize(1);

        awaitLive(pair, "echo");
        awaitServed(servedHere);
        await().atMost(EFFECT)
                .until(() ->
                        pair.call(PeeredPair.EKS, "GET", "/v1/hansa/failover/controls", "")
                                .isEmpty());
    }

    private void drillEndsAtOnceOnControlC(PeeredPair pair) throws Exception {
        var log = Checkout.target("drill-interrupted.log");
        var drill = Checkout.start(log, words("failover", "drill", "echo", "--duration", "10m"));
        await().atMost(EFFECT).until(() -> Files.readString(log).contains("Over:"));
        awaitServed(servedThere);
        // what a JVM does at SIGINT too, which a run in the background may be told to ignore
        drill.destroy();

        awaitLive(pair, "echo");
        awaitServed(servedHere);
        drill.waitFor();
        assertThat(Files.readString(log)).contains("cleared: the instances here take calls again");
    }

    private void lossOfTheInstanceHereIsExplained(PeeredPair pair) throws Exception {
        pair.kill(ECHO.name());

        awaitLive(pair, "echo.peer.lke");
        var answer = explain(pair);
        assertThat(answer.path("WouldBeRefused").asBoolean()).isFalse();
        assertThat(answer.path("Targets").path(0).path("State").asText()).isEqualTo("down");
        await().atMost(EFFECT).until(() -> EchoLoad.answers(UPSTREAM));
        var ended = cli("explain", "echo", "--from", "caller");
        assertThat(ended.status()).isZero();
        assertThat(ended.output())
                .containsPattern("Live: +echo.peer.lke")
                .containsPattern("caller.* echo.peer.lke +[1-9]");
        assertThat(cli("failover", "readiness").status()).isEqualTo(1);
        var events = cli("failover", "events").output();
        assertThat(events.lines().filter(line -> line.contains("out for a drill by")))
                .hasSize(3)
                .allMatch(line -> line.contains(" over: echo -> echo.peer.lke "));
        assertThat(events.lines().filter(line -> line.contains(" back: ")))
                .hasSizeGreaterThanOrEqualTo(3);
        assertThat(events.lines().reduce((_, last) -> last).orElse(""))
                .contains(" over: echo -> echo.peer.lke ");
    }
}
