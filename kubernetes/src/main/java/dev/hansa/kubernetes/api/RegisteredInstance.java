package dev.hansa.kubernetes.api;

import java.util.Map;

/// An instance as the catalog shows it.
///
/// @param status of the check that came with the registration; empty: there is none
public record RegisteredInstance(
        String node, String id, String service, Map<String, String> meta, String status) {
    public RegisteredInstance {
        meta = Map.copyOf(meta);
    }

    public String key() {
        return node + "/" + id;
    }

    /// Whether a registration of `wanted` would change nothing.
    public boolean isAs(Registration wanted) {
        return service.equals(wanted.service())
                && status.equals(wanted.status())
                && wanted.digest().equals(meta.get(Registration.DIGEST));
    }
}
