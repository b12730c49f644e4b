package dev.hansa.kubernetes.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.HashSet;
import java.util.Set;

/// Operations of RFC 6902 on one pod. What is added to a list or map that is not there makes it
/// first, so each operation holds for the pod as the ones before it have left it.
final class PodPatch {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final JsonNode pod;
    private final ArrayNode operations = JSON.arrayNode();
    private final Set<String> made = new HashSet<>();

    PodPatch(JsonNode pod) {
        this.pod = pod;
    }

    ArrayNode operations() {
        return operations;
    }

    void put(String map, String key, JsonNode value) {
        if (isMissing(map)) {
            add(map, JSON.objectNode());
        }
        add(map + "/" + key.replace("~", "~0").replace("/", "~1"), value);
    }

    /// @param place an index, or `-` for the end
    void insert(String list, String place, JsonNode value) {
        if (isMissing(list)) {
            add(list, JSON.arrayNode());
        }
        add(list + "/" + place, value);
    }

    void replace(String path, JsonNode value) {
        operations.addObject().put("op", "replace").put("path", path).set("value", value);
    }

    void remove(String path) {
        operations.addObject().put("op", "remove").put("path", path);
    }

    private boolean isMissing(String path) {
        var found = pod.at(path);
        return (found.isMissingNode() || found.isNull()) && made.add(path);
    }

    private void add(String path, JsonNode value) {
        operations.addObject().put("op", "add").put("path", path).set("value", value);
    }
}
