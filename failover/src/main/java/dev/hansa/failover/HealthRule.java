package dev.hansa.failover;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.ImportedCatalog;
import dev.hansa.exportedservices.PeerMeta;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.trustbundle.PeerName;
import dev.hansa.trustbundle.TrustDomain;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The one rule of health, as far as a datacenter's server knows it: what makes an instance, a
/// target here and a target at a peer usable, and the evidence when it is not. The table in
/// docs/OPERATIONS.md states it.
public final class HealthRule {
    /// A refusal that lists more instances than this is no longer read.
    private static final int MAX_EVIDENCE = 3;

    private HealthRule() {}

    /// Whether traffic may be sent to a proxy, for the application that it carries.
    ///
    /// @param application as the catalog holds it, with checks of its own
    /// @param onlyPassing a warning is as bad as critical
    public static HealthView instance(
            ServiceInstance proxy, Optional<ServiceInstance> application, boolean onlyPassing) {
        if (!proxy.isHealthy()) {
            return HealthView.bad(worst(List.of(proxy)));
        }
        if (application.isPresent() && !application.get().isHealthy()) {
            return HealthView.bad(worst(List.of(application.get())));
        }
        var judged = application.orElse(proxy);
        var status = CheckStatus.worst(List.of(proxy.status(), judged.status()));
        if (onlyPassing && status != CheckStatus.PASSING) {
            return HealthView.bad(
                    worst(List.of(judged.status() == status ? judged : proxy))
                            + ", and the subset takes only passing instances");
        }
        var weight =
                status == CheckStatus.PASSING ? judged.weightPassing() : judged.weightWarning();
        return weight < 1
                ? HealthView.bad(judged.id() + " has weight 0 while " + status.word())
                : HealthView.GOOD;
    }

    /// Whether one of several endpoints may be used.
    ///
    /// @param whenNone the evidence when there is none
    static HealthView any(List<TargetEndpoint> endpoints, String whenNone) {
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

    /// What is known of a service at a peer.
    ///
    /// @param domain who speaks for the peer, once its bundle is here
    /// @param meta how the peer wants the service to be reached
    /// @param gateways our own, on the way there
    record AtPeer(
            PeerName peer,
            ServiceName service,
            ImportedCatalog imported,
            Optional<PeerMeta> meta,
            Optional<TrustDomain> domain,
            List<TargetEndpoint> gateways) {}

    /// Whether a service at a peer may be used. How old the peer's word is stands in the evidence
    /// and never decides: what was well when a peer was last heard may well be still.
    static HealthView atPeer(AtPeer known, String whenNoGateway) {
        var health = ofPeer(known, whenNoGateway);
        var imported = known.imported();
        if (known.domain().isEmpty() || imported.instances().isEmpty() || imported.connected()) {
            return health;
        }
        return HealthView.of(
                health.healthy(),
                health.evidence()
                        + ", as of "
                        + imported.heardAt().truncatedTo(ChronoUnit.SECONDS)
                        + " when peer '"
                        + known.peer()
                        + "' was last heard");
    }

    private static HealthView ofPeer(AtPeer known, String whenNoGateway) {
        var peer = known.peer();
        var service = known.service();
        var instances = known.imported().named(service.value());
        var proxies = known.imported().named(service.sidecar());
        if (known.domain().isEmpty()) {
            return HealthView.bad("there is no trust bundle of peer '" + peer + "'");
        }
        if (instances.isEmpty() && proxies.isEmpty()) {
            return HealthView.bad(
                    "service '" + service + "' is not exported to us by peer '" + peer + "'");
        }
        if (known.meta().isEmpty()) {
            return HealthView.bad("peer '" + peer + "' sent no mesh gateway for '" + service + "'");
        }
        if (!instances.isEmpty() && instances.stream().noneMatch(HealthRule::isUsed)) {
            return HealthView.bad(
                    "no healthy instance at peer '" + peer + "': " + worst(instances));
        }
        if (proxies.stream().noneMatch(ServiceInstance::isHealthy)) {
            return HealthView.bad(
                    "no healthy mesh gateway at peer '" + peer + "': " + worst(proxies));
        }
        return any(known.gateways(), whenNoGateway);
    }

    /// An instance that stands for itself, as those that were imported do.
    static boolean isUsed(ServiceInstance instance) {
        return instance(instance, Optional.empty(), false).healthy();
    }

    private static String worst(List<ServiceInstance> instances) {
        return instances.stream()
                .limit(MAX_EVIDENCE)
                .map(instance -> instance.id() + " is " + instance.status().word() + why(instance))
                .collect(Collectors.joining("; "));
    }

    private static String why(ServiceInstance instance) {
        return instance.checks().stream()
                .filter(check ->
                        check.status() == instance.status()
                                && check.status() != CheckStatus.PASSING
                                && !check.output().isBlank())
                .map(HealthCheck::output)
                .findFirst()
                .map(output -> " (" + output + ")")
                .orElse("");
    }
}
