package dev.hansa.peering.configentry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Settings.Nearest;
import dev.hansa.peering.hcl.HclException;
import dev.hansa.peering.hcl.HclReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Set;

/// Finds kind and body of an entry in any of the forms in which operators have one: JSON, HCL, YAML
/// in the same shape, and YAML as a custom resource of Kubernetes.
record EntryText(String kind, ObjectNode body) {
    /// Four times the largest entry that makes sense; parsing takes many times the size in memory.
    private static final int MAX_CHARACTERS = 256 * 1024;

    /// The deepest schema has nine levels; the rest is for opaque configuration.
    private static final int MAX_DEPTH = 32;

    private static final StreamReadConstraints LIMITS =
            StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(40)
                    .maxStringLength(MAX_CHARACTERS)
                    .build();

    private static final ObjectMapper JSON =
            mapper(JsonFactory.builder().streamReadConstraints(LIMITS).build());

    private static final ObjectMapper YAML =
            mapper(YAMLFactory.builder().streamReadConstraints(LIMITS).build());

    private static final Set<String> RESOURCE_VERSIONS =
            Set.of("consul.hashicorp.com/v1alpha1", "hansa.dev/v1alpha1");

    private static ObjectMapper mapper(JsonFactory factory) {
        return new ObjectMapper(factory)
                .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION.mappedFeature(), true)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    static EntryText read(String text) throws InvalidEntryException {
        if (text.length() > MAX_CHARACTERS) {
            throw InvalidEntryException.unreadable(
                    "config entry: expected at most "
                            + MAX_CHARACTERS
                            + " characters; found "
                            + text.length());
        }
        var read =
                switch (EntryForm.of(text)) {
                    case JSON -> parse(JSON, "JSON", text);
                    case YAML -> yaml(text);
                    case HCL -> hcl(text);
                };
        if (!(read instanceof ObjectNode entry)) {
            throw InvalidEntryException.unreadable(
                    "config entry: expected an object with a Kind; found "
                            + (read.isMissingNode() || read.isNull()
                                    ? "nothing"
                                    : "a plain value"));
        }
        return entry.has("apiVersion") ? resource(entry) : plain(entry);
    }

    private static JsonNode yaml(String text) throws InvalidEntryException {
        refuseAliases(text);
        return parse(YAML, "YAML", text);
    }

    private static JsonNode hcl(String text) throws InvalidEntryException {
        try {
            return HclReader.read(text);
        } catch (HclException e) {
            throw InvalidEntryException.unreadable("config entry: " + e.sentence());
        }
    }

    /// As a tree an alias is the text of its own name: `service: *cart` would mean a service called
    /// "cart", whatever the anchor stood for.
    private static void refuseAliases(String text) throws InvalidEntryException {
        try (var parser = (YAMLParser) YAML.createParser(text)) {
            while (parser.nextToken() != null) {
                if (parser.isCurrentAlias() || parser.getObjectId() != null) {
                    throw InvalidEntryException.unreadable(
                            "config entry: expected YAML without anchors and aliases; found one at line "
                                    + parser.currentTokenLocation().getLineNr());
                }
            }
        } catch (JsonProcessingException _) {
            // told better by the reading that follows
            return;
        } catch (IOException e) {
            throw new UncheckedIOException("text in memory cannot be read", e);
        }
    }

    private static JsonNode parse(ObjectMapper mapper, String format, String text)
            throws InvalidEntryException {
        try {
            return mapper.readTree(text);
        } catch (JsonProcessingException e) {
            var where = e.getLocation();
            throw InvalidEntryException.unreadable(
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
                            + ForeignText.shown(
                                    String.valueOf(e.getOriginalMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse("")));
        }
    }

    private static EntryText plain(ObjectNode entry) throws InvalidEntryException {
        var kind = entry.has("Kind") ? entry.get("Kind") : entry.path("kind");
        if (kind.isMissingNode()) {
            throw InvalidEntryException.unreadable(
                    "Payload does not contain a kind/Kind key at the top level");
        }
        if (!kind.isTextual()) {
            throw InvalidEntryException.unreadable(
                    "Kind value in payload is not a string: expected a kind such as mesh; found '"
                            + ForeignText.shown(kind.toString())
                            + "'");
        }
        // YAML in the plain shape is often written with the resource's name of the kind.
        var word = kind.textValue();
        var dashed = dashed(word);
        return new EntryText(
                known(Schemas.byKind().containsKey(dashed) ? dashed : word), entry.deepCopy());
    }

    private static EntryText resource(ObjectNode resource) throws InvalidEntryException {
        var version = resource.get("apiVersion").asText();
        if (!RESOURCE_VERSIONS.contains(version)) {
            throw InvalidEntryException.unreadable(
                    "config entry: apiVersion: expected consul.hashicorp.com/v1alpha1 or hansa.dev/v1alpha1; found '"
                            + ForeignText.shown(version)
                            + "'");
        }
        var kind = known(dashed(resource.path("kind").asText()));
        for (var property : resource.properties()) {
            if (!Set.of("apiVersion", "kind", "metadata", "spec", "status")
                    .contains(property.getKey())) {
                throw InvalidEntryException.unreadable(
                        "invalid config key \""
                                + ForeignText.shown(property.getKey())
                                + "\": a resource expects apiVersion, kind, metadata and spec");
            }
        }
        var spec = resource.path("spec");
        if (!spec.isObject() && !spec.isMissingNode() && !spec.isNull()) {
            throw InvalidEntryException.unreadable(
                    kind
                            + ": spec: expected an object; found '"
                            + ForeignText.shown(spec.toString())
                            + "'");
        }
        var body = spec instanceof ObjectNode fields ? fields.deepCopy() : JSON.createObjectNode();
        var name = resource.path("metadata").path("name");
        // An intention's resource may bear any name; what it is about stands in its spec.
        if (kind.equals(Schemas.SERVICE_INTENTIONS) && body.has("destination")) {
            name = destination(kind, body.remove("destination"));
        }
        if (!name.isMissingNode()) {
            body.set("Name", name);
        }
        body.put("Kind", kind);
        return new EntryText(kind, body);
    }

    /// A part of it that was passed over would make a rule wider than its author meant.
    private static JsonNode destination(String kind, JsonNode destination)
            throws InvalidEntryException {
        if (!destination.isObject()) {
            throw InvalidEntryException.unreadable(
                    kind
                            + ": destination: expected an object; found '"
                            + ForeignText.shown(destination.toString())
                            + "'");
        }
        for (var property : destination.properties()) {
            if (!property.getKey().equals("name")) {
                throw InvalidEntryException.unreadable(
                        "invalid config key \"destination."
                                + ForeignText.shown(property.getKey())
                                + "\""
                                + (property.getKey().equals("namespace")
                                        ? ", namespaces are a consul enterprise feature"
                                        : ": a destination expects name"));
            }
        }
        return destination.path("name");
    }

    private static String dashed(String resourceKind) {
        return resourceKind.replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    private static String known(String kind) throws InvalidEntryException {
        if (Schemas.byKind().containsKey(kind)) {
            return kind;
        }
        var untaken = UntakenKinds.reason(kind);
        if (untaken.isPresent()) {
            throw InvalidEntryException.unreadable(
                    "config entry of kind " + kind + ": not taken: " + untaken.get());
        }
        var near =
                kind.length() > 80
                        ? ""
                        : Nearest.to(kind, Schemas.byKind().keySet())
                                .map(word -> "; did you mean '" + word + "'?")
                                .orElse("");
        throw InvalidEntryException.unreadable(
                "invalid config entry kind: "
                        + ForeignText.shown(kind)
                        + ": expected one of "
                        + String.join(", ", Schemas.byKind().keySet())
                        + near);
    }
}
