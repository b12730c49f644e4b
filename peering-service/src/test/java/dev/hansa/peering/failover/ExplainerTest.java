package dev.hansa.peering.failover;

import static dev.hansa.peering.failover.FailoverWorld.CALLER;
import static dev.hansa.peering.failover.FailoverWorld.ECHO;
import static dev.hansa.peering.failover.FailoverWorld.LKE;
import static dev.hansa.peering.failover.FailoverWorld.NOW;
import static dev.hansa.peering.failover.FailoverWorld.TO_ECHO;
import static dev.hansa.peering.failover.FailoverWorld.VMS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Observation;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.failover.Explanation.Standing;
import dev.hansa.peering.failover.Explanation.Verdict;
import dev.hansa.trustbundle.Datacenter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ExplainerTest {
    private final FailoverWorld world = FailoverWorld.ofTwo();

    private Explainer.Answer answer(UpstreamName upstream, Optional<ServiceName> caller) {
        return new Explainer(world.view(), world::asked, world::seen, NOW)
                .explain(upstream, caller);
    }

    @Test
    void whatCallersHaveMetIsShownOfThoseWhoAreAskedAbout() {
        var met =
                new Observation(
                        TO_ECHO,
                        1,
                        List.of(7L),
                        List.of(
                                new Observation.OfTarget(
                                        "echo", 7, OptionalLong.of(1), 2, List.of())));
        world.sees("caller", met).sees("other", met);

        assertThat(explain(TO_ECHO, Optional.empty()).seen()).hasSize(2);
        assertThat(explain(TO_ECHO, Optional.of(new ServiceName("other"))).seen())
                .extracting(seen -> seen.caller().value())
                .containsExactly("other");
    }

    private Explanation explain(UpstreamName upstream, Optional<ServiceName> caller) {
        return switch (answer(upstream, caller)) {
            case Explainer.Answer.Explained(var explanation) -> explanation;
            case Explainer.Answer.Unknown(var sentence) -> throw new AssertionError(sentence);
        };
    }

    private Explanation explain() {
        return explain(TO_ECHO, Optional.of(CALLER));
    }

    private String unknown(UpstreamName upstream) {
        return switch (answer(upstream, Optional.empty())) {
            case Explainer.Answer.Explained _ -> throw new AssertionError("it is explained");
            case Explainer.Answer.Unknown(var sentence) -> sentence;
        };
    }

    @Test
    void targetsStandInOrderWithLiveAndNext() {
        var explanation = explain();

        assertThat(explanation.resolver()).isPresent();
        assertThat(explanation.brokenLink()).isEmpty();
        assertThat(explanation.steps())
                .extracting(step -> step.target().label() + " " + step.standing())
                .containsExactly("echo LIVE", "echo.peer.lke NEXT");
    }

    @Test
    void eachTargetSaysHowOldItsEvidenceIs() {
        var steps = explain().steps();

        assertThat(steps.get(0).source().age()).isEmpty();
        assertThat(steps.get(1).source().age()).contains(Duration.ofSeconds(3));
        assertThat(steps.get(1).source().connected()).isTrue();
    }

    @Test
    void wayToAPeerNamesBothSidesGatewaysAndWhoMayAnswer() {
        var hops = explain().steps().get(1).hops();

        assertThat(hops)
                .extracting(hop ->
                        hop.place()
                                + " of "
                                + hop.where()
                                + " at '"
                                + hop.address()
                                + "' "
                                + hop.health().evidence())
                .containsExactly(
                        "MESH_GATEWAY of eks at '192.0.2.2:20000' passing",
                        "MESH_GATEWAY of peer 'lke' at '198.51.100.7:8443' passing",
                        "SIDECAR of peer 'lke' at '' 1 of 1 instances healthy");
        assertThat(hops)
                .allSatisfy(hop ->
                        assertThat(hop.sni())
                                .isEqualTo("echo.default.default.eks.external.lke.consul"));
        assertThat(hops.getLast().identities())
                .containsExactly("spiffe://lke.consul/ns/default/dc/lke/svc/echo");
    }

    @Test
    void whenTheInstancesHereAreDownThePeerIsLive() {
        world.here("echo", CheckStatus.CRITICAL);

        assertThat(explain().steps())
                .extracting(Explanation.Step::standing)
                .containsExactly(Standing.DOWN, Standing.LIVE);
    }

    @Test
    void intentionThatDecidesIsNamedAndAPeersIsLeftToIt() {
        world.entry(
                "{\"Kind\":\"service-intentions\",\"Name\":\"echo\",\"Sources\":[{\"Name\":\"caller\",\"Action\":\"deny\"}]}");

        var explanation = explain();

        assertThat(explanation.steps())
                .extracting(step -> step.intention().orElseThrow())
                .containsExactly(
                        new Verdict.Decided(new Datacenter("eks"), false, "caller -> echo"),
                        new Verdict.DecidedAt(LKE));
        assertThat(explanation.brokenLink())
                .contains("intention 'caller -> echo' of eks denies it");
    }

    @Test
    void defaultThatDeniesIsNamedAsSuch() {
        world.defaultDeny();

        assertThat(explain().brokenLink())
                .contains("no intention allows it, and eks denies by default");
    }

    @Test
    void firstBrokenLinkIsTheCallersSidecar() {
        world.gone("echo").withoutBundle(LKE);

        assertThat(explain(TO_ECHO, Optional.of(ECHO)).brokenLink())
                .contains("no sidecar of 'echo' is connected in eks");
        world.asks("caller", new UpstreamName(ECHO, Optional.of(LKE)));
        assertThat(explain().brokenLink())
                .contains("the sidecar of 'caller' has no upstream 'echo'; it has echo.lke");
    }

    @Test
    void thenThatNoTargetIsHealthy() {
        world.gone("echo").withoutBundle(LKE);

        assertThat(explain().brokenLink().orElseThrow())
                .startsWith(
                        "'echo' has no healthy target: echo: no instance of 'echo' is registered in eks; echo.peer.lke: there is no trust bundle of peer 'lke'");
    }

    @Test
    void serviceThatOnlyAPeerHasIsExplainedWithWhereItIs() {
        world.exported(LKE, "paper", CheckStatus.PASSING);

        assertThat(
                        explain(
                                        new UpstreamName(
                                                new ServiceName("paper"), Optional.empty()),
                                        Optional.empty())
                                .brokenLink()
                                .orElseThrow())
                .contains("peer 'lke' exports it to us");
        assertThat(
                        explain(
                                        new UpstreamName(
                                                new ServiceName("paper"), Optional.of(LKE)),
                                        Optional.empty())
                                .brokenLink())
                .isEmpty();
    }

    @Test
    void unknownNamesAreAnsweredWithWhatIsNear() {
        assertThat(unknown(new UpstreamName(new ServiceName("ecko"), Optional.empty())))
                .startsWith("service 'ecko': expected one that runs in eks")
                .contains("did you mean 'echo'?", "known here: caller, echo, mesh-gateway");
        assertThat(unknown(new UpstreamName(ECHO, Optional.of(VMS))))
                .startsWith("peer 'vms': expected one that this datacenter is peered with")
                .contains("known here: lke");
    }
}
