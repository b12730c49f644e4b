package dev.hansa.tests.multicluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// docs/API.md, made of its prose, of the document's parts, which say how each operation compares
/// with Consul's, and of the tests, which say what they show.
final class ApiTable {
    static final Path FILE = Checkout.ROOT.resolve("docs/API.md");

    private static final Path PROSE =
            Checkout.ROOT.resolve("tests/multicluster/src/test/resources/api/API.md");

    private static final Path NOT_PLANNED =
            Checkout.ROOT.resolve("peering-service/src/main/resources/openapi/not-planned.yaml");

    private static final String HEAD =
            """
            <!-- Written by ApiTableTest (-Dgolden.update=true): the rows are those of peering-service/src/main/resources/openapi and of the lines 'shows' at tests, the prose is tests/multicluster/src/test/resources/api/API.md. -->
            """;

    private static final ObjectMapper YAML = new YAMLMapper();

    private final DocumentParts document;
    private final Map<String, SequencedSet<String>> shownBy;

    ApiTable(DocumentParts document, Map<String, SequencedSet<String>> shownBy) {
        this.document = document;
        this.shownBy = shownBy;
    }

    String text() throws IOException {
        return HEAD
                + Files.readString(PROSE)
                        .replace("<!-- answered -->\n", answered())
                        .replace("<!-- refusals -->\n", refusals())
                        .replace("<!-- not planned -->\n", notPlanned());
    }

    private String answered() {
        var text = new StringBuilder();
        document.areas()
                .forEach((name, area) -> {
                    text.append(text.isEmpty() ? "" : "\n")
                            .append("### ")
                            .append(name)
                            .append("\n\n");
                    text.append(
                            "| endpoint | state | asks | how it differs | shown by |\n|---|---|---|---|---|\n");
                    area.operations()
                            .forEach((route, operation) -> text.append(row(route, operation)));
                });
        return text.toString();
    }

    private String row(String route, JsonNode operation) {
        var how = operation.path("x-difference").asText();
        return "| `%s` | %s | %s | %s| %s |\n"
                .formatted(
                        route,
                        operation.path("x-consul").asText(),
                        asks(operation),
                        how.isEmpty() ? "" : how + " ",
                        code(shownBy.getOrDefault(route, new TreeSet<>())));
    }

    /// The rights without which it is refused, and those without which less is seen.
    private static String asks(JsonNode operation) {
        var isOneOf = operation.has("x-hansa-one-of");
        var rights = asks(operation.path("x-hansa-right"), isOneOf);
        var sees = asks(operation.path("x-hansa-sees"), isOneOf);
        return rights
                + (rights.isEmpty() || sees.isEmpty() ? "" : "; ")
                + (sees.isEmpty() ? "" : "sees " + sees)
                + (isOneOf ? ", by " + operation.path("x-hansa-one-of").asText() : "");
    }

    private static String asks(JsonNode rights, boolean isOneOf) {
        return rights.valueStream()
                .map(JsonNode::asText)
                .map(right -> right.contains(":") ? "`" + right + "`" : right)
                .collect(Collectors.joining(isOneOf ? " or " : ", "));
    }

    private String refusals() {
        var text = new StringBuilder("| text | where |\n|---|---|\n");
        document.refusals()
                .forEach((refusal, places) ->
                        text.append(
                                "| `%s` | %s |\n"
                                        .formatted(
                                                refusal,
                                                places.contains(DocumentParts.EVERYWHERE)
                                                        ? DocumentParts.EVERYWHERE
                                                        : code(places))));
        return text.toString();
    }

    private static String notPlanned() throws IOException {
        var text = new StringBuilder("| endpoint | status | why |\n|---|---|---|\n");
        for (var row : YAML.readTree(NOT_PLANNED.toFile())) {
            var endpoints = row.path("endpoints").valueStream().map(JsonNode::asText).toList();
            text.append(
                    "| %s | %d | %s |\n"
                            .formatted(
                                    code(endpoints),
                                    row.path("status").asInt(404),
                                    row.path("why").asText()));
        }
        return text.toString();
    }

    private static String code(Collection<String> words) {
        return words.stream().map(word -> "`" + word + "`").collect(Collectors.joining(", "));
    }
}
