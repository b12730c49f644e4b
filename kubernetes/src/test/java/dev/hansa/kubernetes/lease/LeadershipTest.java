package dev.hansa.kubernetes.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Replicas in front of one Lease, each round by hand.
class LeadershipTest {
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration WRITE = Duration.ofSeconds(8);

    /// It logs each request.
    private static final Logger QUIET = Logger.getLogger(MockWebServer.class.getName());

    private final AtomicLong nanos = new AtomicLong();
    private final List<String> heard = new ArrayList<>();
    private KubernetesMockServer server;
    private KubernetesClient client;

    @BeforeEach
    void startServer() {
        QUIET.setLevel(Level.WARNING);
        server =
                new KubernetesMockServer(
                        new Context(),
                        new MockWebServer(),
                        new HashMap<>(),
                        new KubernetesCrudDispatcher(),
                        false);
        server.init();
        client =
                server.createClient(builder ->
                        builder.editOrNewConfig().withRequestRetryBackoffLimit(0).endConfig());
    }

    @AfterEach
    void stopServer() {
        client.close();
        server.destroy();
    }

    private Leadership replica(String name, AtomicBoolean hasEnded) {
        return new Leadership(
                new Leadership.Terms("hansa", "hansa-operator", name, LEASE),
                client,
                Clock.systemUTC(),
                nanos::get,
                new Leadership.Listener() {
                    @Override
                    public void gained() {
                        heard.add(name + " gained");
                    }

                    @Override
                    public void lost(String reason) {
                        heard.add(name + " lost: " + reason);
                    }

                    @Override
                    public void failed(String reason) {
                        heard.add(name + " failed: " + reason);
                    }
                },
                hasEnded::get);
    }

    private Leadership replica(String name) {
        return replica(name, new AtomicBoolean(true));
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private Lease lease() {
        return client.leases().inNamespace("hansa").withName("hansa-operator").get();
    }

    @Test
    void oneOfTwoLeadsAndTheOtherWaitsUntilItIsSilentForTheWholeLease() {
        var one = replica("one");
        var two = replica("two");
        one.round();
        two.round();
        assertThat(one.isLeading()).isTrue();
        assertThat(two.isLeading()).isFalse();

        // one goes on renewing: two never gets it
        for (var i = 0; i < 20; i++) {
            pass(Duration.ofSeconds(5));
            one.round();
            two.round();
        }
        assertThat(two.isLeading()).isFalse();

        // one falls silent; it stops before two may begin
        pass(Duration.ofSeconds(28));
        assertThat(one.isLeading()).isFalse();
        assertThat(one.holdsFor(Duration.ZERO)).isFalse();
        two.round();
        assertThat(two.isLeading()).isFalse();
        pass(Duration.ofSeconds(2));
        two.round();
        assertThat(two.isLeading()).isTrue();
        one.round();
        assertThat(one.isLeading()).isFalse();
        assertThat(lease().getSpec().getLeaseTransitions()).isEqualTo(1);
        assertThat(heard)
                .containsExactly(
                        "one gained", "two gained", "one lost: another replica holds the lease");
    }

    @Test
    void noWriteBeginsThatMightEndAfterTheLease() {
        var one = replica("one");
        assertThat(one.holdsFor(Duration.ZERO)).isFalse();
        one.round();

        // of 30 s three are a margin, and a write takes eight
        assertThat(one.holdsFor(WRITE)).isTrue();
        pass(Duration.ofSeconds(19));
        assertThat(one.holdsFor(WRITE)).isTrue();
        pass(Duration.ofSeconds(1));
        assertThat(one.holdsFor(WRITE)).isFalse();
        assertThat(one.isLeading()).isTrue();
        one.round();
        assertThat(one.holdsFor(WRITE)).isTrue();
    }

    @Test
    void leaseIsGivenBackWhenTheWorkHasEnded() {
        var one = replica("one");
        var two = replica("two");
        one.round();
        two.round();

        one.close();

        assertThat(one.holdsFor(Duration.ZERO)).isFalse();
        two.round();
        assertThat(two.isLeading()).isTrue();
    }

    @Test
    void leaseIsNotGivenBackWhileWorkGoesOn() {
        var one = replica("one", new AtomicBoolean(false));
        var two = replica("two");
        one.round();
        two.round();

        one.close();

        two.round();
        assertThat(two.isLeading()).isFalse();
        pass(LEASE);
        two.round();
        assertThat(two.isLeading()).isTrue();
    }

    @Test
    void holderThatCannotRenewStopsAtItsEnd() {
        var one = replica("one");
        one.round();
        server.shutdown();

        pass(Duration.ofSeconds(26));
        one.round();
        assertThat(one.isLeading()).isTrue();
        pass(Duration.ofSeconds(1));
        one.round();
        assertThat(one.isLeading()).isFalse();
        // each said once
        assertThat(heard)
                .containsExactly(
                        "one gained",
                        "one failed: the API server does not answer",
                        "one lost: the lease could not be renewed: the API server does not answer");
    }

    @Test
    void leaseThatIsMeantForLongerIsWaitedForLonger() {
        var one = replica("one");
        one.round();
        client.leases()
                .inNamespace("hansa")
                .withName("hansa-operator")
                .edit(lease -> {
                    lease.getSpec().setHolderIdentity("old");
                    lease.getSpec().setLeaseDurationSeconds(60);
                    return lease;
                });
        var two = replica("two");
        two.round();
        pass(Duration.ofSeconds(59));
        two.round();
        assertThat(two.isLeading()).isFalse();
        pass(Duration.ofSeconds(1));
        two.round();
        assertThat(two.isLeading()).isTrue();
    }
}
