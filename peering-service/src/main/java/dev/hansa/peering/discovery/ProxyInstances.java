package dev.hansa.peering.discovery;

import dev.hansa.exportedservices.CheckStatus;
import dev.hansa.exportedservices.Endpoint;
import dev.hansa.exportedservices.HealthCheck;
import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import dev.hansa.failover.wire.CheckResult;
import dev.hansa.failover.wire.Registration;
import dev.hansa.trustbundle.Datacenter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What one proxy's registration puts into the catalog. Pure.
final class ProxyInstances {
    /// One process registers one service; more checks or tags than these are a mistake.
    private static final int MAX_CHECKS = 16;

    private static final int MAX_TAGS = 64;
    private static final int MAX_META = 64;

    /// The service that every mesh gateway is an instance of.
    static final String GATEWAY = "mesh-gateway";

    private ProxyInstances() {}

    /// The instances of a connected proxy.
    ///
    /// @throws IllegalArgumentException when the registration is not one that this identity may
    ///   make; the message names subject, expected and found
    static List<ServiceInstance> of(
            ProxyIdentity identity,
            Registration registration,
            List<CheckResult> results,
            Datacenter datacenter) {
        bound("checks", results.size(), MAX_CHECKS);
        bound("tags", registration.getTagsCount(), MAX_TAGS);
        bound("meta", registration.getMetaCount(), MAX_META);
        if (registration.getProxyId().isEmpty() || registration.getNodeName().isEmpty()) {
            throw new IllegalArgumentException(
                    "registration of '" + identity.id() + "': expected a proxy id and a node name");
        }
        return switch (identity) {
            case ProxyIdentity.Gateway _ -> List.of(gateway(registration, datacenter));
            case ProxyIdentity.Sidecar(_, var service) ->
                    sidecar(service, registration, results, datacenter);
        };
    }

    private static void bound(String what, int found, int most) {
        if (found > most) {
            throw new IllegalArgumentException(
                    "registration: expected at most " + most + " " + what + "; found " + found);
        }
    }

    /// The same instances once their proxy's stream has ended: listed, and not to be used.
    static List<ServiceInstance> disconnected(List<ServiceInstance> instances, String reason) {
        return instances.stream()
                .map(instance -> {
                    var checks = new ArrayList<HealthCheck>();
                    instance.checks().stream()
                            .filter(check -> !check.type().equals("proxy"))
                            .forEach(checks::add);
                    checks.add(proxyCheck(instance.id(), CheckStatus.CRITICAL, reason));
                    return instance.withChecks(checks, instance.modifyIndex());
                })
                .toList();
    }

    private static HealthCheck proxyCheck(String id, CheckStatus status, String output) {
        return new HealthCheck(id + ":proxy", "proxy connected", status, output, "proxy");
    }

    private static ServiceInstance gateway(Registration registration, Datacenter datacenter) {
        var lan = endpoint(registration.getLan());
        var wan = registration.hasWan() ? endpoint(registration.getWan()) : lan;
        var id = registration.getProxyId();
        return new ServiceInstance(
                node(registration, datacenter),
                id,
                GATEWAY,
                ServiceKind.MESH_GATEWAY,
                registration.getTagsList(),
                lan.host(),
                lan.port(),
                Map.of("lan", lan, "wan", wan),
                meta(registration),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(proxyCheck(id, CheckStatus.PASSING, "connected")),
                0,
                0);
    }

    private static List<ServiceInstance> sidecar(
            ServiceName service,
            Registration registration,
            List<CheckResult> results,
            Datacenter datacenter) {
        if (!registration.getService().equals(service.value())) {
            throw new IllegalArgumentException(
                    "registration: expected service '"
                            + service
                            + "', which the certificate names; found '"
                            + registration.getService()
                            + "'");
        }
        if (service.value().endsWith(ServiceName.SIDECAR_SUFFIX)) {
            throw new IllegalArgumentException(
                    "registration of '"
                            + service
                            + "': expected a name that does not end in '"
                            + ServiceName.SIDECAR_SUFFIX
                            + "'");
        }
        if (registration.getOnlyCalls()) {
            return List.of();
        }
        var node = node(registration, datacenter);
        var lan = endpoint(registration.getLan());
        var id = ProxyPlace.of(registration).instance();
        var proxyId = id + ServiceName.SIDECAR_SUFFIX;
        var application = checks(id, results);
        var proxied = new ArrayList<>(checks(proxyId, results));
        proxied.add(proxyCheck(proxyId, CheckStatus.PASSING, "connected"));
        return List.of(
                new ServiceInstance(
                        node,
                        id,
                        service.value(),
                        ServiceKind.TYPICAL,
                        registration.getTagsList(),
                        registration.getServiceAddress(),
                        registration.getServicePort(),
                        Map.of(),
                        meta(registration),
                        1,
                        1,
                        Optional.empty(),
                        Optional.empty(),
                        application,
                        0,
                        0),
                new ServiceInstance(
                        node,
                        proxyId,
                        service.sidecar(),
                        ServiceKind.CONNECT_PROXY,
                        registration.getTagsList(),
                        lan.host(),
                        lan.port(),
                        Map.of(),
                        meta(registration),
                        1,
                        1,
                        Optional.of(service),
                        Optional.empty(),
                        proxied,
                        0,
                        0));
    }

    /// Which cluster a machine is of says that cluster's operator alone: a proxy names any machine
    /// that it likes.
    private static Map<String, String> meta(Registration registration) {
        var meta = new HashMap<>(registration.getMetaMap());
        meta.remove(Machines.CLUSTER);
        return meta;
    }

    private static List<HealthCheck> checks(String instanceId, List<CheckResult> results) {
        var byId = new HashMap<String, HealthCheck>();
        for (var result : results) {
            var id = instanceId + ":" + (result.getId().isEmpty() ? "check" : result.getId());
            byId.put(
                    id,
                    new HealthCheck(
                            id,
                            result.getName(),
                            CheckStatus.of(result.getStatus()),
                            result.getOutput(),
                            result.getType()));
        }
        return byId.values().stream().sorted((a, b) -> a.id().compareTo(b.id())).toList();
    }

    private static NodeRecord node(Registration registration, Datacenter datacenter) {
        return new NodeRecord(
                "",
                registration.getNodeName(),
                registration.getNodeAddress(),
                datacenter.name(),
                Map.of(),
                Map.of());
    }

    private static Endpoint endpoint(dev.hansa.failover.wire.Address address) {
        return new Endpoint(address.getHost(), address.getPort());
    }
}
