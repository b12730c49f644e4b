package dev.hansa.peering.store;

import dev.hansa.exportedservices.ServiceInstance;

/// An instance that an operator or agent registered and that no live connection vouches for.
public record RegistrationRecord(ServiceInstance instance) {
    /// Unique in a datacenter.
    public String key() {
        return instance.node().name() + "/" + instance.id();
    }
}
