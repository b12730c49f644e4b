package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.EntryRules.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.trustbundle.Intention;
import dev.hansa.trustbundle.PeerName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The rules of `service-intentions`, and what a stored one says.
final class IntentionRules {
    private static final Pattern UUID =
            Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private IntentionRules() {}

    /// Completes each source with its type and precedence and puts the more exact first.
    static void hold(ObjectNode entry) throws InvalidEntryException {
        var destination = EntryRules.named(entry);
        EntryRules.service("service-intentions Name", destination, true);
        PermissionRules.jwt(entry);
        var sources = entry.path("Sources");
        if (sources.isEmpty()) {
            throw forbidden("At least one source is required");
        }
        var seen = new HashSet<String>();
        var ordered = new ArrayList<ObjectNode>();
        for (var i = 0; i < sources.size(); i++) {
            var source = (ObjectNode) sources.get(i);
            source("Sources[" + i + "]", destination, source, seen);
            source.put("Type", "consul");
            source.put("Precedence", intention(destination, source).precedence());
            ordered.add(source);
        }
        ordered.sort(
                Comparator.comparingInt((ObjectNode source) -> source.path("Precedence").asInt())
                        .reversed());
        entry.putArray("Sources").addAll(ordered);
    }

    private static void source(
            String where, String destination, ObjectNode source, Set<String> seen)
            throws InvalidEntryException {
        var name = source.path("Name").asText();
        var peer = source.path("Peer").asText();
        if (name.isEmpty()) {
            throw forbidden(where + ".Name is required");
        }
        if (!name.equals("*") && name.contains("*")) {
            throw forbidden(
                    where + ".Name: wildcard character '*' cannot be used with partial values");
        }
        if (!peer.isEmpty() && !source.path("Partition").asText().isEmpty()) {
            throw forbidden(where + ".Peer: cannot set Peer and Partition at the same time.");
        }
        if (peer.contains("*")) {
            throw forbidden(where + ".Peer: cannot use wildcard '*' in peer");
        }
        var group = source.path("SamenessGroup").asText();
        if (!group.isEmpty()) {
            if (!peer.isEmpty()) {
                throw forbidden(
                        where
                                + ".SamenessGroup: cannot set SamenessGroup and Peer at the same time");
            }
            EntryRules.label(where + ".SamenessGroup", group);
        }
        if (!source.path("Partition").asText().isEmpty()) {
            throw forbidden(where + ".Partition: Setting Partition requires Consul Enterprise");
        }
        EntryRules.meta(source.path("LegacyMeta"));
        var id = source.path("LegacyID").asText();
        if (!id.isEmpty() && !UUID.matcher(id).matches()) {
            throw forbidden(
                    where + ".LegacyID: expected a UUID; found '" + ForeignText.shown(id) + "'");
        }
        PermissionRules.hold(where, destination, source);
        if (!List.of("allow", "deny").contains(source.path("Action").asText())) {
            throw forbidden(
                    where
                            + ".Action must be set to 'allow' or 'deny'; found '"
                            + ForeignText.shown(source.path("Action").asText())
                            + "'");
        }
        if (!List.of("", "consul").contains(source.path("Type").asText())) {
            throw forbidden(where + ".Type must be set to 'consul'");
        }
        EntryRules.service(where + ".Name", name, true);
        if (!peer.isEmpty()) {
            EntryRules.peer(where + ".Peer", peer);
        }
        if (!seen.add(group + "/" + peer + "/" + name)) {
            throw forbidden(
                    where
                            + " defines "
                            + (peer.isEmpty() ? "" : "peer(\"" + peer + "\") ")
                            + (group.isEmpty() ? "" : "sameness-group(\"" + group + "\") ")
                            + "\""
                            + name
                            + "\" more than once");
        }
    }

    static Intention intention(String destination, JsonNode source) {
        var peer = source.path("Peer").asText();
        return new Intention(
                source.path("Name").asText(),
                peer.isEmpty() ? Optional.empty() : Optional.of(PeerName.of(peer)),
                destination,
                source.path("Action").asText().equals("allow"));
    }

    /// One for each member of the sameness group that a source names; none while there is no such
    /// group.
    static List<Intention> intentions(String destination, JsonNode source, StoredGroups groups) {
        var one = intention(destination, source);
        return groups.named(source.path("SamenessGroup").asText()).stream()
                .flatMap(group -> group.members().stream())
                .map(member -> new Intention(one.source(), member, destination, one.allow()))
                .toList();
    }
}
