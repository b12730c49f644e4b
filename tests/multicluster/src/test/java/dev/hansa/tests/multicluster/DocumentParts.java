package dev.hansa.tests.multicluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// The document of the HTTP API as it is written, in parts.
///
/// @param areas by their names, in the order in which the document has them
/// @param traits what operations have in common
record DocumentParts(SequencedMap<String, Area> areas, Map<String, JsonNode> traits) {
    /// Where the text of a refusal is answered, if wherever something is asked.
    static final String EVERYWHERE = "everywhere";

    private static final Path FOLDER =
            Checkout.ROOT.resolve("peering-service/src/main/resources/openapi");

    private static final Path SOURCE =
            Checkout.ROOT.resolve(
                    "peering-service/src/main/java/dev/hansa/peering/api/OpenApi.java");

    /// As OpenApi orders them.
    private static final Pattern PARTS =
            Pattern.compile("PARTS =\\s*List\\.of\\(([^)]*)\\)", Pattern.DOTALL);

    private static final Pattern NAME = Pattern.compile("\"([a-z]+)\"");
    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete");
    private static final ObjectMapper YAML = new YAMLMapper();

    /// @param operations by method and path, the latter as routes have it
    record Area(String description, SequencedMap<String, JsonNode> operations) {}

    static DocumentParts read() throws IOException {
        var areas = new LinkedHashMap<String, Area>();
        var traits = new TreeMap<String, JsonNode>();
        for (var name : names()) {
            var part = YAML.readTree(FOLDER.resolve(name + ".yaml").toFile());
            part.path("traits")
                    .properties()
                    .forEach(trait -> traits.put(trait.getKey(), trait.getValue()));
            var operations = operations(part);
            if (!operations.isEmpty()) {
                var tag = part.path("tags").path(0);
                var area = new Area(tag.path("description").asText(), operations);
                areas.put(tag.path("name").asText(), area);
            }
        }
        return new DocumentParts(areas, traits);
    }

    private static List<String> names() throws IOException {
        var parts = PARTS.matcher(Files.readString(SOURCE));
        if (!parts.find()) {
            throw new IllegalStateException(
                    SOURCE + ": expected the list of the parts; found none");
        }
        var names = new ArrayList<>(List.of("shared"));
        NAME.matcher(parts.group(1)).results().forEach(name -> names.add(name.group(1)));
        return names;
    }

    private static SequencedMap<String, JsonNode> operations(JsonNode part) {
        var operations = new LinkedHashMap<String, JsonNode>();
        for (var path : part.path("paths").properties()) {
            for (var method : path.getValue().properties()) {
                if (METHODS.contains(method.getKey())) {
                    var route = path.getKey().replace("{", ":").replace("}", "");
                    operations.put(
                            method.getKey().toUpperCase(Locale.ROOT) + " " + route,
                            method.getValue());
                }
            }
        }
        return operations;
    }

    /// By method and path.
    SequencedMap<String, JsonNode> operations() {
        var all = new LinkedHashMap<String, JsonNode>();
        areas.values().forEach(area -> all.putAll(area.operations()));
        return all;
    }

    /// The texts of a status 500, each with where it is answered.
    SequencedMap<String, Set<String>> refusals() {
        var all = new LinkedHashMap<String, Set<String>>();
        add(all, trait(EVERYWHERE), EVERYWHERE);
        operations()
                .forEach((name, operation) -> {
                    add(all, operation, name);
                    for (var trait : operation.path("traits")) {
                        add(all, trait(trait.asText()), name);
                    }
                });
        return all;
    }

    private static void add(Map<String, Set<String>> all, JsonNode from, String place) {
        for (var text : from.path("refusals")) {
            all.computeIfAbsent(text.asText(), _ -> new LinkedHashSet<>()).add(place);
        }
    }

    private JsonNode trait(String name) {
        return traits.getOrDefault(name, MissingNode.getInstance());
    }
}
