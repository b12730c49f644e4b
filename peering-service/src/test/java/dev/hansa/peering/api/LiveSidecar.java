package dev.hansa.peering.api;

import dev.hansa.exportedservices.NodeRecord;
import dev.hansa.exportedservices.ServiceInstance;
import dev.hansa.exportedservices.ServiceKind;
import dev.hansa.exportedservices.ServiceName;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a sidecar tells of itself.
final class LiveSidecar {
    private LiveSidecar() {}

    /// One that carries a service, on a node of its own.
    static ServiceInstance of(String service) {
        var name = service + ServiceName.SIDECAR_SUFFIX;
        return new ServiceInstance(
                new NodeRecord("", "hidden-vm", "192.0.2.2", "eks", Map.of(), Map.of()),
                name,
                name,
                ServiceKind.CONNECT_PROXY,
                List.of(),
                "192.0.2.2",
                21000,
                Map.of(),
                Map.of(),
                1,
                1,
                Optional.of(new ServiceName(service)),
                Optional.empty(),
                List.of(),
                1,
                1);
    }
}
