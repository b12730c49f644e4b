package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.Validator;
import java.net.http.HttpResponse;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// The document of the API, and what answers are held to by it. Clients may meet fields that the
/// document of an older server did not have; a server is held to its own, so objects are closed.
final class Contract {
    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete");

    private final JsonObject document;

    Contract(String text) {
        document = (JsonObject) closed(new JsonObject(text));
    }

    private static Object closed(Object value) {
        if (value instanceof JsonArray array) {
            var all = new JsonArray();
            array.forEach(each -> all.add(closed(each)));
            return all;
        }
        if (!(value instanceof JsonObject object)) {
            return value;
        }
        var all = new JsonObject();
        object.forEach(field -> all.put(field.getKey(), closed(field.getValue())));
        if (isRecord(object)) {
            all.put("additionalProperties", false);
        }
        return all;
    }

    private static boolean isRecord(JsonObject schema) {
        return schema.getValue("properties") instanceof JsonObject
                && schema.containsKey("type")
                && !schema.containsKey("additionalProperties");
    }

    /// Each operation, such as `GET /v1/peerings`.
    Set<String> operations() {
        var all = new LinkedHashSet<String>();
        for (var path : document.getJsonObject("paths")) {
            ((JsonObject) path.getValue())
                    .fieldNames().stream()
                            .filter(METHODS::contains)
                            .map(method -> method.toUpperCase(Locale.ROOT) + " " + path.getKey())
                            .forEach(all::add);
        }
        return all;
    }

    /// The names of the areas that operations are of.
    List<String> tags() {
        return document.getJsonArray("tags").stream()
                .map(tag -> ((JsonObject) tag).getString("name"))
                .toList();
    }

    JsonObject operation(String name) {
        var parts = name.split(" ");
        return document.getJsonObject("paths")
                .getJsonObject(parts[1])
                .getJsonObject(parts[0].toLowerCase(Locale.ROOT));
    }

    /// Fails unless the operation may answer so.
    void holds(String operation, HttpResponse<String> answer) {
        var what = operation + " answered " + answer.statusCode() + ": " + answer.body();
        var responses = operation(operation).getJsonObject("responses");
        var response = responses.getJsonObject(Integer.toString(answer.statusCode()));
        assertThat(response).as(what).isNotNull();
        var resolved = resolved(response);
        for (var header : resolved.getJsonObject("headers", new JsonObject())) {
            if (resolved((JsonObject) header.getValue()).getBoolean("required", false)) {
                assertThat(answer.headers().firstValue(header.getKey()))
                        .as(what + ": " + header.getKey())
                        .isPresent();
            }
        }
        var type = answer.headers().firstValue("Content-Type").orElse("").split(";")[0];
        var content = resolved.getJsonObject("content");
        assertThat(content.fieldNames()).as(what).contains(type);
        var schema = content.getJsonObject(type).getJsonObject("schema", new JsonObject());
        var body =
                type.equals("application/json") ? Json.decodeValue(answer.body()) : answer.body();
        var result = validator(schema).validate(body);
        assertThat(result.getErrors()).as(what + "\n" + result.toJson()).isNullOrEmpty();
        assertThat(result.getValid()).as(what).isTrue();
    }

    private Validator validator(JsonObject schema) {
        var whole = schema.copy().put("components", document.getJsonObject("components"));
        return Validator.create(
                JsonSchema.of(whole),
                new JsonSchemaOptions()
                        .setBaseUri("https://hansa.example/api")
                        .setDraft(Draft.DRAFT202012));
    }

    private JsonObject resolved(JsonObject found) {
        var place = found.getString("$ref");
        if (place == null) {
            return found;
        }
        var at = document;
        for (var name : place.substring(2).split("/")) {
            at = at.getJsonObject(name);
        }
        return at;
    }
}
