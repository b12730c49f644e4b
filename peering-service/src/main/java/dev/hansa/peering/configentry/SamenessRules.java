package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.EntryRules.forbidden;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import java.util.HashSet;

/// The rules of a `sameness-group`. Consul's Enterprise edition has partitions; here there is one,
/// `default`, which is this datacenter.
final class SamenessRules {
    private SamenessRules() {}

    static void hold(ObjectNode entry) throws InvalidEntryException {
        EntryRules.label("sameness-group Name", EntryRules.named(entry));
        var members = entry.path("Members");
        if (members.isEmpty()) {
            throw forbidden("Members: expected at least one member; found none");
        }
        var seen = new HashSet<String>();
        var local = entry.path("IncludeLocal").asBoolean();
        for (var i = 0; i < members.size(); i++) {
            var where = "Members[" + i + "]";
            var peer = members.get(i).path("Peer").asText();
            var partition = members.get(i).path("Partition").asText();
            if (peer.isEmpty() == partition.isEmpty()) {
                throw forbidden(
                        where
                                + ": expected a Partition or a Peer; found "
                                + (peer.isEmpty() ? "neither" : "both"));
            }
            if (peer.isEmpty()) {
                if (!partition.equals(SamenessGroup.LOCAL_PARTITION)) {
                    throw forbidden(
                            where
                                    + ".Partition: expected 'default', which is this datacenter; found '"
                                    + ForeignText.shown(partition)
                                    + "'");
                }
                local = true;
            } else {
                EntryRules.peer(where + ".Peer", peer);
            }
            if (!seen.add(peer)) {
                throw forbidden(
                        where
                                + ": expected each member once; found "
                                + (peer.isEmpty() ? "the local partition" : "peer '" + peer + "'")
                                + " again");
            }
        }
        if (!local) {
            throw forbidden(
                    "Members: expected the local partition 'default' among them, or IncludeLocal; found neither");
        }
    }
}
