package dev.hansa.failover;

import java.util.Map;

/// What a sidecar that takes redirected connections needs to know: where a connection leads by the
/// address that was dialled.
///
/// @param services by the virtual address that stands for each; there is a route to each
/// @param meshDestinationsOnly whether an address that stands for none is refused
public record VirtualServices(
        Map<VirtualAddress, UpstreamName> services, boolean meshDestinationsOnly) {
    /// Each costs a route in every snapshot of every such sidecar; a mesh with more of them wants
    /// upstreams that are named.
    public static final int MOST = 1024;

    public VirtualServices {
        services = Map.copyOf(services);
    }
}
