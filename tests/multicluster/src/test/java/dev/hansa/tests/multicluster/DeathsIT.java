package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What docs/OPERATIONS.md says of the deaths of a pod, a gateway and a link, of real processes:
/// `caller` in eks has `echo` of lke as its upstream, of which there are two instances, and eks has
/// two gateways.
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeathsIT {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /// What a machine that starves its processes may add to a time that is stated.
    private static final Duration SLACK = Duration.ofSeconds(10);

    private static final int CALLS = 100;
    private static final String OTHER = "lke-other";

    private final InetSocketAddress upstream =
            new InetSocketAddress(PeeredPair.EKS + ".10", PeeredPair.UPSTREAM_PORT);
    private final EchoLoad applications = new EchoLoad();
    private final PeeredPair pair;

    DeathsIT(@TempDir Path folder) {
        pair = new PeeredPair(folder);
    }

    @BeforeAll
    void start() throws Exception {
        applications.serve(PeeredPair.EKS + ".10", PeeredPair.APP_PORT);
        applications.serve(PeeredPair.LKE + ".10", PeeredPair.APP_PORT);
        applications.serve(PeeredPair.LKE + ".11", PeeredPair.APP_PORT);
        pair.start();
        pair.startBeside(
                PeeredPair.LKE,
                new SidecarFile(
                        OTHER,
                        "echo",
                        PeeredPair.LKE + ".11",
                        PeeredPair.LKE + ".4",
                        PeeredPair.LKE + ".11:" + PeeredPair.APP_PORT,
                        ""));
        pair.startSecondGateway("eks", PeeredPair.EKS);
        await().atMost(PATIENCE).until(() -> pair.passingGateways(PeeredPair.EKS) == 2);
        await().atMost(PATIENCE).until(() -> passing(PeeredPair.EKS, "?peer=lke&passing") == 2);
        await().atMost(PATIENCE).until(() -> EchoLoad.answers(upstream));
    }

    @AfterAll
    void stop() throws IOException {
        pair.close();
        applications.close();
    }

    private int passing(String prefix, String query) throws IOException, InterruptedException {
        return pair.call(prefix, "GET", "/v1/health/service/echo" + query, "").size();
    }

    private void nobodyNoticed(String death) {
        for (var call = 0; call < CALLS; call++) {
            assertThat(EchoLoad.answers(upstream)).as(death + ", call %d", call).isTrue();
        }
    }

    @Test
    void podThatDiesIsCriticalAtOnceAndItsCallersTakeTheNextInstance() throws Exception {
        pair.kill(OTHER);
        nobodyNoticed("a pod is dead");
        await().atMost(SLACK).until(() -> passing(PeeredPair.LKE, "?passing") == 1);
        await().atMost(SLACK).until(() -> passing(PeeredPair.EKS, "?peer=lke&passing") == 1);

        pair.startAgain(OTHER);
        await().atMost(PATIENCE).until(() -> passing(PeeredPair.EKS, "?peer=lke&passing") == 2);
    }

    @Test
    void gatewayThatDiesIsGoneAroundAndTheLastOneTakesCallsAlongUntilItIsBack() throws Exception {
        pair.kill("eks-gateway");
        nobodyNoticed("one of two gateways is dead");

        pair.kill(PeeredPair.secondGateway("eks"));
        await().atMost(SLACK).until(() -> pair.passingGateways(PeeredPair.EKS) == 0);
        assertThat(EchoLoad.answers(upstream)).isFalse();

        pair.startAgain("eks-gateway");
        await().atMost(PATIENCE).until(() -> EchoLoad.answers(upstream));
        pair.startAgain(PeeredPair.secondGateway("eks"));
        await().atMost(PATIENCE).until(() -> pair.passingGateways(PeeredPair.EKS) == 2);
    }

    /// A server that is stopped is to its peer what a link is that was cut in silence.
    @Test
    void linkThatFallsSilentIsNoticedAndNothingImportedIsLost() throws Exception {
        signal("STOP");
        try {
            await().atMost(Duration.ofSeconds(15).plus(SLACK)).until(this::isStale);
            assertThat(passing(PeeredPair.EKS, "?peer=lke")).isEqualTo(2);
            nobodyNoticed("the link is dead");
        } finally {
            signal("CONT");
        }
        await().atMost(Duration.ofSeconds(8).plus(SLACK)).until(() -> !isStale());
        // its own proxies have left it too, and come back
        await().atMost(PATIENCE).until(() -> passing(PeeredPair.EKS, "?peer=lke&passing") == 2);
    }

    private boolean isStale() throws IOException, InterruptedException {
        return pair.call(PeeredPair.EKS, "GET", "/v1/hansa/imported-services", "")
                .valueStream()
                .allMatch(service -> service.path("Stale").asBoolean());
    }

    private void signal(String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(pair.process("lke-server").pid()))
                .start()
                .waitFor();
    }
}
