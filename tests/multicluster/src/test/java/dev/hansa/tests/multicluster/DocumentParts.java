package dev.hansa.tests.multicluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The document of the HTTP API as it is written, in parts.
///
/// @param operations by method and path, the latter as routes have it
/// @param traits what operations have in common
record DocumentParts(Map<String, JsonNode> operations, Map<String, JsonNode> traits) {
    private static final Path FOLDER =
            Checkout.ROOT.resolve("peering-service/src/main/resources/openapi");

    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete");
    private static final String EVERYWHERE = "everywhere";
    private static final ObjectMapper YAML = new YAMLMapper();

    static DocumentParts read() throws IOException {
        var operations = new TreeMap<String, JsonNode>();
        var traits = new TreeMap<String, JsonNode>();
        for (var file : files()) {
            var part = YAML.readTree(file.toFile());
            part.path("traits")
                    .properties()
                    .forEach(trait -> traits.put(trait.getKey(), trait.getValue()));
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
        }
        return new DocumentParts(operations, traits);
    }

    private static List<Path> files() throws IOException {
        try (var files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
        }
    }

    /// The texts of a status 500, each with where it is answered.
    Set<String> refusals() {
        var all = new TreeSet<String>();
        texts(trait(EVERYWHERE)).forEach(text -> all.add(EVERYWHERE + ": " + text));
        operations.forEach((name, operation) -> {
            texts(operation).forEach(text -> all.add(name + ": " + text));
            for (var trait : operation.path("traits")) {
                texts(trait(trait.asText())).forEach(text -> all.add(name + ": " + text));
            }
        });
        return all;
    }

    private JsonNode trait(String name) {
        return traits.getOrDefault(name, MissingNode.getInstance());
    }

    private static List<String> texts(JsonNode of) {
        var texts = new ArrayList<String>();
        of.path("refusals").forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
