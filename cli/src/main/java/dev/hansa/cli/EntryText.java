package dev.hansa.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.util.Locale;
import java.util.Map;

/// What a config entry's text says of itself; the server alone judges the rest.
///
/// @param kind as in `service-resolver`
record EntryText(String contentType, String kind, String name) {
    /// Entries whose JSON need not name them, because there is only one.
    private static final Map<String, String> ONLY_NAME =
            Map.of("mesh", "mesh", "exported-services", "default", "proxy-defaults", "global");

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    String label() {
        return PlainText.of(kind + "/" + name);
    }

    static EntryText of(String text) throws CommandFailedException {
        return text.stripLeading().startsWith("{") ? json(text) : yaml(text);
    }

    private static EntryText json(String text) throws CommandFailedException {
        var entry = parse(Json.MAPPER, "JSON", text);
        var kind = either(entry, "Kind", "kind");
        var name = either(entry, "Name", "name");
        return new EntryText(ApiClient.JSON, kind, named(kind, name));
    }

    private static EntryText yaml(String text) throws CommandFailedException {
        var entry = parse(YAML, "YAML", text);
        // ServiceResolver is service-resolver
        var kind =
                either(entry, "kind", "Kind")
                        .replaceAll("(?<=[a-z])(?=[A-Z])", "-")
                        .toLowerCase(Locale.ROOT);
        var ofResource = either(entry.path("metadata"), "name", "Name");
        return new EntryText(
                "application/yaml",
                kind,
                named(kind, ofResource.isEmpty() ? either(entry, "Name", "name") : ofResource));
    }

    private static JsonNode parse(ObjectMapper mapper, String format, String text)
            throws CommandFailedException {
        try {
            var entry = mapper.readTree(text);
            if (entry.isObject()) {
                return entry;
            }
            throw new CommandFailedException(
                    "config entry: expected an object with a kind; found "
                            + (entry.isMissingNode() || entry.isNull()
                                    ? "nothing"
                                    : "something else")
                            + " (in "
                            + format
                            + ")");
        } catch (JsonProcessingException e) {
            var where = e.getLocation();
            throw new CommandFailedException(
                    "config entry: expected "
                            + format
                            + "; found a mistake"
                            + (where == null
                                    ? ""
                                    : " at line "
                                            + where.getLineNr()
                                            + ", column "
                                            + where.getColumnNr())
                            + ": "
                            + PlainText.of(firstLine(e.getOriginalMessage())),
                    e);
        }
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    private static String named(String kind, String name) {
        return name.isEmpty() ? ONLY_NAME.getOrDefault(kind, "") : name;
    }

    private static String either(JsonNode node, String key, String otherwise) {
        return node.path(key).asText(node.path(otherwise).asText(""));
    }
}
