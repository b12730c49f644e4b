package dev.hansa.peering.topology;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Callers;
import dev.hansa.failover.Callers.Count;
import dev.hansa.failover.Sightings;
import dev.hansa.failover.UpstreamName;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.configentry.ParsedEntry;
import dev.hansa.peering.discovery.ProxyPlace;
import dev.hansa.peering.discovery.RoutePublisher.Told;
import dev.hansa.peering.discovery.RouteView;
import dev.hansa.peering.discovery.RouteWorld;
import dev.hansa.peering.store.ConfigKey;
import dev.hansa.peering.store.ConfigRecord;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.peering.store.StoredState;
import dev.hansa.peering.store.TestState;
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

/// eks, peered with lke, in which `caller` and `echo` run.
public abstract class FlowsWorld {
    static final ServiceName ECHO = new ServiceName("echo");
    static final ServiceName CALLER = new ServiceName("caller");
    static final PeerName LKE = new PeerName("lke");
    static final TrustDomain OURS = new TrustDomain("eks.consul");
    static final TrustDomain THEIRS = new TrustDomain("lke.consul");
    static final Flows.Sight ALL = new Flows.Sight(_ -> true, _ -> true, () -> true);
    static final String EXPORTED =
            "{\"Kind\":\"exported-services\",\"Name\":\"default\",\"Services\":[{\"Name\":\"echo\",\"Consumers\":[{\"Peer\":\"lke\"}]}]}";

    final Map<ConfigKey, ConfigRecord> config = new HashMap<>();
    final Map<String, List<ServiceInstance>> local = new HashMap<>();
    final List<Told> told = new ArrayList<>();
    boolean defaultAllow = true;

    FlowsWorld() {
        runs("caller");
        runs("echo");
    }

    void runs(String name) {
        local.put(name + "-sidecar-proxy", List.of(sidecar(name)));
    }

    /// What stands in the catalog for a service's instance with a sidecar.
    public static ServiceInstance sidecar(String name) {
        return new ServiceInstance(
                new NodeRecord("", "n", "192.0.2.9", "eks", Map.of(), Map.of()),
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
                1);
    }

    static ParsedEntry.Valid parsed(String json) {
        return switch (ConfigEntries.parse(json)) {
            case ParsedEntry.Valid valid -> valid;
            case ParsedEntry.Invalid(var sentence, _) -> throw new AssertionError(sentence);
        };
    }

    void entry(String json) {
        var valid = parsed(json);
        config.put(
                new ConfigKey(valid.kind(), valid.name()),
                new ConfigRecord(valid.kind(), valid.name(), valid.json(), 7, 7));
    }

    static String sources(String destination, String... sources) {
        return "{\"Kind\":\"service-intentions\",\"Name\":\""
                + destination
                + "\",\"Sources\":["
                + String.join(",", sources)
                + "]}";
    }

    static String source(String name, String more, String action) {
        return "{\"Name\":\"" + name + "\"," + more + "\"Action\":\"" + action + "\"}";
    }

    void tells(ServiceName service, Optional<Sightings> sightings, UpstreamName... upstreams) {
        told.add(
                new Told(
                        service,
                        new ProxyPlace("n", service + "-1"),
                        List.of(upstreams),
                        sightings,
                        Optional.empty()));
    }

    /// The sidecar of echo has these callers.
    void isCalled(Count beyond, Callers.OfCaller... callers) {
        tells(
                ECHO,
                Optional.of(
                        new Sightings(
                                List.of(), Optional.of(new Callers(List.of(callers), beyond)))));
    }

    static Callers.OfCaller from(TrustDomain domain, String service, long open) {
        return new Callers.OfCaller(
                SpiffeId.service(domain, new Datacenter("x"), service), new Count(open, open + 5));
    }

    Flows flows() {
        var state = TestState.of(7, config, Map.of(LKE, peering()), Map.of());
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

    static PeeringRecord peering() {
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

    Topology of(ServiceName service) {
        return flows().of(new UpstreamName(service, Optional.empty()), ALL);
    }

    static Edge edge(Topology.Side side, String service, Optional<PeerName> peer) {
        return side.edges().stream()
                .filter(edge -> edge.end().equals(new End(service, peer)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(service + " is not in " + side.edges()));
    }

    static Edge here(Topology.Side side, String service) {
        return edge(side, service, Optional.empty());
    }
}
