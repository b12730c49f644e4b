package dev.hansa.peering.failover;

import static dev.hansa.peering.failover.FailoverWorld.ECHO;
import static dev.hansa.peering.failover.FailoverWorld.LKE;
import static dev.hansa.peering.failover.FailoverWorld.NOW;
import static dev.hansa.peering.failover.FailoverWorld.VMS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Control;
import dev.hansa.failover.Control.Order;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.failover.ControlWish.Wanted;
import dev.hansa.peering.failover.Steering.Judgement;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SteeringTest {
    private final FailoverWorld world = FailoverWorld.ofTwo();

    private Judgement judge(Wanted wanted, boolean anyway) {
        return new Steering(world.view(), world.asked()).judge(wanted, anyway);
    }

    private Order granted(Wanted wanted) {
        return switch (judge(wanted, false)) {
            case Judgement.Granted(var order) -> order;
            case Judgement.Refused(var sentence) -> throw new AssertionError(sentence);
        };
    }

    private String refused(Wanted wanted) {
        return switch (judge(wanted, false)) {
            case Judgement.Granted(var order) -> throw new AssertionError(order);
            case Judgement.Refused(var sentence) -> sentence;
        };
    }

    @Test
    void drillIsGrantedWhereAnotherTargetIsHealthy() {
        assertThat(granted(new Wanted.Drill(ECHO, Optional.empty())))
                .isEqualTo(new Order.Drill(ECHO, Optional.empty()));
        assertThat(granted(new Wanted.Drill(ECHO, Optional.of(LKE))))
                .isEqualTo(new Order.Drill(ECHO, Optional.of("echo.peer.lke")));
    }

    @Test
    void drillThatWouldLeaveNothingIsRefusedAndSaysWhy() {
        world.exported(LKE, "echo", CheckStatus.CRITICAL);

        assertThat(refused(new Wanted.Drill(ECHO, Optional.empty())))
                .isEqualTo(
                        "drill of 'echo': expected a healthy target to be left for 'echo'; found none: echo.peer.lke: no healthy instance at peer 'lke': echo-there is critical (--force does it all the same)");
        assertThat(judge(new Wanted.Drill(ECHO, Optional.empty()), true))
                .isInstanceOf(Judgement.Granted.class);
    }

    @Test
    void drillNeedsCallsThatAreServedHereAndATargetAtThePeer() {
        assertThat(refused(new Wanted.Drill(ECHO, Optional.of(VMS))))
                .isEqualTo(
                        "target of 'echo': expected one of echo, echo.peer.lke; found none at peer 'vms'");
        world.here("echo", CheckStatus.CRITICAL);
        assertThat(refused(new Wanted.Drill(ECHO, Optional.empty())))
                .isEqualTo(
                        "drill of 'echo': expected its calls to be served here; found them at 'echo.peer.lke'");
        assertThat(refused(new Wanted.Drill(new ServiceName("other"), Optional.empty())))
                .isEqualTo("service 'other': expected one with a sidecar in eks; found none");
    }

    @Test
    void drainOfAPeerIsRefusedForWhatHasNothingElse() {
        assertThat(granted(new Wanted.DrainPeer(LKE))).isEqualTo(new Order.DrainPeer(LKE));

        world.asks("caller", new UpstreamName(ECHO, Optional.of(LKE)));
        assertThat(refused(new Wanted.DrainPeer(LKE)))
                .isEqualTo(
                        "drain of peer 'lke': expected a healthy target to be left for 'echo.lke'; found none, it has no other (--force does it all the same)");
    }

    @Test
    void drainOfAPeerIsNoMatterForWhatIsDownAnyway() {
        world.exported(LKE, "echo", CheckStatus.CRITICAL)
                .asks("caller", new UpstreamName(ECHO, Optional.of(LKE)));

        assertThat(granted(new Wanted.DrainPeer(LKE))).isEqualTo(new Order.DrainPeer(LKE));
        assertThat(refused(new Wanted.DrainPeer(VMS)))
                .startsWith("peer 'vms': expected one that this datacenter is peered with");
    }

    @Test
    void secondDrainIsJudgedUnderTheFirst() {
        world.under(new Control(1, new Order.DrainPeer(LKE), "ada", "", NOW, NOW.plusSeconds(60)));

        assertThat(refused(new Wanted.DrainLocal(ECHO)))
                .contains("found none: echo.peer.lke: drained by ada until 2026-01-01T12:01:00Z");
    }

    @Test
    void forceNamesATargetAndHoldTakesTheLiveOne() {
        assertThat(refused(new Wanted.Force(ECHO, "echo.peer.vms")))
                .isEqualTo(
                        "target of 'echo': expected one of echo, echo.peer.lke; found 'echo.peer.vms'");
        assertThat(granted(new Wanted.Force(ECHO, "echo.peer.lke")))
                .isEqualTo(new Order.Force(ECHO, "echo.peer.lke"));
        world.here("echo", CheckStatus.CRITICAL);
        assertThat(granted(new Wanted.Hold(ECHO))).isEqualTo(new Order.Hold(ECHO, "echo.peer.lke"));
        world.exported(LKE, "echo", CheckStatus.CRITICAL);
        assertThat(refused(new Wanted.Hold(ECHO)))
                .startsWith("hold of 'echo': expected a target that takes its calls; found none");
    }

    @Test
    void controlsShowInExplanationAndReadiness() {
        world.under(
                new Control(
                        3, new Order.DrainLocal(ECHO), "ada", "disk", NOW, NOW.plusSeconds(60)));

        var readiness = Readiness.of(world.view(), world.asked()).getFirst();
        assertThat(readiness.live()).contains("echo.peer.lke");
        assertThat(readiness.away()).isTrue();
        assertThat(readiness.obstacle())
                .contains("echo: drained by ada until 2026-01-01T12:01:00Z: disk");
        assertThat(
                        new Explainer(world.view(), world::asked, world::seen, NOW)
                                .explain(FailoverWorld.TO_ECHO, Optional.empty()))
                .isInstanceOfSatisfying(
                        Explainer.Answer.Explained.class,
                        answer ->
                                assertThat(answer.explanation().controls())
                                        .extracting(Control::id)
                                        .containsExactly(3L));
    }
}
