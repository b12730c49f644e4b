package dev.hansa.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ExportPolicy;
import dev.hansa.exportedservices.ExportedView;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy.Destination;
import dev.hansa.failover.FailoverPolicy.Subset;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/// Up to three datacenters that are all peered with one another, with policies and health by
/// chance. The repetition's number is the seed.
class RandomWorldsTest {
    private static final List<String> ALL = List.of("eks", "lke", "aks");
    private static final List<String> SERVICES = List.of("a", "b", "c", "d");
    private static final List<String> SUBSETS = List.of("v1", "v2");

    private Random random = new Random(0);

    /// One datacenter as its own server sees it.
    private record Datacentre(
            String name, CatalogSnapshot own, Map<ServiceName, FailoverPolicy> policies) {}

    @RepeatedTest(400)
    void everyRouteKeepsItsPromises(RepetitionInfo seed) {
        random = new Random(seed.getCurrentRepetition());
        var names = ALL.subList(0, 1 + random.nextInt(ALL.size()));
        var world = new TreeMap<String, Datacentre>();
        names.forEach(name -> world.put(name, datacentre(name, names)));
        for (var here : world.values()) {
            var resolver = resolver(here, world);
            for (var service : SERVICES) {
                var name = new ServiceName(service);
                holds(resolver, resolver.resolve(new UpstreamName(name, Optional.empty())), here);
                endsHere(resolver, here, name);
                for (var peer : names) {
                    var route =
                            resolver.resolve(
                                    new UpstreamName(name, Optional.of(new PeerName(peer))));
                    assertThat(route.targets())
                            .extracting(Target::label)
                            .containsExactly(service + ".peer." + peer);
                }
            }
            importsAreNotExported(here, resolver.catalog());
        }
    }

    private void holds(ServiceResolver resolver, Route route, Datacentre here) {
        var service = route.upstream().service();
        var labels = route.targets().stream().map(Target::label).toList();
        assertThat(labels).isNotEmpty().doesNotHaveDuplicates();
        var policy = here.policies().get(service);
        if (policy == null || policy.redirect().isEmpty()) {
            var subset = policy == null ? "" : policy.defaultSubset();
            assertThat(labels.getFirst())
                    .isEqualTo(subset.isEmpty() ? service.value() : subset + "." + service);
        }
        for (var target : route.targets()) {
            assertThat(target.health().evidence()).isNotBlank();
            if (target.health().healthy()) {
                assertThat(target.endpoints()).anyMatch(endpoint -> endpoint.health().healthy());
            }
            target.endpoints()
                    .forEach(endpoint -> assertThat(endpoint.health().evidence()).isNotBlank());
        }
        assertThat(resolver.resolve(route.upstream())).isEqualTo(route);
        assertThat(shuffled(resolver).resolve(route.upstream())).isEqualTo(route);
        if (resolver.unheld(service).stream().anyMatch(target -> target.health().healthy())) {
            assertThat(route.targets()).anyMatch(target -> target.health().healthy());
        }
    }

    /// What a peer's call reaches runs here: it is never sent on, so no connection can come to a
    /// datacenter twice.
    private static void endsHere(ServiceResolver resolver, Datacentre here, ServiceName service) {
        var addresses = new HashSet<Endpoint>();
        here.own()
                .named(service.sidecar())
                .forEach(proxy -> proxy.lanEndpoint().ifPresent(addresses::add));
        assertThat(resolver.exported(service))
                .extracting(TargetEndpoint::address)
                .allMatch(addresses::contains);
    }

    private static void importsAreNotExported(Datacentre here, CatalogSnapshot catalog) {
        var view =
                ExportedView.of(
                        catalog,
                        everything(),
                        new PeerName("any"),
                        new TrustDomain(here.name() + ".consul"),
                        new Datacenter(here.name()));
        for (var name : view.names()) {
            assertThat(view.named(name))
                    .allMatch(instance -> instance.node().datacenter().equals(here.name()));
            assertThat(here.own().named(name)).isNotEmpty();
        }
    }

    private static ExportPolicy everything() {
        return new ExportPolicy(
                List.of(
                        new ExportPolicy.Export(
                                ExportPolicy.ANY, new HashSet<>(List.of(new PeerName("any"))))));
    }

    private ServiceResolver resolver(Datacentre here, Map<String, Datacentre> world) {
        var catalog = here.own();
        var domains = new HashMap<PeerName, TrustDomain>();
        for (var other : world.values()) {
            if (other == here) {
                continue;
            }
            var peer = new PeerName(other.name());
            if (random.nextInt(8) > 0) {
                domains.put(peer, new TrustDomain(other.name() + ".consul"));
            }
            catalog = catalog.withImported(peer, imported(other, here));
        }
        return new ServiceResolver(
                catalog,
                service -> here.policies().getOrDefault(service, FailoverPolicy.none(service)),
                new Datacenter(here.name()),
                new TrustDomain(here.name() + ".consul"),
                domains);
    }

    private ImportedCatalog imported(Datacentre from, Datacentre to) {
        var exports =
                new ExportPolicy(
                        SERVICES.stream()
                                .filter(_ -> random.nextInt(5) > 0)
                                .map(service ->
                                        new ExportPolicy.Export(
                                                service,
                                                new HashSet<>(List.of(new PeerName(to.name())))))
                                .toList());
        var view =
                ExportedView.of(
                        from.own(),
                        exports,
                        new PeerName(to.name()),
                        new TrustDomain(from.name() + ".consul"),
                        new Datacenter(from.name()));
        return new ImportedCatalog(
                view.services(), Instant.parse("2026-01-01T10:00:00Z"), random.nextBoolean());
    }

    /// The same world, whose maps were filled in another order.
    private ServiceResolver shuffled(ServiceResolver resolver) {
        var peers = new ArrayList<>(resolver.catalog().imported().entrySet());
        Collections.shuffle(peers, random);
        var imported = new HashMap<PeerName, ImportedCatalog>();
        peers.forEach(peer -> imported.put(peer.getKey(), peer.getValue()));
        return new ServiceResolver(
                new CatalogSnapshot(9, new TreeMap<>(resolver.catalog().local()), imported),
                resolver.policies(),
                resolver.datacenter(),
                resolver.trustDomain(),
                resolver.peerDomains(),
                resolver.recoveries());
    }

    private Datacentre datacentre(String name, List<String> peers) {
        var local = new TreeMap<String, List<ServiceInstance>>();
        for (var service : SERVICES) {
            var instances = new ArrayList<ServiceInstance>();
            var proxies = new ArrayList<ServiceInstance>();
            for (var i = random.nextInt(4); i > 0; i--) {
                var id = service + "-" + i;
                var version = "v" + (1 + random.nextInt(2));
                var status = status();
                instances.add(instance(name, id, service, ServiceKind.TYPICAL, version, status));
                proxies.add(
                        instance(
                                name,
                                id + ServiceName.SIDECAR_SUFFIX,
                                service + ServiceName.SIDECAR_SUFFIX,
                                ServiceKind.CONNECT_PROXY,
                                version,
                                random.nextInt(4) == 0 ? status() : status));
            }
            if (!instances.isEmpty()) {
                local.put(service, instances);
                local.put(service + ServiceName.SIDECAR_SUFFIX, proxies);
            }
        }
        if (random.nextInt(6) > 0) {
            local.put(
                    "mesh-gateway",
                    List.of(
                            instance(
                                    name,
                                    "gateway",
                                    "mesh-gateway",
                                    ServiceKind.MESH_GATEWAY,
                                    "v1",
                                    status())));
        }
        var policies = new HashMap<ServiceName, FailoverPolicy>();
        for (var service : SERVICES) {
            if (random.nextInt(3) > 0) {
                var named = new ServiceName(service);
                policies.put(named, policy(named, peers));
            }
        }
        return new Datacentre(name, new CatalogSnapshot(1, local, Map.of()), policies);
    }

    private CheckStatus status() {
        return List.of(CheckStatus.values()).get(random.nextInt(CheckStatus.values().length));
    }

    private FailoverPolicy policy(ServiceName service, List<String> peers) {
        var redirects = random.nextInt(3) == 0;
        var failovers = new HashMap<String, List<Destination>>();
        for (var subset : List.of(FailoverPolicy.ANY_SUBSET, "v1")) {
            if (!redirects && random.nextBoolean()) {
                failovers.put(subset, destinations(peers));
            }
        }
        return new FailoverPolicy(
                service,
                Duration.ofSeconds(1 + random.nextInt(5)),
                redirects ? destinations(peers) : List.of(),
                failovers,
                random.nextBoolean() ? "" : SUBSETS.get(random.nextInt(SUBSETS.size())),
                random.nextBoolean()
                        ? Map.of("v1", Subset.ALL)
                        : Map.of("v1", Subset.ALL, "v2", new Subset(Optional.empty(), true)),
                new Preference(
                        new Spread.Sequential(), 25 * random.nextInt(5), Duration.ofSeconds(1)));
    }

    private List<Destination> destinations(List<String> peers) {
        var all = new ArrayList<Destination>();
        for (var i = 1 + random.nextInt(3); i > 0; i--) {
            var atPeer = random.nextBoolean();
            all.add(
                    new Destination(
                            new ServiceName(SERVICES.get(random.nextInt(SERVICES.size()))),
                            atPeer || random.nextBoolean()
                                    ? ""
                                    : SUBSETS.get(random.nextInt(SUBSETS.size())),
                            atPeer
                                    ? Optional.of(
                                            new PeerName(peers.get(random.nextInt(peers.size()))))
                                    : Optional.empty()));
        }
        return all;
    }

    private ServiceInstance instance(
            String datacenter,
            String id,
            String name,
            ServiceKind kind,
            String version,
            CheckStatus status) {
        return new ServiceInstance(
                new NodeRecord("", "n", "192.0.2.1", datacenter, Map.of(), Map.of()),
                id,
                name,
                kind,
                List.of(version),
                datacenter + "-" + id + ".example",
                20000,
                Map.of(),
                Map.of("version", version),
                random.nextInt(9) == 0 ? 0 : 1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(new HealthCheck(id + ":c", "c", status, "", "tcp")),
                1,
                1);
    }
}
