package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.Controls;
import dev.hansa.failover.HealthView;
import dev.hansa.failover.InboundPolicy;
import dev.hansa.failover.Recoveries;
import dev.hansa.failover.Route;
import dev.hansa.failover.RouteSnapshot;
import dev.hansa.failover.ServiceResolver;
import dev.hansa.failover.SniRoute;
import dev.hansa.failover.Target;
import dev.hansa.failover.TargetEndpoint;
import dev.hansa.failover.UpstreamName;
import dev.hansa.failover.VirtualServices;
import dev.hansa.peering.configentry.ClusterIps;
import dev.hansa.peering.configentry.ConfigEntries;
import dev.hansa.peering.store.BundleRecord;
import dev.hansa.peering.store.CaRecord;
import dev.hansa.peering.store.PeeringRecord;
import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustBundle;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/// What one proxy is told: pure, so that the same world always gives the same snapshot. A proxy
/// learns only what its own identity needs.
public final class RouteView {
    private final RouteWorld world;
    private final Map<PeerName, TrustBundle> peerBundles;
    private final ServiceResolver resolver;
    private final String activeIssuer;
    private final Recoveries recoveries;
    private final Map<UpstreamName, Route> routes = new ConcurrentHashMap<>();

    /// Read once, and only where there is a sidecar that wants it.
    private final Supplier<ClusterIps> clusterIps;

    private final Supplier<Map<String, String>> clusters;

    /// One that holds no target down.
    public RouteView(RouteWorld world) {
        this(world, Recoveries.NONE);
    }

    /// @param recoveries which targets came back lately
    public RouteView(RouteWorld world, Recoveries recoveries) {
        this(world, peerBundles(world), recoveries);
    }

    private RouteView(
            RouteWorld world, Map<PeerName, TrustBundle> peerBundles, Recoveries recoveries) {
        this.world = world;
        this.recoveries = recoveries;
        this.clusterIps = once(() -> ConfigEntries.clusterIps(world.state()));
        this.clusters = once(() -> Machines.clusters(world.catalog()));
        this.activeIssuer = world.state().ca().map(CaRecord::issuer).orElse("");
        this.peerBundles = peerBundles;
        var domains = new HashMap<PeerName, TrustDomain>();
        peerBundles.forEach((peer, bundle) -> domains.put(peer, bundle.trustDomain()));
        this.resolver =
                new ServiceResolver(
                        world.catalog(),
                        world.policies(),
                        world.datacenter(),
                        world.trustDomain(),
                        domains,
                        recoveries);
    }

    private static <T> Supplier<T> once(Supplier<T> reading) {
        var read = new ConcurrentHashMap<String, T>();
        return () -> read.computeIfAbsent("", _ -> reading.get());
    }

    /// Of the same world, with the targets held down that came back lately.
    ///
    /// @param before those of the view before this one
    RouteView after(Recoveries before, Instant now) {
        var next = before.of(world.heldDown());
        for (var service : world.heldDown()) {
            next = next.next(service, resolver.unheld(service), resolver.holdDown(service), now);
        }
        return new RouteView(world, peerBundles, next);
    }

    Recoveries recoveries() {
        return recoveries;
    }

    /// A bundle counts only for the trust domain that its peering was pinned to, and never for
    /// ours.
    private static Map<PeerName, TrustBundle> peerBundles(RouteWorld world) {
        var bundles = new TreeMap<PeerName, TrustBundle>();
        for (var peering : world.state().peerings().values()) {
            var bundle = world.state().bundles().get(peering.name());
            if (bundle != null
                    && peering.state().isLive()
                    && speaksFor(bundle, peering, world.trustDomain())) {
                bundles.put(
                        peering.name(),
                        TrustBundle.fromPem(
                                new TrustDomain(bundle.trustDomain()), bundle.rootPems()));
            }
        }
        return bundles;
    }

    private static boolean speaksFor(BundleRecord bundle, PeeringRecord peering, TrustDomain own) {
        return !bundle.trustDomain().equals(own.name())
                && peering.trustDomain()
                        .map(pinned -> pinned.name().equals(bundle.trustDomain()))
                        .orElse(false);
    }

    /// The way to an upstream, as every sidecar that asks for it is told.
    public Route route(UpstreamName upstream) {
        // transparent sidecars want all there are, each of them
        return routes.computeIfAbsent(
                upstream, name -> world.controls().apply(resolver.resolve(name)));
    }

    /// The label of the target that comes first when no operator says otherwise.
    public String first(UpstreamName upstream) {
        return resolver.resolve(upstream).targets().getFirst().label();
    }

    /// What would be told under other controls.
    public RouteView with(Controls controls) {
        return new RouteView(world.with(controls), peerBundles, recoveries);
    }

    /// All that routes are made from.
    public RouteWorld world() {
        return world;
    }

    /// For a connected proxy.
    ///
    /// @param gateway what every gateway is told
    RouteSnapshot of(ProxySession session, RouteSnapshot gateway) {
        return switch (session.identity()) {
            case ProxyIdentity.Gateway _ -> gateway;
            case ProxyIdentity.Sidecar(_, var service) ->
                    session.isTransparent()
                            ? transparent(service, session.upstreams(), session.machine())
                            : sidecar(service, session.upstreams());
        };
    }

    /// For the sidecar of `service` with these upstreams. The version is left 0.
    public RouteSnapshot sidecar(ServiceName service, Collection<UpstreamName> upstreams) {
        return sidecar(service, upstreams, Optional.empty());
    }

    /// The same, and the way to each service that has a virtual address besides, for one that takes
    /// redirected connections.
    ///
    /// @param node of the machine that the sidecar runs on: of the cluster that it is of it is told
    ///   which addresses stand for these services
    public RouteSnapshot transparent(
            ServiceName service, Collection<UpstreamName> upstreams, String node) {
        var chosen = VirtualChoice.of(world, service);
        var virtual =
                new VirtualServices(
                        chosen,
                        ConfigEntries.meshDestinationsOnly(world.state()),
                        clusterIps(chosen.values(), node));
        // always in the same order, whatever else is asked for: what has not changed is not sent
        var names = new LinkedHashSet<UpstreamName>();
        virtual.services().entrySet().stream()
                .sorted(Comparator.comparingInt(one -> one.getKey().number()))
                .forEach(one -> names.add(one.getValue()));
        names.addAll(upstreams);
        return sidecar(service, names, Optional.of(virtual));
    }

    private Map<Endpoint, UpstreamName> clusterIps(Collection<UpstreamName> names, String node) {
        if (clusterIps.get().isEmpty()) {
            return Map.of();
        }
        var chosen = Set.copyOf(names);
        var here = new HashMap<Endpoint, UpstreamName>();
        clusterIps
                .get()
                .of(clusters.get().getOrDefault(node, ""))
                .forEach((place, name) -> {
                    var upstream = new UpstreamName(name, Optional.empty());
                    if (chosen.contains(upstream)) {
                        here.put(place, upstream);
                    }
                });
        return here;
    }

    private RouteSnapshot sidecar(
            ServiceName service,
            Collection<UpstreamName> upstreams,
            Optional<VirtualServices> virtual) {
        var routes =
                upstreams.stream()
                        .distinct()
                        .map(upstream ->
                                world.connections().to(service, upstream).on(route(upstream)))
                        .toList();
        var inboundPeers = new HashMap<TrustDomain, PeerName>();
        var bundles = BundleSet.EMPTY.with(world.own());
        for (var peer : peerBundles.entrySet()) {
            var bundle = peer.getValue();
            if (world.exports().exports(service.value(), peer.getKey())) {
                inboundPeers.put(bundle.trustDomain(), peer.getKey());
                bundles = bundles.with(bundle);
            } else if (reaches(routes, peer.getKey())) {
                bundles = bundles.with(bundle);
            }
        }
        return new RouteSnapshot(
                0,
                world.datacenter(),
                world.trustDomain(),
                routes,
                List.of(),
                bundles,
                Optional.of(
                        new InboundPolicy(
                                inboundPeers,
                                world.intentions().apply(service.value()),
                                world.connections().mostInto(service))),
                activeIssuer,
                virtual);
    }

    private static boolean reaches(List<Route> routes, PeerName peer) {
        return routes.stream()
                .flatMap(route -> route.targets().stream())
                .anyMatch(target ->
                        target instanceof Target.PeerTarget peerTarget
                                && peerTarget.peer().equals(peer));
    }

    /// For a mesh gateway. It gets names and addresses, and no bundle but its own: it ends no TLS.
    public RouteSnapshot gateway() {
        var routes = new TreeMap<String, SniRoute>();
        exported(routes);
        imported(routes);
        if (world.throughGateways()) {
            peering(routes);
        }
        return new RouteSnapshot(
                0,
                world.datacenter(),
                world.trustDomain(),
                List.of(),
                List.copyOf(routes.values()),
                BundleSet.EMPTY.with(world.own()),
                Optional.empty(),
                activeIssuer);
    }

    private void exported(Map<String, SniRoute> routes) {
        for (var peering : world.state().peerings().values()) {
            if (!peering.state().isLive()) {
                continue;
            }
            for (var name : world.catalog().local().keySet()) {
                var isCarried =
                        world.catalog().named(name + ServiceName.SIDECAR_SUFFIX).stream()
                                .anyMatch(one -> !one.isUnjoinedProxy());
                if (!isCarried || !world.exports().exports(name, peering.name())) {
                    continue;
                }
                put(
                        routes,
                        route(
                                MeshNames.peeredService(name, peering.name(), world.trustDomain()),
                                SniRoute.EXPORTED,
                                peering.name(),
                                resolver.exported(new ServiceName(name)),
                                "service '" + name + "' has no healthy instance here"));
            }
        }
    }

    /// A peer's names count only under the peer's own trust domain: nobody can claim a name of ours
    /// or of another peer.
    private void imported(Map<String, SniRoute> routes) {
        for (var peer : peerBundles.keySet()) {
            var suffix = ".external." + peerBundles.get(peer).trustDomain();
            world.catalog()
                    .from(peer)
                    .instances()
                    .values()
                    .forEach(proxies -> {
                        var sni =
                                proxies.stream()
                                        .flatMap(proxy -> proxy.peerMeta().stream())
                                        .flatMap(meta -> meta.sni().stream())
                                        .filter(name -> name.endsWith(suffix))
                                        .findFirst();
                        if (sni.isEmpty()) {
                            return;
                        }
                        var gateways =
                                proxies.stream()
                                        .filter(proxy -> proxy.kind() == ServiceKind.CONNECT_PROXY)
                                        .toList();
                        put(
                                routes,
                                route(
                                        sni.get(),
                                        SniRoute.IMPORTED,
                                        peer,
                                        endpoints(gateways, ServiceInstance::wanEndpoint),
                                        "peer '" + peer + "' has no healthy mesh gateway"));
                    });
        }
    }

    private static SniRoute route(
            String sni,
            String purpose,
            PeerName peer,
            List<TargetEndpoint> endpoints,
            String whenNoneIsHealthy) {
        var healthy = endpoints.stream().anyMatch(endpoint -> endpoint.health().healthy());
        return new SniRoute(
                sni, purpose, peer.value(), endpoints, healthy ? "" : whenNoneIsHealthy);
    }

    private static List<TargetEndpoint> endpoints(
            List<ServiceInstance> proxies, Function<ServiceInstance, Optional<Endpoint>> address) {
        return proxies.stream()
                .flatMap(proxy ->
                        address.apply(proxy).stream()
                                .map(where -> new TargetEndpoint(where, health(proxy))))
                .toList();
    }

    private static HealthView health(ServiceInstance proxy) {
        return proxy.isHealthy() ? HealthView.GOOD : HealthView.bad(proxy.status().word());
    }

    private void peering(Map<String, SniRoute> routes) {
        put(
                routes,
                new SniRoute(
                        MeshNames.peeringServer(world.datacenter(), world.trustDomain()),
                        SniRoute.PEERING_IN,
                        "",
                        List.of(new TargetEndpoint(world.peerServer(), HealthView.GOOD)),
                        ""));
        for (var peering : world.state().peerings().values()) {
            if (peering.state().isLive() && peering.dials()) {
                put(
                        routes,
                        new SniRoute(
                                peering.serverName(),
                                SniRoute.PEERING_OUT,
                                peering.name().value(),
                                peering.addressesToDial().stream()
                                        .map(address ->
                                                new TargetEndpoint(
                                                        Endpoint.parse(address), HealthView.GOOD))
                                        .toList(),
                                ""));
            }
        }
    }

    /// The first claim to a name stands: what is ours comes before what peers say.
    private static void put(Map<String, SniRoute> routes, SniRoute route) {
        routes.putIfAbsent(route.sni(), route);
    }
}
