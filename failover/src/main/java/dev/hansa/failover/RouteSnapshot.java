package dev.hansa.failover;

import dev.hansa.trustbundle.BundleSet;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import java.util.List;
import java.util.Optional;

/// All that one proxy needs to do its work without a control plane. A later version replaces it
/// whole; an earlier one is ignored.
///
/// @param version grows with every change, across restarts of the server too
/// @param routes for a sidecar: one for each upstream that it asked for
/// @param sniRoutes for a gateway: every name that it serves
/// @param inbound for a sidecar: the policy of the service that it carries
/// @param activeIssuer SHA-256, hex, of the certificate that signs proxies' certificates now;
///   empty: not said
/// @param virtual for a sidecar that takes redirected connections
public record RouteSnapshot(
        long version,
        Datacenter datacenter,
        TrustDomain trustDomain,
        List<Route> routes,
        List<SniRoute> sniRoutes,
        BundleSet bundles,
        Optional<InboundPolicy> inbound,
        String activeIssuer,
        Optional<VirtualServices> virtual) {
    public RouteSnapshot {
        routes = List.copyOf(routes);
        sniRoutes = List.copyOf(sniRoutes);
    }

    /// One for a proxy that nothing is redirected to.
    public RouteSnapshot(
            long version,
            Datacenter datacenter,
            TrustDomain trustDomain,
            List<Route> routes,
            List<SniRoute> sniRoutes,
            BundleSet bundles,
            Optional<InboundPolicy> inbound,
            String activeIssuer) {
        this(
                version,
                datacenter,
                trustDomain,
                routes,
                sniRoutes,
                bundles,
                inbound,
                activeIssuer,
                Optional.empty());
    }

    /// One that does not say who signs.
    public RouteSnapshot(
            long version,
            Datacenter datacenter,
            TrustDomain trustDomain,
            List<Route> routes,
            List<SniRoute> sniRoutes,
            BundleSet bundles,
            Optional<InboundPolicy> inbound) {
        this(version, datacenter, trustDomain, routes, sniRoutes, bundles, inbound, "");
    }

    public Optional<Route> route(UpstreamName upstream) {
        return routes.stream().filter(route -> route.upstream().equals(upstream)).findFirst();
    }

    /// Whether each upstream has a target that may be used.
    public boolean reachesEveryUpstream() {
        return routes.stream()
                .allMatch(route ->
                        route.targets().stream().anyMatch(target -> target.health().healthy()));
    }

    /// The same content under another version.
    public RouteSnapshot at(long newVersion) {
        return new RouteSnapshot(
                newVersion,
                datacenter,
                trustDomain,
                routes,
                sniRoutes,
                bundles,
                inbound,
                activeIssuer,
                virtual);
    }

    /// The same with other ways.
    public RouteSnapshot by(List<Route> others, List<SniRoute> otherNames) {
        return new RouteSnapshot(
                version,
                datacenter,
                trustDomain,
                others,
                otherNames,
                bundles,
                inbound,
                activeIssuer,
                virtual);
    }

    /// The same, saying who signs.
    public RouteSnapshot issuedBy(String issuer) {
        return new RouteSnapshot(
                version,
                datacenter,
                trustDomain,
                routes,
                sniRoutes,
                bundles,
                inbound,
                issuer,
                virtual);
    }
}
