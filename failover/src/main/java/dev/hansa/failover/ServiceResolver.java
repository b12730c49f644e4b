package dev.hansa.failover;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy.Destination;
import dev.hansa.failover.FailoverPolicy.Subset;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/// From a name to an ordered list of targets. Pure: the same world gives the same route, and every
/// verdict carries its evidence. Redirects are followed; a failover target's own failover is not,
/// and a peer's service ends every way, so no loop can arise.
///
/// @param peerDomains the trust domain that speaks for each peer whose bundle we hold
/// @param recoveries which targets came back lately
public record ServiceResolver(
        CatalogSnapshot catalog,
        Function<ServiceName, FailoverPolicy> policies,
        Datacenter datacenter,
        TrustDomain trustDomain,
        Map<PeerName, TrustDomain> peerDomains,
        Recoveries recoveries) {

    public ServiceResolver {
        peerDomains = Map.copyOf(peerDomains);
    }

    /// One that holds nothing down.
    public ServiceResolver(
            CatalogSnapshot catalog,
            Function<ServiceName, FailoverPolicy> policies,
            Datacenter datacenter,
            TrustDomain trustDomain,
            Map<PeerName, TrustDomain> peerDomains) {
        this(catalog, policies, datacenter, trustDomain, peerDomains, Recoveries.NONE);
    }

    /// The way to an upstream. A name with a peer goes to that peer and nowhere else, past any
    /// policy.
    public Route resolve(UpstreamName upstream) {
        if (upstream.peer().isPresent()) {
            return new Route(
                    upstream,
                    policies.apply(upstream.service()).connectTimeout(),
                    List.of(atPeer(upstream.peer().get(), upstream.service()).target()));
        }
        var found = targets(upstream.service());
        var deciding = found.deciding();
        return new Route(
                upstream,
                deciding.connectTimeout(),
                preferred(upstream.service(), found.judged(), deciding),
                deciding.preference().spread(),
                0);
    }

    /// How long callers of a service wait before they go back, as the end of its redirects says.
    public Duration holdDown(ServiceName service) {
        return targets(service).deciding().preference().holdDown();
    }

    /// The targets of a service as they are, before anything is held down or left for a better one.
    public List<Target> unheld(ServiceName service) {
        return targets(service).judged().stream().map(Judged::target).toList();
    }

    /// Where a peer's calls to a service may go: the instances of its default subset here, and
    /// nowhere else, whatever its redirects and failovers say.
    public List<TargetEndpoint> exported(ServiceName service) {
        return here(service, policies.apply(service).defaultSubset()).target().endpoints();
    }

    private record Found(FailoverPolicy deciding, List<Judged> judged) {}

    /// A target and how many of its instances are healthy.
    private record Judged(Target target, int healthy, int all) {}

    private Found targets(ServiceName service) {
        var ways = RedirectChain.of(new Destination(service, Optional.empty()), policies);
        var primary = ways.getFirst();
        var deciding = policies.apply(primary.policyOf());
        var order = new LinkedHashMap<Destination, RedirectChain.Way>();
        ways.forEach(way -> order.putIfAbsent(way.destination(), way));
        if (ways.size() == 1 && primary.destination().peer().isEmpty()) {
            for (var failover : deciding.failover(primary.destination().subset())) {
                RedirectChain.of(RedirectChain.rewritten(primary.destination(), failover), policies)
                        .forEach(way -> order.putIfAbsent(way.destination(), way));
            }
        }
        return new Found(deciding, order.values().stream().map(this::judged).toList());
    }

    private Judged judged(RedirectChain.Way way) {
        var to = way.destination();
        var judged =
                to.peer()
                        .map(peer -> atPeer(peer, to.service()))
                        .orElseGet(() -> here(to.service(), to.subset()));
        return way.circle()
                .map(circle ->
                        new Judged(
                                judged.target().withHealth(HealthView.bad(circle)),
                                0,
                                judged.all()))
                .orElse(judged);
    }

    /// Leaves healthy targets that have too few healthy instances, or that came back only just, for
    /// one that has no such fault, and keeps them as spares. When there is no other they stay what
    /// they are, since a poor target is better than a refusal.
    private List<Target> preferred(
            ServiceName asked, List<Judged> judged, FailoverPolicy deciding) {
        var faults = judged.stream().map(one -> fault(asked, one, deciding)).toList();
        var others = false;
        for (var i = 0; i < judged.size(); i++) {
            others |= judged.get(i).target().health().healthy() && faults.get(i).isEmpty();
        }
        var targets = new ArrayList<Target>();
        for (var i = 0; i < judged.size(); i++) {
            var target = judged.get(i).target();
            targets.add(
                    others && target.health().healthy()
                            ? faults.get(i)
                                    .map(why -> target.withHealth(HealthView.spare(why)))
                                    .orElse(target)
                            : target);
        }
        return targets;
    }

    private Optional<String> fault(ServiceName asked, Judged one, FailoverPolicy deciding) {
        var wanted = deciding.preference().minHealthyPercent();
        if (100L * one.healthy() < (long) wanted * one.all()) {
            return Optional.of(
                    one.healthy()
                            + " of "
                            + one.all()
                            + " instances healthy, expected at least "
                            + wanted
                            + " percent");
        }
        return recoveries.held(asked, one.target().label());
    }

    private Judged here(ServiceName service, String subsetName) {
        var policy = policies.apply(service);
        var subset =
                subsetName.isEmpty()
                        ? Optional.of(Subset.ALL)
                        : Optional.ofNullable(policy.subsets().get(subsetName));
        var endpoints = new ArrayList<TargetEndpoint>();
        var registered = 0;
        for (var proxy : catalog.proxiesOf(service)) {
            var application = catalog.carriedBy(proxy);
            var address = proxy.lanEndpoint();
            if (address.isEmpty()) {
                continue;
            }
            registered++;
            if (subset.isPresent() && subset.get().has(application.orElse(proxy))) {
                endpoints.add(
                        new TargetEndpoint(
                                address.get(),
                                HealthRule.instance(
                                        proxy, application, subset.get().onlyPassing())));
            }
        }
        var health =
                subset.isEmpty()
                        ? HealthView.bad(
                                "service '"
                                        + service
                                        + "' has no subset '"
                                        + subsetName
                                        + "': its resolver names "
                                        + new TreeSet<>(policy.subsets().keySet()))
                        : HealthRule.any(endpoints, none(service, subsetName, registered));
        var healthy = endpoints.stream().filter(endpoint -> endpoint.health().healthy()).count();
        return new Judged(
                new Target.LocalTarget(
                        service,
                        subsetName,
                        MeshNames.service(service.value(), datacenter, trustDomain),
                        List.of(SpiffeId.service(trustDomain, datacenter, service.value()).uri()),
                        trustDomain,
                        endpoints,
                        health),
                (int) healthy,
                endpoints.size());
    }

    private String none(ServiceName service, String subset, int registered) {
        return registered == 0
                ? "no instance of '" + service + "' is registered in " + datacenter
                : "none of the "
                        + registered
                        + " instances of '"
                        + service
                        + "' in "
                        + datacenter
                        + " is in its subset '"
                        + subset
                        + "'";
    }

    private Judged atPeer(PeerName peer, ServiceName service) {
        var imported = catalog.from(peer);
        var meta =
                imported.named(service.sidecar()).stream()
                        .flatMap(proxy -> proxy.peerMeta().stream())
                        .findFirst();
        var domain = Optional.ofNullable(peerDomains.get(peer));
        var gateways =
                catalog.meshGateways().stream()
                        .flatMap(gateway ->
                                gateway.lanEndpoint().stream()
                                        .map(address ->
                                                new TargetEndpoint(
                                                        address,
                                                        HealthRule.instance(
                                                                gateway, Optional.empty(), false))))
                        .toList();
        var known = new HealthRule.AtPeer(peer, service, imported, meta, domain, gateways);
        var instances = imported.named(service.value());
        return new Judged(
                new Target.PeerTarget(
                        peer,
                        service,
                        meta.flatMap(found -> found.sni().stream().findFirst()).orElse(""),
                        meta.map(PeerMeta::spiffeIds).orElse(List.of()),
                        domain.orElse(trustDomain),
                        gateways,
                        HealthRule.atPeer(known, "no mesh gateway is registered in " + datacenter)),
                (int) instances.stream().filter(HealthRule::isUsed).count(),
                instances.size());
    }
}
