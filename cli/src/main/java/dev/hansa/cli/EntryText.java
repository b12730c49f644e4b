package dev.hansa.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.hansa.peering.configentry.EntryForm;
import dev.hansa.peering.hcl.HclException;
import dev.hansa.peering.hcl.HclReader;
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

    /// @param file its name, which says the form when it ends as `.json`, `.hcl` or `.yaml` does
    static EntryText of(String text, String file) throws CommandFailedException {
        return switch (form(text, file.toLowerCase(Locale.ROOT))) {
            case JSON -> json(text);
            case YAML -> yaml(text);
            case HCL -> hcl(text);
        };
    }

    /// What begins like JSON is sent as that, whatever its file is called: also Consul takes it so.
    private static EntryForm form(String text, String file) {
        var begun = EntryForm.of(text);
        if (begun == EntryForm.JSON || file.endsWith(".json")) {
            return EntryForm.JSON;
        }
        if (file.endsWith(".hcl")) {
            return EntryForm.HCL;
        }
        return file.endsWith(".yaml") || file.endsWith(".yml") ? EntryForm.YAML : begun;
    }

    private static EntryText hcl(String text) throws CommandFailedException {
        try {
            var entry = HclReader.read(text);
            var kind = either(entry, "Kind", "kind");
            return new EntryText(
                    "application/hcl", kind, named(kind, either(entry, "Name", "name")));
        } catch (HclException e) {
            throw new CommandFailedException("config entry: " + PlainText.of(e.sentence()), e);
        }
    }

    private static EntryText json(String text) throws CommandFailedException {
        var entry = parse(Json.mapper(), "JSON", text);
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
