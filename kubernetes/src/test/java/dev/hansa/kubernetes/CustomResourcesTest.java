package dev.hansa.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.peering.configentry.EntrySchemas;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The definitions of custom resources in deploy/operator/crds. The cases in
/// src/test/resources/crds are read by tests/crds too, where an API server's own code judges them.
class CustomResourcesTest {
    /// What an entry has and a resource says elsewhere, or what servers write.
    private static final Set<String> NOT_OF_A_SPEC =
            Set.of("kind", "name", "partition", "hash", "createindex", "modifyindex");

    /// What an entry has and a resource does not: what is kept of intentions that were written one
    /// by one.
    private static final Map<String, Set<String>> OF_AN_ENTRY_ALONE =
            Map.of(
                    "service-intentions/sources[]",
                    Set.of("legacycreatetime", "legacyid", "legacymeta", "legacyupdatetime"));

    /// What a resource has and an entry does not.
    private static final Map<String, Set<String>> OF_A_SPEC_ALONE =
            Map.of(
                    "service-intentions", Set.of("destination"),
                    "exported-services/services[]", Set.of("selector"));

    static List<String> files() throws IOException {
        return Definition.files();
    }

    static JsonNode cases(String file) throws IOException {
        try (var in = CustomResourcesTest.class.getResourceAsStream("/crds/" + file)) {
            assertThat(in).as("cases of " + file).isNotNull();
            return Definition.YAML.readTree(in);
        }
    }

    private static ObjectNode resource(JsonNode one) {
        var resource = JsonNodeFactory.instance.objectNode();
        resource.put("apiVersion", "hansa.dev/v1alpha1").put("kind", "Any");
        resource.putObject("metadata").put("name", one.path("name").asText());
        resource.set("spec", one.path("spec"));
        return resource;
    }

    @TestFactory
    Stream<DynamicTest> eachRuleLetsOneObjectThroughAndRefusesAnother() throws IOException {
        var tests = new ArrayList<DynamicTest>();
        for (var file : files()) {
            var definition = Definition.read(file);
            var number = 0;
            for (var one : cases(file)) {
                var rule = one.path("rule").asText();
                var before =
                        Optional.of(one.path("before"))
                                .filter(JsonNode::isObject)
                                .map(CustomResourcesTest::resource);
                tests.add(
                        DynamicTest.dynamicTest(
                                file + " " + number++ + ": " + rule,
                                () -> {
                                    assertThat(
                                                    definition.problems(
                                                            resource(one.get("accepted")),
                                                            before.map(JsonNode.class::cast)))
                                            .as("accepted")
                                            .isEmpty();
                                    assertThat(
                                                    definition.problems(
                                                            resource(one.get("refused")),
                                                            before.map(JsonNode.class::cast)))
                                            .as("refused")
                                            .anySatisfy(problem ->
                                                    assertThat(problem).startsWith(rule));
                                }));
            }
        }
        return tests.stream();
    }

    @ParameterizedTest
    @MethodSource("files")
    void noRuleAndNoSchemaIsWithoutACase(String file) throws IOException {
        var held = new LinkedHashSet<String>();
        cases(file).forEach(one -> held.add(one.path("rule").asText()));
        var expected = new LinkedHashSet<>(Definition.read(file).rules());
        expected.add("schema");

        assertThat(held).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void eachKindHasADefinition() throws IOException {
        var expected =
                Arrays.stream(ResourceKind.values())
                        .map(kind -> kind.plural() + ".hansa.dev " + kind.kind())
                        .toList();
        var found = new ArrayList<String>();
        for (var file : files()) {
            var whole = Definition.read(file).whole();
            found.add(
                    whole.at("/metadata/name").asText()
                            + " "
                            + whole.at("/spec/names/kind").asText());
            assertThat(whole.at("/spec/versions/0/subresources/status").isObject()).isTrue();
            assertThat(
                            whole.at("/spec/versions/0/additionalPrinterColumns")
                                    .findValuesAsText("name"))
                    .contains("Synced", "Ready", "Age");
        }

        assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
    }

    /// `True` without quotes is a truth value, and no status could be written.
    @ParameterizedTest
    @MethodSource("files")
    void eachWordOfAnEnumIsText(String file) throws IOException {
        Definition.walk(
                Definition.read(file).schema(),
                node ->
                        node.path("enum")
                                .forEach(word ->
                                        assertThat(word.isTextual()).as(word + "").isTrue()));
    }

    /// What the API server dropped would make a rule wider than its author meant; kept, the server
    /// names and refuses it.
    @ParameterizedTest
    @MethodSource("files")
    void eachObjectOfASpecKeepsWhatItDoesNotKnow(String file) throws IOException {
        Definition.walk(
                Definition.read(file).schema().at("/properties/spec"),
                node -> {
                    if (node.path("type").asText().equals("object")
                            && !node.has("additionalProperties")) {
                        assertThat(node.path("x-kubernetes-preserve-unknown-fields").asBoolean())
                                .as(node.toString())
                                .isTrue();
                    }
                });
    }

    /// An API server refuses a rule whose cost it cannot bound.
    @ParameterizedTest
    @MethodSource("files")
    void eachListMapAndTextOfASpecIsBounded(String file) throws IOException {
        Definition.walk(
                Definition.read(file).schema().at("/properties/spec"),
                node -> {
                    switch (node.path("type").asText()) {
                        case "array" -> assertThat(node.has("maxItems")).as(node + "").isTrue();
                        case "string" ->
                                assertThat(node.has("maxLength") || node.has("enum"))
                                        .as(node + "")
                                        .isTrue();
                        default -> {
                            if (node.has("additionalProperties")) {
                                assertThat(node.has("maxProperties")).as(node + "").isTrue();
                            }
                        }
                    }
                });
    }

    @Test
    void eachFieldOfAnEntryIsOneOfItsSpec() throws IOException {
        var timespan = JsonNodeFactory.instance.objectNode().put("type", "string");
        var entries = EntrySchemas.of("#/", timespan);
        for (var kind : ResourceKind.values()) {
            if (kind.isEntry()) {
                var spec = Definition.read(kind.entryKind() + ".yaml").schema();
                alike(
                        kind.entryKind(),
                        entries.path("ConfigEntry." + kind.entryKind()),
                        spec.at("/properties/spec"));
            }
        }
    }

    private static void alike(String where, JsonNode entry, JsonNode spec) {
        if (entry.has("items")) {
            alike(where + "[]", entry.get("items"), spec.path("items"));
        }
        if (entry.path("additionalProperties").isObject()) {
            alike(
                    where + "{}",
                    entry.get("additionalProperties"),
                    spec.path("additionalProperties"));
        }
        if (entry.has("enum")) {
            assertThat(words(spec)).as(where).isEqualTo(words(entry));
        } else if (entry.has("type")) {
            assertThat(spec.path("type")).as(where).isEqualTo(entry.path("type"));
        }
        if (!entry.has("properties")) {
            return;
        }
        var expected = names(entry);
        if (!where.contains("/")) {
            expected.removeAll(NOT_OF_A_SPEC);
        }
        expected.removeAll(OF_AN_ENTRY_ALONE.getOrDefault(where, Set.of()));
        expected.addAll(OF_A_SPEC_ALONE.getOrDefault(where, Set.of()));
        assertThat(names(spec)).as(where).isEqualTo(expected);
        entry.path("properties")
                .properties()
                .forEach(field ->
                        spec.path("properties")
                                .properties()
                                .forEach(own -> {
                                    if (folded(own.getKey()).equals(folded(field.getKey()))) {
                                        alike(
                                                where + "/" + own.getKey(),
                                                field.getValue(),
                                                own.getValue());
                                    }
                                }));
    }

    private static Set<String> names(JsonNode schema) {
        var names = new TreeSet<String>();
        schema.path("properties").fieldNames().forEachRemaining(name -> names.add(folded(name)));
        return names;
    }

    private static Set<String> words(JsonNode schema) {
        var words = new TreeSet<String>();
        schema.path("enum").forEach(word -> words.add(word.asText()));
        return words;
    }

    private static String folded(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
