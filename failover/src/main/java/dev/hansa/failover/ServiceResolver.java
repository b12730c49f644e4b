package dev.hansa.failover;

import dev.hansa.exportedservices.CatalogSnapshot;
import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.FailoverPolicy.Destination;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.MeshNames;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.SpiffeId;
import dev.hansa.trustbundle.TrustDomain;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// From a name to an ordered list of targets. Pure: the same world gives the same route, and every
/// verdict carries its evidence. A failover target's own failover is not followed, so no loop can
/// arise.
///
/// @param peerDomains the trust domain that speaks for each peer whose bundle we hold
public record ServiceResolver(
        CatalogSnapshot catalog,
        Function<ServiceName, FailoverPolicy> policies,
        Datacenter datacenter,
        TrustDomain trustDomain,
        Map<PeerName, TrustDomain> peerDomains) {

    /// A refusal that lists more instances than this is no longer read.
    private static final int MAX_EVIDENCE = 3;

    public ServiceResolver {
        peerDomains = Map.copyOf(peerDomains);
    }

    /// The way to an upstream. A name with a peer goes to that peer and nowhere else, past any
    /// policy.
    public Route resolve(UpstreamName upstream) {
        if (upstream.peer().isPresent()) {
            return new Route(
                    upstream,
                    policies.apply(upstream.service()).connectTimeout(),
                    List.of(target(new Destination(upstream.service(), upstream.peer()))));
        }
        var policy = policies.apply(upstream.service());
        var primary =
                policy.redirect().orElse(new Destination(upstream.service(), Optional.empty()));
        var order = new LinkedHashSet<Destination>();
        order.add(primary);
        if (policy.redirect().isEmpty()) {
            order.addAll(policy.failover());
        } else if (primary.peer().isEmpty()) {
            order.addAll(policies.apply(primary.service()).failover());
        }
        return new Route(
                upstream, policy.connectTimeout(), order.stream().map(this::target).toList());
    }

    private Target target(Destination destination) {
        return destination
                .peer()
                .<Target>map(peer -> atPeer(peer, destination.service()))
                .orElseGet(() -> here(destination.service()));
    }

    private Target here(ServiceName service) {
        var proxies = catalog.proxiesOf(service);
        var endpoints = new ArrayList<TargetEndpoint>();
        for (var proxy : proxies) {
            proxy.lanEndpoint()
                    .ifPresent(
                            address -> endpoints.add(new TargetEndpoint(address, health(proxy))));
        }
        return new Target.LocalTarget(
                service,
                MeshNames.service(service.value(), datacenter, trustDomain),
                List.of(SpiffeId.service(trustDomain, datacenter, service.value()).uri()),
                trustDomain,
                endpoints,
                overall(
                        endpoints,
                        "no instance of '" + service + "' is registered in " + datacenter));
    }

    private Target atPeer(PeerName peer, ServiceName service) {
        var imported = catalog.from(peer);
        var proxies = imported.named(service.sidecar());
        var meta = proxies.stream().flatMap(proxy -> proxy.peerMeta().stream()).findFirst();
        var domain = Optional.ofNullable(peerDomains.get(peer));
        var gateways =
                catalog.meshGateways().stream()
                        .flatMap(gateway ->
                                gateway.lanEndpoint().stream()
                                        .map(address ->
                                                new TargetEndpoint(address, health(gateway))))
                        .toList();
        return new Target.PeerTarget(
                peer,
                service,
                meta.flatMap(found -> found.sni().stream().findFirst()).orElse(""),
                meta.map(PeerMeta::spiffeIds).orElse(List.of()),
                domain.orElse(trustDomain),
                gateways,
                peerHealth(peer, service, meta, domain, gateways));
    }

    private HealthView peerHealth(
            PeerName peer,
            ServiceName service,
            Optional<PeerMeta> meta,
            Optional<TrustDomain> domain,
            List<TargetEndpoint> gateways) {
        var imported = catalog.from(peer);
        var instances = imported.named(service.value());
        var proxies = imported.named(service.sidecar());
        if (domain.isEmpty()) {
            return HealthView.bad("there is no trust bundle of peer '" + peer + "'");
        }
        if (instances.isEmpty() && proxies.isEmpty()) {
            return HealthView.bad(
                    "service '" + service + "' is not exported to us by peer '" + peer + "'");
        }
        if (meta.isEmpty()) {
            return HealthView.bad("peer '" + peer + "' sent no mesh gateway for '" + service + "'");
        }
        if (!instances.isEmpty() && instances.stream().noneMatch(ServiceInstance::isHealthy)) {
            return HealthView.bad(
                    "no healthy instance at peer '" + peer + "': " + worst(instances));
        }
        if (proxies.stream().noneMatch(ServiceInstance::isHealthy)) {
            return HealthView.bad("no healthy mesh gateway at peer '" + peer + "'");
        }
        return overall(gateways, "no mesh gateway is registered in " + datacenter);
    }

    private static HealthView health(ServiceInstance instance) {
        return instance.isHealthy() ? HealthView.GOOD : HealthView.bad(worst(List.of(instance)));
    }

    private static HealthView overall(List<TargetEndpoint> endpoints, String whenNone) {
        if (endpoints.isEmpty()) {
            return HealthView.bad(whenNone);
        }
        if (endpoints.stream().anyMatch(endpoint -> endpoint.health().healthy())) {
            return HealthView.GOOD;
        }
        return HealthView.bad(
                endpoints.stream()
                        .limit(MAX_EVIDENCE)
                        .map(endpoint -> endpoint.health().evidence())
                        .distinct()
                        .collect(
                                Collectors.joining(
                                        "; ",
                                        "no healthy instance: ",
                                        endpoints.size() > MAX_EVIDENCE ? "; …" : "")));
    }

    private static String worst(List<ServiceInstance> instances) {
        return instances.stream()
                .limit(MAX_EVIDENCE)
                .map(instance ->
                        instance.id()
                                + " is "
                                + instance.status().word()
                                + instance.checks().stream()
                                        .filter(check ->
                                                check.status() == instance.status()
                                                        && check.status() != CheckStatus.PASSING
                                                        && !check.output().isBlank())
                                        .map(HealthCheck::output)
                                        .findFirst()
                                        .map(output -> " (" + output + ")")
                                        .orElse(""))
                .collect(Collectors.joining("; "));
    }
}
