package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/// docs/reference/config-entries.md is made of the definitions of custom resources, whose fields
/// are those of config entries, and of the objects that `CustomResourcesTest` has taken. With
/// `-Dgolden.update=true` it is written anew.
class ConfigReferenceTest {
    private static final Path FILE = Definition.ROOT.resolve("docs/reference/config-entries.md");

    /// Where nothing said means something else than nothing.
    private static final Map<String, String> DEFAULTS =
            Map.of(
                    "service-resolver/connectTimeout", "`5s`",
                    "service-resolver/defaultSubset", "all instances",
                    "service-resolver/loadBalancer.policy", "in turn",
                    "service-defaults/protocol", "that of `proxy-defaults`, else `tcp`",
                    "service-intentions/sources[].action", "–",
                    "peering-acceptor/peer.forDatacenter", "the peer's name",
                    "service-defaults/maxInboundConnections", "`0`: the sidecar's own limit");

    private static final String INTRODUCTION =
            """
            # Fields of config entries

            Every field of every kind, as custom resources write them (`spec`, `hansa.dev/v1alpha1`); config entries have the same fields with a
            capital at the begin (`ConnectTimeout`), and take both. `[]` is an item of a list, `.*` the value of a key that you choose. What acts,
            what is only kept and what is refused is in [CONFIG-ENTRIES.md](../CONFIG-ENTRIES.md).

            Made of [the definitions](../../deploy/operator/crds) by `ConfigReferenceTest`; write there, not here:
            `mvn -pl kubernetes -am test -Dtest=ConfigReferenceTest -Dsurefire.failIfNoSpecifiedTests=false -Dgolden.update=true`
            """;

    private final List<String> withoutText = new ArrayList<>();

    @Test
    void theReferenceSaysWhatTheDefinitionsSay() throws IOException {
        var made = reference();

        assertThat(withoutText).as("fields without a description").isEmpty();
        if (Boolean.getBoolean("golden.update")) {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, made);
        }
        assertThat(FILE).content().isEqualTo(made);
    }

    /// An example that the API server would refuse is worse than none.
    @Test
    void eachExampleThatIsMadeUpIsTakenByItsSchema() {
        assertThat(madeUp(yaml("{type: string, enum: ['', random]}"))).contains("random");
        assertThat(madeUp(yaml("{type: integer, minimum: 3}"))).contains("3");
        assertThat(madeUp(yaml("{type: boolean}"))).contains("true");
        assertThat(
                        madeUp(
                                yaml(
                                        "{type: string, pattern: '^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$'}")))
                .contains("10s");
        assertThat(madeUp(yaml("{type: string, maxLength: 7}"))).isEmpty();
    }

    private String reference() throws IOException {
        var text = new StringBuilder(INTRODUCTION);
        for (var file : Definition.files()) {
            var whole = Definition.read(file).whole();
            var kind = file.substring(0, file.length() - ".yaml".length());
            var spec = whole.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec");
            text.append("\n## ").append(whole.at("/spec/names/kind").asText()).append("\n\n");
            described(kind, spec);
            text.append("| field | type | default | example | what it says |\n");
            text.append("|---|---|---|---|---|\n");
            var taken = new ArrayList<JsonNode>();
            CustomResourcesTest.cases(file).forEach(one -> taken.add(one.at("/accepted/spec")));
            members(kind, "", spec, taken, text);
        }
        return text.toString();
    }

    private void members(
            String kind, String path, JsonNode schema, List<JsonNode> taken, StringBuilder text) {
        var properties = schema.path("properties");
        properties
                .properties()
                .forEach(field ->
                        row(
                                kind,
                                (path.isEmpty() ? "" : path + ".") + field.getKey(),
                                field.getValue(),
                                taken.stream()
                                        .map(value -> value.path(field.getKey()))
                                        .filter(value -> !value.isMissingNode())
                                        .toList(),
                                text));
        var values = schema.path("additionalProperties");
        if (values.isObject()) {
            members(kind, path + ".*", values, children(taken), text);
        }
    }

    private void row(
            String kind, String path, JsonNode schema, List<JsonNode> taken, StringBuilder text) {
        var example =
                taken.stream()
                        .filter(JsonNode::isValueNode)
                        .filter(value -> !value.asText().isEmpty())
                        .map(JsonNode::asText)
                        .findFirst()
                        .or(() -> madeUp(schema));
        text.append("| `")
                .append(path)
                .append("` | ")
                .append(type(schema))
                .append(" | ")
                .append(DEFAULTS.getOrDefault(kind + "/" + path, nothing(schema)))
                .append(" | ")
                .append(example.map(value -> "`" + cell(value) + "`").orElse("–"))
                .append(" | ")
                .append(cell(described(kind + "/" + path, schema)))
                .append(" |\n");
        if (schema.path("type").asText().equals("array")) {
            members(kind, path + "[]", schema.path("items"), children(taken), text);
        } else {
            members(kind, path, schema, taken, text);
        }
    }

    private String described(String path, JsonNode schema) {
        var text = schema.path("description").asText();
        if (text.isBlank()) {
            withoutText.add(path);
        }
        return text;
    }

    private static List<JsonNode> children(List<JsonNode> values) {
        return values.stream()
                .flatMap(value -> StreamSupport.stream(value.spliterator(), false))
                .toList();
    }

    private static String type(JsonNode schema) {
        var words =
                StreamSupport.stream(schema.path("enum").spliterator(), false)
                        .map(JsonNode::asText)
                        .filter(word -> !word.isEmpty())
                        .map(word -> "`" + word + "`")
                        .toList();
        if (!words.isEmpty()) {
            return String.join(", ", words);
        }
        return switch (schema.path("type").asText()) {
            case "array" -> "list of " + type(schema.path("items")) + most(schema, "maxItems", "");
            case "object" ->
                    schema.path("additionalProperties").isObject()
                            ? "map" + most(schema, "maxProperties", "keys")
                            : "object";
            case "string" ->
                    isTimespan(schema)
                            ? "duration"
                            : "text" + most(schema, "maxLength", "characters");
            case "integer", "number" -> "number" + range(schema);
            case "boolean" -> "true or false";
            default -> "anything";
        };
    }

    private static String most(JsonNode schema, String keyword, String of) {
        return schema.has(keyword)
                ? (", at most " + schema.path(keyword).asText() + " " + of).stripTrailing()
                : "";
    }

    private static String range(JsonNode schema) {
        var least = schema.path("minimum");
        var most = schema.path("maximum");
        if (most.isMissingNode()) {
            return least.isMissingNode() ? "" : ", " + least.asText() + " or more";
        }
        return ", " + least.asText("0") + " to " + most.asText();
    }

    private static boolean isTimespan(JsonNode schema) {
        return schema.path("pattern").asText().contains("ns|us");
    }

    private static String nothing(JsonNode schema) {
        return switch (schema.path("type").asText()) {
            case "boolean" -> "`false`";
            case "integer", "number" -> "`0`";
            default -> "–";
        };
    }

    /// A value that the schema alone gives, where one can be told without its meaning.
    private static Optional<String> madeUp(JsonNode schema) {
        for (var word : schema.path("enum")) {
            if (!word.asText().isEmpty()) {
                return Optional.of(word.asText());
            }
        }
        return switch (schema.path("type").asText()) {
            case "boolean" -> Optional.of("true");
            case "integer", "number" ->
                    Optional.of(
                            String.format(
                                    Locale.ROOT,
                                    "%d",
                                    Math.max(1, schema.path("minimum").asLong(1))));
            case "string" -> isTimespan(schema) ? Optional.of("10s") : Optional.empty();
            default -> Optional.empty();
        };
    }

    private static JsonNode yaml(String text) {
        try {
            return Definition.YAML.readTree(text);
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("\n", " ").strip();
    }
}
