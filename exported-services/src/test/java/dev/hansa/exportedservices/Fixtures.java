package dev.hansa.exportedservices;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Instances as a catalog holds them.
final class Fixtures {
    private Fixtures() {}

    static NodeRecord node(String name) {
        return new NodeRecord(
                "", name, "192.0.2.10", "lke", Map.of("wan", "203.0.113.9"), Map.of("zone", "a"));
    }

    static HealthCheck check(String id, CheckStatus status) {
        return new HealthCheck(id, id, status, "said so", "tcp");
    }

    static ServiceInstance service(String name, HealthCheck... checks) {
        return instance(name, name, ServiceKind.TYPICAL, 50051, Optional.empty(), checks);
    }

    static ServiceInstance sidecar(String name) {
        return instance(
                name + "-sidecar-proxy",
                name,
                ServiceKind.CONNECT_PROXY,
                20000,
                Optional.of(new ServiceName(name)));
    }

    static ServiceInstance gateway(String node, String wan, HealthCheck... checks) {
        return new ServiceInstance(
                node(node),
                "mesh-gateway",
                "mesh-gateway",
                ServiceKind.MESH_GATEWAY,
                List.of(),
                "192.0.2.20",
                8443,
                Map.of("wan", Endpoint.parse(wan)),
                Map.of(),
                1,
                1,
                Optional.empty(),
                Optional.empty(),
                List.of(checks),
                5,
                6);
    }

    private static ServiceInstance instance(
            String name,
            String node,
            ServiceKind kind,
            int port,
            Optional<ServiceName> destination,
            HealthCheck... checks) {
        return new ServiceInstance(
                node(node),
                name,
                name,
                kind,
                List.of("blue"),
                "192.0.2.11",
                port,
                Map.of("lan", new Endpoint("192.0.2.11", port)),
                Map.of("version", "2"),
                1,
                1,
                destination,
                Optional.empty(),
                List.of(checks),
                3,
                4);
    }
}
