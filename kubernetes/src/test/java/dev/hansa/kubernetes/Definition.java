package dev.hansa.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.Validator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;

/// A definition of a custom resource, held to objects as an API server does: values by the schema,
/// then each rule by CEL.
final class Definition {
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    static final Path FOLDER = ROOT.resolve("deploy/operator/crds");

    static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    /// `sum` is of the library of Kubernetes, and whole numbers are all that our rules add up.
    private static final Cel CEL =
            CelFactory.plannerCelBuilder()
                    .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                    .addVar("self", SimpleType.DYN)
                    .addVar("oldSelf", SimpleType.DYN)
                    .addFunctionDeclarations(
                            CelFunctionDecl.newFunctionDeclaration(
                                    "sum",
                                    CelOverloadDecl.newMemberOverload(
                                            "list_sum",
                                            SimpleType.INT,
                                            ListType.create(SimpleType.DYN))))
                    .addFunctionBindings(
                            CelFunctionBinding.from("list_sum", List.class, Definition::sum))
                    .build();

    private final JsonNode whole;
    private final Validator values;

    private Definition(JsonNode whole) {
        this.whole = whole;
        this.values =
                Validator.create(
                        JsonSchema.of(new JsonObject(schema().toString())),
                        new JsonSchemaOptions()
                                .setBaseUri("https://hansa.example/crd")
                                .setOutputFormat(OutputFormat.Basic)
                                .setDraft(Draft.DRAFT202012));
    }

    static Definition read(String file) throws IOException {
        return new Definition(YAML.readTree(FOLDER.resolve(file).toFile()));
    }

    static List<String> files() throws IOException {
        try (var all = Files.list(FOLDER)) {
            return all.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static long sum(List<?> numbers) {
        return numbers.stream().mapToLong(number -> ((Number) number).longValue()).sum();
    }

    JsonNode whole() {
        return whole;
    }

    JsonNode schema() {
        return whole.at("/spec/versions/0/schema/openAPIV3Schema");
    }

    /// The messages of all rules.
    Set<String> rules() {
        var all = new LinkedHashSet<String>();
        walk(
                schema(),
                node ->
                        node.path("x-kubernetes-validations")
                                .forEach(rule -> all.add(rule.path("message").asText())));
        return all;
    }

    static void walk(JsonNode node, Consumer<JsonNode> visitor) {
        visitor.accept(node);
        node.forEach(child -> walk(child, visitor));
    }

    /// Why an API server would refuse it; empty when it would not.
    ///
    /// @param before what is there already, for rules about changes
    List<String> problems(JsonNode object, Optional<JsonNode> before) {
        var result = values.validate(new JsonObject(object.toString()));
        if (!Boolean.TRUE.equals(result.getValid())) {
            return List.of("schema: " + result.toJson());
        }
        var found = new ArrayList<String>();
        hold(schema(), object, before, found);
        return found;
    }

    private static void hold(
            JsonNode schema, JsonNode value, Optional<JsonNode> before, List<String> found) {
        for (var rule : schema.path("x-kubernetes-validations")) {
            var text = rule.path("rule").asText();
            if (!text.contains("oldSelf") || before.isPresent()) {
                if (!isTrue(text, schema, value, before)) {
                    found.add(rule.path("message").asText());
                }
            }
        }
        schema.path("properties")
                .properties()
                .forEach(field -> {
                    if (value.has(field.getKey())) {
                        hold(
                                field.getValue(),
                                value.get(field.getKey()),
                                before.map(old -> old.path(field.getKey()))
                                        .filter(old -> !old.isMissingNode()),
                                found);
                    }
                });
        if (schema.path("additionalProperties").isObject()) {
            value.forEach(each ->
                    hold(schema.get("additionalProperties"), each, Optional.empty(), found));
        }
        if (schema.has("items")) {
            value.forEach(each -> hold(schema.get("items"), each, Optional.empty(), found));
        }
    }

    private static boolean isTrue(
            String rule, JsonNode schema, JsonNode value, Optional<JsonNode> before) {
        try {
            var variables = new HashMap<String, Object>();
            variables.put("self", plain(schema, value));
            before.ifPresent(old -> variables.put("oldSelf", plain(schema, old)));
            return Boolean.TRUE.equals(
                    CEL.createProgram(CEL.compile(rule).getAst()).eval(variables));
        } catch (CelValidationException | CelEvaluationException e) {
            throw new AssertionError("rule '" + rule + "': " + e.getMessage(), e);
        }
    }

    /// As CEL has values: what the schema calls a number is a double, however it is written.
    private static Object plain(JsonNode schema, JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> {
                var map = new HashMap<String, Object>();
                value.properties()
                        .forEach(field ->
                                map.put(
                                        field.getKey(),
                                        plain(
                                                schema.path("properties").has(field.getKey())
                                                        ? schema.get("properties")
                                                                .get(field.getKey())
                                                        : schema.path("additionalProperties"),
                                                field.getValue())));
                yield map;
            }
            case ARRAY ->
                    StreamSupport.stream(value.spliterator(), false)
                            .map(each -> plain(schema.path("items"), each))
                            .toList();
            case NUMBER ->
                    schema.path("type").asText().equals("number")
                            ? (Object) value.doubleValue()
                            : (Object) value.longValue();
            case BOOLEAN -> value.booleanValue();
            default -> value.asText();
        };
    }

    static Map<String, String> kinds() throws IOException {
        var kinds = new HashMap<String, String>();
        for (var file : files()) {
            kinds.put(read(file).whole().at("/spec/names/kind").asText(), file);
        }
        return kinds;
    }
}
