package dev.hansa.exportedservices;

import java.util.Map;

/// The machine, pod or process that an instance runs on.
///
/// @param address IP address or host name, without port
public record NodeRecord(
        String id,
        String name,
        String address,
        String datacenter,
        Map<String, String> taggedAddresses,
        Map<String, String> meta) {
    public NodeRecord {
        taggedAddresses = Map.copyOf(taggedAddresses);
        meta = Map.copyOf(meta);
    }
}
