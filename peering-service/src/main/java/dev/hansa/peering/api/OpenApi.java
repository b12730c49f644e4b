package dev.hansa.peering.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.hansa.peering.configentry.EntrySchemas;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// The description of this API, as `GET /v1/openapi.json` answers it: put together once from the
/// parts in the resource folder `openapi`, when somebody asks for it. What many operations have in
/// common is a trait there, and stands in each of them here.
final class OpenApi {
    /// In the order in which a reader finds them.
    private static final List<String> PARTS =
            List.of(
                    "peering",
                    "config",
                    "catalog",
                    "health",
                    "agent",
                    "connect",
                    "acl",
                    "operator",
                    "hansa",
                    "failover",
                    "topology");

    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete");
    private static final String SCHEMAS = "#/components/schemas/";

    /// Stands for any words in the text of a refusal.
    private static final String ANY = "…";

    private static final Pattern SPECIAL = Pattern.compile("[\\\\^$.|?*+(){}\\[\\]]");
    private static final ObjectMapper YAML = new YAMLMapper();
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final ObjectNode traits = JSON.objectNode();

    private OpenApi() {}

    private static final class Held {
        static final ObjectNode DOCUMENT = new OpenApi().put();
        static final ApiAnswer.Shared ANSWER =
                new ApiAnswer.Shared(
                        DOCUMENT,
                        new SharedAnswer(DOCUMENT.toString()),
                        new SharedAnswer(AnswerWriter.pretty(DOCUMENT)));
    }

    /// Not to be changed.
    static ObjectNode document() {
        return Held.DOCUMENT;
    }

    /// Whoever has no token may ask for it, and need not read it.
    static ApiAnswer answer(ApiRequest request) {
        return shared();
    }

    static ApiAnswer.Shared shared() {
        return Held.ANSWER;
    }

    private ObjectNode put() {
        var document = part("shared");
        merge("traits", document.remove("traits"), traits);
        var parts = PARTS.stream().map(OpenApi::part).toList();
        parts.forEach(part -> merge("traits", part.path("traits"), traits));
        var components = (ObjectNode) document.remove("components");
        var tags = document.putArray("tags");
        var paths = document.putObject("paths");
        for (var part : parts) {
            tags.addAll(part.withArray("tags"));
            var tag = part.path("tags").path(0).path("name").asText();
            for (var path : part.path("paths").properties()) {
                add("path", paths, path.getKey(), path(path.getKey(), path.getValue(), tag));
            }
            for (var kind : part.path("components").properties()) {
                merge(kind.getKey(), kind.getValue(), components.withObject(kind.getKey()));
            }
        }
        merge(
                "schemas",
                EntrySchemas.of(SCHEMAS, JSON.objectNode().put("$ref", SCHEMAS + "Duration")),
                components.withObject("schemas"));
        document.set("components", components);
        return document;
    }

    private static ObjectNode part(String name) {
        var file = "/openapi/" + name + ".yaml";
        try (var stream = OpenApi.class.getResourceAsStream(file)) {
            if (stream != null && YAML.readTree(stream) instanceof ObjectNode part) {
                return part;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("resource '" + file + "' cannot be read", e);
        }
        throw new IllegalStateException("resource '" + file + "': expected an object; found none");
    }

    private static void merge(String what, JsonNode from, ObjectNode into) {
        from.properties().forEach(each -> add(what, into, each.getKey(), each.getValue()));
    }

    private static void add(String what, ObjectNode into, String name, JsonNode value) {
        if (into.has(name)) {
            throw new IllegalStateException(
                    "openapi: " + what + " '" + name + "': expected once; found twice");
        }
        into.set(name, value);
    }

    private ObjectNode path(String path, JsonNode written, String tag) {
        var json = JSON.objectNode();
        for (var property : written.properties()) {
            var name = property.getKey();
            json.set(
                    name,
                    METHODS.contains(name)
                            ? operation(tag, id(name, path), property.getValue())
                            : property.getValue());
        }
        return json;
    }

    /// Such as `getHealthServiceByService`.
    private static String id(String method, String path) {
        var id = new StringBuilder(method);
        for (var word : path.substring("/v1/".length()).split("[/.-]", -1)) {
            id.append(
                    word.isEmpty()
                            ? "Unnamed"
                            : word.startsWith("{")
                                    ? "By" + capital(word.substring(1, word.length() - 1))
                                    : capital(word));
        }
        return id.toString();
    }

    private static String capital(String word) {
        return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
    }

    private ObjectNode operation(String tag, String id, JsonNode written) {
        var json = JSON.objectNode();
        json.putArray("tags").add(tag);
        json.put("operationId", id);
        copy(written, json, "summary", "description", "x-consul", "x-difference");
        copy(written, json, "x-hansa-right", "x-hansa-sees", "x-hansa-one-of");
        var parameters = json.putArray("parameters");
        written.path("parameters").forEach(parameters::add);
        copy(written, json, "requestBody");
        var responses = new TreeMap<String, JsonNode>();
        written.path("responses").properties().forEach(each -> put(responses, each));
        var refusals = new ArrayList<String>();
        written.path("refusals").forEach(text -> refusals.add(text.asText()));
        for (var trait : traits(written)) {
            trait.path("parameters").forEach(parameters::add);
            trait.path("responses").properties().forEach(each -> put(responses, each));
            trait.path("refusals").forEach(text -> refusals.add(text.asText()));
            if (trait.has("headers") && responses.get("200") instanceof ObjectNode done) {
                done.set("headers", trait.path("headers"));
            }
        }
        responses.put("500", refused(refusals));
        json.putObject("responses").setAll(responses);
        return json;
    }

    /// What an operation says itself is not said otherwise by a trait.
    private static void put(Map<String, JsonNode> responses, Map.Entry<String, JsonNode> response) {
        responses.putIfAbsent(response.getKey(), response.getValue());
    }

    private List<JsonNode> traits(JsonNode written) {
        var names = new ArrayList<String>();
        written.path("traits").forEach(name -> names.add(name.asText()));
        if (written.has("requestBody")) {
            names.add("body");
        }
        names.add("everywhere");
        return names.stream().map(name -> traits.required(name)).toList();
    }

    private static void copy(JsonNode from, ObjectNode to, String... names) {
        for (var name : names) {
            if (from.has(name)) {
                to.set(name, from.path(name));
            }
        }
    }

    /// Where Consul answers so, by the texts that its clients match.
    private static ObjectNode refused(List<String> texts) {
        var json = JSON.objectNode().put("description", "One of these texts.");
        var schema = json.putObject("content").putObject("text/plain").putObject("schema");
        var each = schema.put("type", "string").putArray("anyOf");
        for (var text : texts) {
            each.addObject()
                    .put("title", text)
                    // a defect of ours is none of them
                    .put("pattern", text.equals(ANY) ? "^(?!internal error$).+$" : pattern(text));
        }
        return json;
    }

    private static String pattern(String text) {
        return "^" + SPECIAL.matcher(text).replaceAll("\\\\$0").replace(ANY, ".*") + "$";
    }
}
