package dev.hansa.exportedservices;

import dev.hansa.trustbundle.PeerName;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which service may be seen by which peer: the `exported-services` entry, whole. An answer costs
/// the same however many lines the entry has.
public final class ExportPolicy {
    public static final ExportPolicy NONE = new ExportPolicy(List.of());

    /// Every service.
    public static final String ANY = "*";

    /// Consul never exports its own servers; nor do we, under any name.
    public static final Set<String> NEVER = Set.of("consul");

    private final List<Export> exports;
    private final Map<String, Set<PeerName>> peersByService;

    public ExportPolicy(List<Export> exports) {
        this.exports = List.copyOf(exports);
        var gathered = new HashMap<String, Set<PeerName>>();
        for (var export : exports) {
            gathered.computeIfAbsent(export.service(), _ -> new HashSet<>()).addAll(export.peers());
        }
        gathered.replaceAll((_, peers) -> Set.copyOf(peers));
        this.peersByService = Map.copyOf(gathered);
    }

    /// One line of the entry.
    ///
    /// @param service a service name or `*`
    public record Export(String service, Set<PeerName> peers) {
        public Export {
            peers = Set.copyOf(peers);
        }
    }

    /// The lines as they were written.
    public List<Export> exports() {
        return exports;
    }

    /// Is `service` offered to `peer`: any matching line suffices.
    public boolean exports(String service, PeerName peer) {
        return !NEVER.contains(service)
                && !service.endsWith(ServiceName.SIDECAR_SUFFIX)
                && (peers(service).contains(peer) || peers(ANY).contains(peer));
    }

    /// Every peer that `service` is offered to, also one that there is no peering with yet.
    public Set<PeerName> consumers(String service) {
        var all = new HashSet<>(peers(service));
        all.addAll(peers(ANY));
        all.removeIf(peer -> !exports(service, peer));
        return Set.copyOf(all);
    }

    private Set<PeerName> peers(String service) {
        return peersByService.getOrDefault(service, Set.of());
    }

    /// Does a line state this very name (or `*`).
    public boolean names(String service) {
        return peersByService.containsKey(service);
    }

    /// The names that lines state, without `*`.
    public Set<String> services() {
        var names = new HashSet<>(peersByService.keySet());
        names.remove(ANY);
        return names;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ExportPolicy that && peersByService.equals(that.peersByService);
    }

    @Override
    public int hashCode() {
        return peersByService.hashCode();
    }

    @Override
    public String toString() {
        return "ExportPolicy" + peersByService;
    }
}
