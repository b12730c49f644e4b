package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.exportedservices.filter.FilterFields;
import dev.hansa.peering.configentry.ConfigEntries.StoredIntention;
import dev.hansa.trustbundle.PeerName;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;
import java.util.UUID;

/// Intentions as they are shown, each with an id.
final class IntentionJson {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /// What `?filter=` may ask.
    static final FilterFields<StoredIntention> FIELDS =
            FilterFields.<StoredIntention>none()
                    .text("ID", IntentionJson::id)
                    .text("Description", StoredIntention::description)
                    .text("SourceNS", _ -> "default")
                    .text("SourceName", one -> one.intention().source())
                    .text(
                            "SourcePeer",
                            one -> one.intention().sourcePeer().map(PeerName::value).orElse(""))
                    .text("SourceSamenessGroup", StoredIntention::samenessGroup)
                    .text("SourceType", _ -> "consul")
                    .text("DestinationNS", _ -> "default")
                    .text("DestinationName", one -> one.intention().destination())
                    .text("Action", one -> one.intention().allow() ? "allow" : "deny")
                    .whole("Precedence", one -> one.intention().precedence())
                    .table("Meta", StoredIntention::meta);

    private IntentionJson() {}

    static ObjectNode of(StoredIntention stored) {
        var intention = stored.intention();
        var json = JSON.objectNode().put("ID", id(stored));
        if (!stored.description().isEmpty()) {
            json.put("Description", stored.description());
        }
        json.put("SourceNS", "default")
                .put("SourceName", intention.source())
                .put("DestinationNS", "default")
                .put("DestinationName", intention.destination());
        intention.sourcePeer().ifPresent(peer -> json.put("SourcePeer", peer.value()));
        if (!stored.samenessGroup().isEmpty()) {
            json.put("SourceSamenessGroup", stored.samenessGroup());
        }
        json.put("SourceType", "consul").put("Action", intention.allow() ? "allow" : "deny");
        if (!stored.meta().isEmpty()) {
            var meta = json.putObject("Meta");
            new TreeMap<>(stored.meta()).forEach(meta::put);
        }
        return json.put("Precedence", intention.precedence())
                .put("CreateIndex", stored.createIndex())
                .put("ModifyIndex", stored.modifyIndex());
    }

    /// The older of Consul's commands want one. Of an intention that was written by itself it is
    /// its own and stays when its source changes; of others the same for the same pair always.
    static String id(StoredIntention stored) {
        if (!stored.legacyId().isEmpty()) {
            return stored.legacyId();
        }
        return stored.samenessGroup().isEmpty()
                ? id(stored.intention().label())
                : id("sameness-group:" + stored.samenessGroup() + "/" + stored.intention().label());
    }

    private static String id(String label) {
        return UUID.nameUUIDFromBytes(label.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
