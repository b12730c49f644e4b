package dev.hansa.peering.store;

import dev.hansa.exportedservices.ServiceInstance;

/// An instance that an operator or agent registered and that no live connection vouches for.
public record RegistrationRecord(ServiceInstance instance) {
    /// Unique in a datacenter.
    public String key() {
        return key(instance.node().name(), instance.id());
    }

    /// The key of a node's instance; a node's name holds no slash.
    public static String key(String node, String serviceId) {
        return node + "/" + serviceId;
    }
}
