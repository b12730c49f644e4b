package dev.hansa.peering.configentry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.peering.acl.Need;
import dev.hansa.peering.acl.Resource;
import java.util.ArrayList;
import java.util.List;

/// What a caller must be allowed to see or write a config entry. As Consul has it: a service's
/// entries are the service's, who may call it is said by its intentions, all else is the mesh's.
public final class EntryAccess {
    private static final ObjectMapper JSON = new ObjectMapper();

    private EntryAccess() {}

    public static Need read(String kind, String name) {
        return switch (resource(kind)) {
            case MESH -> Need.read(Resource.MESH);
            case Resource named -> Need.read(named, name);
        };
    }

    public static Need write(String kind, String name) {
        return switch (resource(kind)) {
            case MESH -> Need.write(Resource.MESH);
            case Resource named -> Need.write(named, name);
        };
    }

    /// Also what a resolver, router or splitter leads to: who writes it must be allowed to see it,
    /// as in Consul.
    public static List<Need> write(ParsedEntry.Valid entry) {
        var needs = new ArrayList<Need>();
        needs.add(write(entry.kind(), entry.name()));
        if (resource(entry.kind()) == Resource.SERVICE) {
            try {
                for (var to : destinations(JSON.readTree(entry.json()))) {
                    var named = to.path("Service").asText();
                    if (!named.isEmpty()) {
                        needs.add(Need.read(Resource.SERVICE, named));
                    }
                }
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("an entry that was read is no JSON", e);
            }
        }
        return needs;
    }

    /// Field by field: keys of maps are their writer's words, such as a header or a piece of `Meta`
    /// that is called `Service`.
    private static List<JsonNode> destinations(JsonNode entry) {
        var all = new ArrayList<JsonNode>();
        all.add(entry.path("Redirect"));
        for (var failover : entry.path("Failover")) {
            all.add(failover);
            failover.path("Targets").forEach(all::add);
        }
        entry.path("Routes").forEach(route -> all.add(route.path("Destination")));
        entry.path("Splits").forEach(all::add);
        return all;
    }

    private static Resource resource(String kind) {
        return switch (kind) {
            case "service-defaults", "service-resolver", "service-router", "service-splitter" ->
                    Resource.SERVICE;
            case "service-intentions" -> Resource.INTENTIONS;
            default -> Resource.MESH;
        };
    }
}
