package dev.hansa.failover;

import dev.hansa.exportedservices.Endpoint;
import java.util.Map;

/// What a sidecar that takes redirected connections needs to know: where a connection leads by the
/// address that was dialled.
///
/// @param services by the virtual address that stands for each; there is a route to each
/// @param meshDestinationsOnly whether an address that stands for none is refused
/// @param clusterIps by the address and port at which Kubernetes shows them in the sidecar's own
///   cluster, an address as Java writes it; each is one of `services`
public record VirtualServices(
        Map<VirtualAddress, UpstreamName> services,
        boolean meshDestinationsOnly,
        Map<Endpoint, UpstreamName> clusterIps) {
    /// Each costs a route in every snapshot of every such sidecar; a mesh with more of them wants
    /// upstreams that are named.
    public static final int MOST = 1024;

    public VirtualServices {
        services = Map.copyOf(services);
        clusterIps = Map.copyOf(clusterIps);
    }
}
