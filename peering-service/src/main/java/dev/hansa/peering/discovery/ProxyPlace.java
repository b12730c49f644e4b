package dev.hansa.peering.discovery;

import dev.hansa.failover.wire.Registration;

/// Which instance of its service a sidecar stands for.
///
/// @param node of its machine or pod
/// @param instance the ID of the instance in the catalog; the sidecar's own there ends in
///   `-sidecar-proxy`
public record ProxyPlace(String node, String instance) {
    static final ProxyPlace UNKNOWN = new ProxyPlace("", "");

    static ProxyPlace of(Registration registration) {
        return new ProxyPlace(
                registration.getNodeName(),
                registration.getServiceId().isEmpty()
                        ? registration.getProxyId()
                        : registration.getServiceId());
    }
}
