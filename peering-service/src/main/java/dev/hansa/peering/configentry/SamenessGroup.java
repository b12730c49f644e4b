package dev.hansa.peering.configentry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.trustbundle.PeerName;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/// Datacenters in which services of one name are the same service.
///
/// @param defaultForFailover whether every service without a failover of its own fails over to it
/// @param members in order; empty stands for this datacenter
record SamenessGroup(String name, boolean defaultForFailover, List<Optional<PeerName>> members) {
    /// The name by which Consul calls the only partition that there is here.
    static final String LOCAL_PARTITION = "default";

    SamenessGroup {
        members = List.copyOf(members);
    }

    static SamenessGroup of(JsonNode entry) {
        var members = new LinkedHashSet<Optional<PeerName>>();
        if (entry.path("IncludeLocal").asBoolean()) {
            members.add(Optional.empty());
        }
        for (var member : entry.path("Members")) {
            var peer = member.path("Peer").asText();
            members.add(peer.isEmpty() ? Optional.empty() : Optional.of(PeerName.of(peer)));
        }
        return new SamenessGroup(
                entry.path("Name").asText(),
                entry.path("DefaultForFailover").asBoolean(),
                List.copyOf(members));
    }

    /// Those that are not this datacenter.
    List<PeerName> peers() {
        return members.stream().flatMap(Optional::stream).toList();
    }
}
