package dev.hansa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/// Each value of the chart has a type, a default, an example and a text, and the page that shows
/// them is what `values.yaml` and `values.schema.json` say. `-Dgolden.update=true` writes it anew.
class ChartReferenceTest {
    private static final Path PAGE = TestingChart.ROOT.resolve("docs/reference/chart.md");

    private static JsonNode schema() throws IOException {
        return Json.mapper()
                .readTree(Files.readString(TestingChart.CHART.resolve("values.schema.json")));
    }

    private static JsonNode values() throws IOException {
        return TestingChart.YAML.readTree(
                Files.readString(TestingChart.CHART.resolve("values.yaml")));
    }

    /// @param path with dots
    private record Value(String path, JsonNode schema) {
        boolean isObsolete() {
            return schema.has("x-obsolete");
        }

        JsonNode in(JsonNode values) {
            return values.at("/" + path.replace('.', '/'));
        }
    }

    /// Those that have a value of their own, as the schema has them.
    private static List<Value> leaves() throws IOException {
        var leaves = new ArrayList<Value>();
        collect("", schema(), leaves);
        return leaves;
    }

    private static void collect(String path, JsonNode schema, List<Value> leaves) {
        if (schema.has("properties") && !schema.has("default")) {
            schema.path("properties")
                    .properties()
                    .forEach(one ->
                            collect(
                                    path.isEmpty() ? one.getKey() : path + "." + one.getKey(),
                                    one.getValue(),
                                    leaves));
        } else {
            leaves.add(new Value(path, schema));
        }
    }

    @Test
    void eachValueHasATextAnExampleAndTheDefaultOfTheFile() throws IOException {
        var values = values();
        for (var leaf : leaves()) {
            assertThat(leaf.schema().path("description").asText()).as(leaf.path()).isNotBlank();
            if (leaf.isObsolete()) {
                assertThat(leaf.in(values).isMissingNode()).as(leaf.path()).isTrue();
            } else {
                assertThat(leaf.schema().has("type")).as(leaf.path()).isTrue();
                assertThat(leaf.schema().path("examples")).as(leaf.path()).hasSize(1);
                assertThat(leaf.schema().get("default")).as(leaf.path()).isEqualTo(leaf.in(values));
            }
        }
    }

    @Test
    void fileHasNoValueThatTheSchemaDoesNotKnow() throws IOException {
        var known =
                leaves().stream()
                        .collect(
                                Collectors.toMap(
                                        Value::path, Value::schema, (a, _) -> a, TreeMap::new));
        var found = new ArrayList<String>();
        paths("", values(), known, found);

        assertThat(found)
                .containsExactlyInAnyOrderElementsOf(
                        leaves().stream()
                                .filter(leaf -> !leaf.isObsolete())
                                .map(Value::path)
                                .toList());
    }

    private static void paths(
            String path, JsonNode node, Map<String, JsonNode> known, List<String> found) {
        if (known.containsKey(path) || !node.isObject()) {
            found.add(path);
            return;
        }
        node.properties()
                .forEach(one ->
                        paths(
                                path.isEmpty() ? one.getKey() : path + "." + one.getKey(),
                                one.getValue(),
                                known,
                                found));
    }

    @Test
    void eachLineOfTheFileThatSetsAValueHasACommentAbove() throws IOException {
        var lines = Files.readAllLines(TestingChart.CHART.resolve("values.yaml"));
        for (var i = 1; i < lines.size(); i++) {
            if (lines.get(i).matches(" *[A-Za-z0-9]+: .+")) {
                assertThat(lines.get(i - 1).strip()).as(lines.get(i)).startsWith("# ");
            }
        }
    }

    @Test
    void valuesWithoutMeaningAreTheSameForSchemaAndNotes() throws IOException {
        var said =
                TestingChart.YAML.readTree(
                        Files.readString(TestingChart.CHART.resolve("files/obsolete.yaml")));
        var named = new TreeMap<String, String>();
        said.properties().forEach(one -> named.put(one.getKey(), one.getValue().asText()));

        assertThat(named)
                .isEqualTo(
                        leaves().stream()
                                .filter(Value::isObsolete)
                                .collect(
                                        Collectors.toMap(
                                                Value::path,
                                                leaf -> leaf.schema().path("x-obsolete").asText(),
                                                (a, _) -> a,
                                                TreeMap::new)));
    }

    @Test
    void pageIsWhatTheFilesSay() throws IOException {
        var page = page();
        if (Boolean.getBoolean("golden.update")) {
            Files.createDirectories(PAGE.resolveSibling("."));
            Files.writeString(PAGE, page);
        }

        assertThat(Files.readString(PAGE)).isEqualTo(page);
    }

    private static String page() throws IOException {
        var page = new StringBuilder();
        page.append(
                """
                # Values of the chart

                Made of `deploy/helm/hansa/values.yaml` and `values.schema.json` by `ChartReferenceTest` (`-Dgolden.update=true`); the chart's
                [README](../../deploy/helm/hansa/README.md) says how it is used.
                """);
        var schema = schema().path("properties");
        var section = "";
        var obsolete = new ArrayList<Value>();
        for (var leaf : leaves()) {
            if (leaf.isObsolete()) {
                obsolete.add(leaf);
                continue;
            }
            var first = leaf.path().split("\\.")[0];
            if (!first.equals(section)) {
                section = first;
                page.append("\n## ")
                        .append(section)
                        .append("\n\n")
                        .append(schema.path(section).path("description").asText())
                        .append(
                                "\n\n| value | type | default | example | what, and why |\n|---|---|---|---|---|\n");
            }
            var why = leaf.schema().path("x-reason").asText();
            page.append("| `")
                    .append(leaf.path())
                    .append("` | ")
                    .append(cell(type(leaf.schema())))
                    .append(" | `")
                    .append(cell(leaf.schema().path("default").toString()))
                    .append("` | `")
                    .append(cell(leaf.schema().path("examples").path(0).toString()))
                    .append("` | ")
                    .append(cell(leaf.schema().path("description").asText()))
                    .append(why.isEmpty() ? "" : " " + cell(why))
                    .append(" |\n");
        }
        page.append(
                "\n## Values of Consul's chart that have no meaning here\n\nThey are taken, passed over, and named in the notes of the installation.\n\n| value | what instead, or why |\n|---|---|\n");
        for (var leaf : obsolete) {
            page.append("| `")
                    .append(leaf.path())
                    .append("` | ")
                    .append(cell(leaf.schema().path("x-obsolete").asText()))
                    .append(" |\n");
        }
        return page.toString();
    }

    private static String type(JsonNode schema) {
        if (schema.has("enum")) {
            return StreamSupport.stream(schema.path("enum").spliterator(), false)
                    .map(JsonNode::asText)
                    .collect(Collectors.joining(", "));
        }
        var type = schema.path("type");
        var word =
                type.isArray()
                        ? StreamSupport.stream(type.spliterator(), false)
                                .map(JsonNode::asText)
                                .collect(Collectors.joining(" or "))
                        : type.asText();
        return schema.has("minimum")
                ? word
                        + ", "
                        + schema.path("minimum").asText()
                        + " to "
                        + schema.path("maximum").asText()
                : word;
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
