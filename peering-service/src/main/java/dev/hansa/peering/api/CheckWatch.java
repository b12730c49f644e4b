package dev.hansa.peering.api;

/// Told when the owner of a check has said how it is, so that its time begins anew.
@FunctionalInterface
public interface CheckWatch {
    /// @param serviceId empty: a check of the node
    void heard(String node, String serviceId, String checkId);
}
