package dev.hansa.peering.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Callers;
import dev.hansa.failover.Callers.Count;
import dev.hansa.failover.Observation;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.configentry.ParsedEntry;
import dev.hansa.peering.discovery.ProxyPlace;
import dev.hansa.peering.discovery.RoutePublisher.Told;
import dev.hansa.peering.discovery.RouteView;
import dev.hansa.peering.discovery.RouteWorld;
import dev.hansa.peering.store.AclState;
import dev.hansa.peering.store.ConfigKey;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoreState;
import dev.hansa.peering.store.StoredState;
import dev.hansa.peering.topology.Topology.Edge;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// eks, peered with lke, in which `caller` and `echo` run.
class FlowsTest {
    private static final ServiceName ECHO = new ServiceName("echo");
    private static final ServiceName CALLER = new ServiceName("caller");
    private static final PeerName LKE = new PeerName("lke");
    private static final TrustDomain OURS = new TrustDomain("eks.consul");
    private static final TrustDomain THEIRS = new TrustDomain("lke.consul");
    private static final Flows.Sight ALL = new Flows.Sight(_ -> true, _ -> true);
    private static final String EXPORTED =
            "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"echo\",\"Consumers\":[{\"Peer\":\"lke\"}]}]}";

    private final Map<ConfigKey, ConfigRecord> config = new HashMap<>();
    private final Map<String, List<ServiceInstance>> local = new HashMap<>();
    private final List<Told> told = new ArrayList<>();
    private boolean defaultAllow = true;

    FlowsTest() {
        runs("caller");
        runs("echo");
    }

    private void runs(String name) {
        var node = new NodeRecord("", "n", "192.0.2.9", "eks", Map.of(), Map.of());
        local.put(
                name + "-sidecar-proxy",
                List.of(
                        new ServiceInstance(
                                node,
                                name,
                                name + "-sidecar-proxy",
                                ServiceKind.CONNECT_PROXY,
                                List.of(),
                                "192.0.2.9",
                                20000,
                                Map.of(),
                                Map.of(),
                                1,
                                1,
                                Optional.of(new ServiceName(name)),
                                Optional.empty(),
                                List.of(),
                                1,
                                1)));
    }

    private static ParsedEntry.Valid parsed(String json) {
        return switch (ConfigEntries.parse(json)) {
            case ParsedEntry.Valid valid -> valid;
            case ParsedEntry.Invalid(var sentence, _) -> throw new AssertionError(sentence);
        };
    }

    private void entry(String json) {
        var valid = parsed(json);
        config.put(
                new ConfigKey(valid.kind(), valid.name()),
                new ConfigRecord(valid.kind(), valid.name(), valid.json(), 7, 7));
    }

    private static String sources(String destination, String... sources) {
        return "{\"Kind\":\"service-intentions\",\"Name\":\""
                + destination
                + "\",\"Sources\":["
                + String.join(",", sources)
                + "]}";
    }

    private static String source(String name, String more, String action) {
        return "{\"Name\":\"" + name + "\"," + more + "\"Action\":\"" + action + "\"}";
    }

    private void tells(
            ServiceName service, Optional<Sightings> sightings, UpstreamName... upstreams) {
        told.add(
                new Told(
                        service,
                        new ProxyPlace("n", service + "-1"),
                        List.of(upstreams),
                        sightings,
                        Optional.empty()));
    }

    /// The sidecar of echo has these callers.
    private void isCalled(Count beyond, Callers.OfCaller... callers) {
        tells(
                ECHO,
                Optional.of(
                        new Sightings(
                                List.of(), Optional.of(new Callers(List.of(callers), beyond)))));
    }

    private static Callers.OfCaller from(TrustDomain domain, String service, long open) {
        return new Callers.OfCaller(
                SpiffeId.service(domain, new Datacenter("x"), service), new Count(open, open + 5));
    }

    private Flows flows() {
        var state =
                new StoreState(
                        7,
                        1,
                        config,
                        Map.of(LKE, peering()),
                        Map.of(),
                        Map.of(),
                        Map.of(),
                        Map.of(),
                        Map.of(),
                        AclState.NONE,
                        Optional.empty());
        return new Flows(
                new RouteView(
                        new RouteWorld(
                                state,
                                new CatalogSnapshot(1, local, Map.of()),
                                new Datacenter("eks"),
                                new TrustBundle(OURS, List.of()),
                                ConfigEntries.exportPolicy(state),
                                ConfigEntries.failoverPolicies(state),
                                ConfigEntries.intentionTables(state, defaultAllow),
                                false,
                                new Endpoint("192.0.2.1", 8503))),
                told);
    }

    private static PeeringRecord peering() {
        return new PeeringRecord(
                LKE,
                "id-lke",
                StoredState.ESTABLISHING,
                Map.of(),
                "theirs",
                Optional.of(THEIRS),
                "lke",
                "server.lke.peering.lke.consul",
                List.of(),
                List.of("198.51.100.7:8443"),
                List.of(),
                Optional.empty(),
                1,
                1);
    }

    private Topology of(ServiceName service) {
        return flows().of(new UpstreamName(service, Optional.empty()), ALL);
    }

    private static Edge edge(Topology.Side side, String service, Optional<PeerName> peer) {
        return side.edges().stream()
                .filter(edge -> edge.end().equals(new End(service, peer)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(service + " is not in " + side.edges()));
    }

    private static Edge here(Topology.Side side, String service) {
        return edge(side, service, Optional.empty());
    }

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
                .isEqualTo(new PeerTraffic(Optional.empty(), Optional.empty()));
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
                                        Optional.of(new Count(4, 9)))));
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
    void previewNamesTheConnectionsThatOtherRulesWouldCut() {
        entry(EXPORTED);
        isCalled(
                Count.NONE,
                from(OURS, "caller", 3),
                from(OURS, "web", 1),
                from(OURS, "idle", 0),
                from(THEIRS, "shop", 4));

        var preview =
                flows().preview(
                                ECHO,
                                parsed(
                                        sources(
                                                "echo",
                                                source("caller", "", "allow"),
                                                source("*", "", "deny"),
                                                source("*", "\"Peer\":\"lke\",", "deny"))),
                                name -> !name.equals("web"));

        assertThat(preview.cut())
                .containsExactly(
                        new Preview.Cut(
                                new End("shop", Optional.of(LKE)), 4, "peer:lke/* -> echo"));
        // also of those who are not listed
        assertThat(preview.connections()).isEqualTo(5);
        assertThat(
                        flows().preview(
                                        ECHO,
                                        parsed(sources("echo", source("caller", "", "deny"))),
                                        _ -> true)
                                .cut())
                .containsExactly(new Preview.Cut(End.here("caller"), 3, "caller -> echo"));
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
        var sight = new Flows.Sight(name -> !name.equals("secret"), _ -> false);

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
