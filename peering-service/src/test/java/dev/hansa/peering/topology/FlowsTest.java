package dev.hansa.peering.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.failover.Callers;
import dev.hansa.failover.Callers.Count;
import dev.hansa.failover.Observation;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.topology.Topology.Edge;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FlowsTest extends FlowsWorld {
    @Test
    void whoIsAllowedByTheDefaultAloneIsToldFromWhomARuleAllows() {
        runs("web");
        entry(sources("echo", source("web", "", "allow")));

        var callers = of(ECHO).callers();

        assertThat(here(callers, "caller").may()).isEqualTo(new May.Allowed(Optional.empty()));
        assertThat(here(callers, "web").may().rule()).isPresent();
        assertThat(callers.byDefault()).isEqualTo(1);
        assertThat(callers.byRule()).isEqualTo(1);
        defaultAllow = false;
        assertThat(here(of(ECHO).callers(), "caller").may())
                .isEqualTo(new May.Denied(Optional.empty()));
    }

    @Test
    void peerMayCallWhatIsExportedToItAndItsRulesDecide() {
        entry(sources("echo", source("shop", "\"Peer\":\"lke\",", "deny")));

        assertThat(edge(of(ECHO).callers(), "shop", Optional.of(LKE)).may())
                .isEqualTo(new May.NotExported(LKE));
        entry(EXPORTED);
        var callers = of(ECHO).callers();
        assertThat(edge(callers, "shop", Optional.of(LKE)).may()).isInstanceOf(May.Denied.class);
        assertThat(edge(callers, "*", Optional.of(LKE)).may())
                .isEqualTo(new May.Allowed(Optional.empty()));
    }

    @Test
    void ruleOfASamenessGroupIsNamedByItsGroup() {
        entry(EXPORTED);
        entry(
                "{\"Kind\":\"sameness-group\",\"Name\":\"all\",\"IncludeLocal\":true,\"Members\":[{\"Peer\":\"lke\"}]}");
        entry(
                sources(
                        "echo",
                        source("caller", "\"SamenessGroup\":\"all\",", "allow"),
                        source("caller", "\"Peer\":\"lke\",", "deny")));

        var callers = of(ECHO).callers();

        assertThat(here(callers, "caller").group()).isEqualTo("all");
        var theirs = edge(callers, "caller", Optional.of(LKE));
        assertThat(theirs.group()).isEmpty();
        assertThat(theirs.may()).isInstanceOf(May.Denied.class);
    }

    @Test
    void whoDoesIsToldByTheSidecarsOfTheCalledService() {
        entry(EXPORTED);
        isCalled(
                new Count(1, 2),
                from(OURS, "caller", 3),
                from(THEIRS, "shop", 4),
                from(new TrustDomain("gone.consul"), "shop", 5));

        var topology = of(ECHO);

        assertThat(topology.sidecars()).isEqualTo(new Topology.Sidecars(1, 1));
        assertThat(topology.callers().edges())
                .extracting(Edge::end)
                .startsWith(End.here("caller"), new End("shop", Optional.of(LKE)));
        assertThat(here(topology.callers(), "caller").flow()).contains(new Count(3, 8));
        // of a trust domain that is no peer's, and what the sidecar could not tell apart
        assertThat(topology.callers().beyond()).contains(new Count(6, 12));
    }

    @Test
    void nothingIsSaidOfConnectionsThatNoSidecarHasToldOf() {
        tells(ECHO, Optional.empty());

        var topology = of(ECHO);

        assertThat(topology.sidecars()).isEqualTo(new Topology.Sidecars(1, 0));
        assertThat(here(topology.callers(), "caller").flow()).isEmpty();
        assertThat(topology.callers().beyond()).isEmpty();
        assertThat(flows().peers().get(LKE))
                .isEqualTo(new PeerTraffic(Optional.empty(), Optional.empty(), PeerGateways.NONE));
    }

    private void callerCalls(OptionalLong open) {
        var upstream = new UpstreamName(ECHO, Optional.empty());
        tells(
                CALLER,
                Optional.of(
                        new Sightings(
                                List.of(
                                        new Observation(
                                                upstream,
                                                0,
                                                List.of(),
                                                List.of(
                                                        target("v2.echo", open),
                                                        target("echo", open),
                                                        target("echo.peer.lke", open),
                                                        target("echo.peer.!", open)))),
                                Optional.empty())),
                upstream);
    }

    private static Observation.OfTarget target(String label, OptionalLong open) {
        return new Observation.OfTarget(label, 7, open, 0, List.of());
    }

    @Test
    void whomAServiceCallsIsToldByItsOwnSidecarsAcrossPeers() {
        callerCalls(OptionalLong.of(2));

        var callees = of(CALLER).callees();

        assertThat(here(callees, "echo").flow()).contains(new Count(4, 14));
        assertThat(here(callees, "echo").asks()).isTrue();
        var there = edge(callees, "echo", Optional.of(LKE));
        assertThat(there.flow()).contains(new Count(2, 7));
        assertThat(there.may()).isEqualTo(new May.DecidedAt(LKE));
        assertThat(here(of(ECHO).callers(), "caller").asks()).isTrue();
        var imported = flows().of(new UpstreamName(ECHO, Optional.of(LKE)), ALL);
        assertThat(here(imported.callers(), "caller").flow()).contains(new Count(2, 7));
    }

    @Test
    void trafficToAPeerIsWhatSidecarsCarryThereAndFromIt() {
        callerCalls(OptionalLong.of(2));
        isCalled(Count.NONE, from(THEIRS, "shop", 4), from(OURS, "caller", 9));

        assertThat(flows().peers())
                .isEqualTo(
                        Map.of(
                                LKE,
                                new PeerTraffic(
                                        Optional.of(new Count(2, 7)),
                                        Optional.of(new Count(4, 9)),
                                        PeerGateways.NONE)));
    }

    @Test
    void sidecarThatDoesNotCountWhatStandsIsNotTakenForAnIdleOne() {
        callerCalls(OptionalLong.empty());

        assertThat(here(of(CALLER).callees(), "echo").flow()).isEmpty();
        assertThat(flows().peers().values())
                .extracting(PeerTraffic::out)
                .containsExactly(Optional.empty());
    }

    @Test
    void countsOfSidecarsThatLieAreAddedAndFailNobody() {
        var most = new Count(Count.MOST, Count.MOST);
        for (var i = 0; i < 2; i++) {
            isCalled(
                    most,
                    new Callers.OfCaller(from(OURS, "caller", 0).id(), most),
                    new Callers.OfCaller(from(THEIRS, "shop", 0).id(), most));
        }

        assertThat(here(of(ECHO).callers(), "caller").flow()).contains(most);
        assertThat(of(ECHO).callers().beyond()).contains(most);
        assertThat(flows().peers().values())
                .extracting(PeerTraffic::in)
                .containsExactly(Optional.of(most));
        assertThat(
                        flows().preview(
                                        ECHO,
                                        parsed(
                                                sources(
                                                        "echo",
                                                        source("*", "", "deny"),
                                                        source("*", "\"Peer\":\"lke\",", "deny"))),
                                        ALL)
                                .connections())
                .hasValue(Count.MOST);
    }

    @Test
    void ofSidecarsOfWhichOneDoesNotCountNothingIsKnown() {
        callerCalls(OptionalLong.of(2));
        callerCalls(OptionalLong.empty());

        assertThat(here(of(CALLER).callees(), "echo").flow()).isEmpty();
        assertThat(edge(of(CALLER).callees(), "echo", Optional.of(LKE)).flow()).isEmpty();
        var imported = flows().of(new UpstreamName(ECHO, Optional.of(LKE)), ALL);
        assertThat(here(imported.callers(), "caller").flow()).isEmpty();
        assertThat(flows().peers().values())
                .extracting(PeerTraffic::out)
                .containsExactly(Optional.empty());
    }

    @Test
    void whoMayNotSeeRulesOrPeersLearnsNothingOfThemByTheEnds() {
        entry(EXPORTED);
        entry(sources("echo", source("shop", "\"Peer\":\"lke\",", "allow")));
        isCalled(Count.NONE, from(THEIRS, "till", 4));
        var echo = new UpstreamName(ECHO, Optional.empty());

        var noPeers =
                flows().of(echo, new Flows.Sight(_ -> true, _ -> true, () -> false)).callers();
        var noRules =
                flows().of(echo, new Flows.Sight(_ -> true, _ -> false, () -> true)).callers();

        assertThat(noPeers.edges()).extracting(Edge::end).containsExactly(End.here("caller"));
        assertThat(noRules.edges())
                .extracting(Edge::end)
                .containsExactlyInAnyOrder(
                        End.here("caller"),
                        new End("till", Optional.of(LKE)),
                        new End("*", Optional.of(LKE)));
    }

    @Test
    void everyPeerThatARuleForAllHasToNameIsToldHoweverManyCallersStandBeforeIt() {
        entry(EXPORTED.replace("{\"Peer\":\"lke\"}", "{\"Peer\":\"lke\"},{\"Peer\":\"later\"}"));
        for (var i = 0; i < 2; i++) {
            var first = i * Callers.MOST;
            isCalled(
                    Count.NONE,
                    IntStream.range(first, first + Callers.MOST)
                            .mapToObj(one -> from(OURS, "svc-" + one, 1))
                            .toArray(Callers.OfCaller[]::new));
        }

        var topology = of(ECHO);

        // the wildcard of the peer is not among those shown, and the default allows its callers
        assertThat(topology.callers().edges())
                .extracting(Edge::end)
                .doesNotContain(new End("*", Optional.of(LKE)));
        assertThat(topology.callerPeers()).contains(List.of(new PeerName("later"), LKE));
    }

    @Test
    void peerWhoseCallersTalkHasToBeNamedByARuleForAllThoughItIsExportedToNoMore() {
        assertThat(of(ECHO).callerPeers()).contains(List.of());
        isCalled(Count.NONE, from(THEIRS, "shop", 1));

        assertThat(of(ECHO).callerPeers()).contains(List.of(LKE));
        assertThat(of(CALLER).callerPeers()).contains(List.of());
    }

    @Test
    void whoMayNotSeePeersIsNotToldWhomARuleForAllHasToNameAndIsToldThatThereAreSome() {
        var echo = new UpstreamName(ECHO, Optional.empty());
        var noPeers = new Flows.Sight(_ -> true, _ -> true, () -> false);
        assertThat(flows().of(echo, noPeers).callerPeers()).contains(List.of());

        entry(EXPORTED);

        assertThat(flows().of(echo, noPeers).callerPeers()).isEmpty();
    }

    @Test
    void ofThousandsTheMostTellingAreShownAndTheRestIsCounted() {
        for (var i = 0; i < 5000; i++) {
            runs("svc-" + i);
        }
        runs("denied");
        entry(sources("echo", source("svc-4999", "", "allow"), source("denied", "", "deny")));
        isCalled(Count.NONE, from(OURS, "svc-4321", 1));

        var callers = of(ECHO).callers();

        assertThat(callers.edges())
                .hasSize(Flows.MOST_EDGES)
                .extracting(edge -> edge.end().service())
                .startsWith("svc-4321", "svc-4999", "denied");
        assertThat(callers.all()).isEqualTo(5002);
        assertThat(callers.byDefault()).isEqualTo(5000);
        assertThat(of(CALLER).callees().edges()).hasSize(Flows.MOST_EDGES);
    }

    @Test
    void whatWhoeverAsksMayNotSeeIsLeftOut() {
        runs("secret");
        isCalled(Count.NONE, from(OURS, "secret", 2), from(OURS, "caller", 1));
        var sight = new Flows.Sight(name -> !name.equals("secret"), _ -> false, () -> true);

        var callers = flows().of(new UpstreamName(ECHO, Optional.empty()), sight).callers();

        assertThat(callers.edges())
                .containsExactly(
                        new Edge(
                                End.here("caller"),
                                new May.Hidden(),
                                "",
                                false,
                                Optional.of(new Count(1, 6))));
        assertThat(callers.all()).isEqualTo(1);
    }
}
