package dev.hansa.exportedservices;

import dev.hansa.trustbundle.PeerName;
import java.util.List;
import java.util.Set;

/// Which service may be seen by which peer: the `exported-services` entry, whole.
public record ExportPolicy(List<Export> exports) {
    public static final ExportPolicy NONE = new ExportPolicy(List.of());

    /// Every service.
    public static final String ANY = "*";

    /// Consul never exports its own servers; nor do we, under any name.
    public static final Set<String> NEVER = Set.of("consul");

    public ExportPolicy {
        exports = List.copyOf(exports);
    }

    /// One line of the entry.
    ///
    /// @param service a service name or `*`
    public record Export(String service, Set<PeerName> peers) {
        public Export {
            peers = Set.copyOf(peers);
        }
    }

    /// Is `service` offered to `peer`: any matching line suffices.
    public boolean exports(String service, PeerName peer) {
        return !NEVER.contains(service)
                && !service.endsWith(ServiceName.SIDECAR_SUFFIX)
                && exports.stream()
                        .anyMatch(export ->
                                (export.service().equals(ANY) || export.service().equals(service))
                                        && export.peers().contains(peer));
    }
}
