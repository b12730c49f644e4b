package dev.hansa.peering.configentry;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// The kinds of config entries as JSON Schema (2020-12), for whoever describes the API: made of the
/// table by which entries are read, so that a description says what a reader takes.
public final class EntrySchemas {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private EntrySchemas() {}

    /// `ConfigEntry` and `ConfigKind`, and for each kind `ConfigEntry.<kind>`.
    ///
    /// @param place where schemas refer to each other, with a slash at its end
    /// @param timespan what a duration is
    public static ObjectNode of(String place, ObjectNode timespan) {
        var schemas = JSON.objectNode();
        var kinds = schemas.putObject("ConfigKind").putArray("enum");
        var entry = schemas.putObject("ConfigEntry");
        var each = entry.putArray("oneOf");
        Schemas.byKind()
                .forEach((kind, fields) -> {
                    kinds.add(kind);
                    var name = "ConfigEntry." + kind;
                    each.addObject().put("$ref", place + name);
                    var schema = schema(fields, timespan);
                    schema.withObject("properties").putObject("Kind").put("const", kind);
                    schema.putArray("required").add("Kind");
                    schemas.set(name, schema);
                });
        entry.putObject("discriminator").put("propertyName", "Kind");
        return schemas;
    }

    private static ObjectNode schema(Shape shape, ObjectNode timespan) {
        return switch (shape) {
            case Shape.Text _ -> type("string");
            case Shape.Flag _ -> type("boolean");
            case Shape.Count _ -> type("integer");
            case Shape.Decimal _ -> type("number");
            case Shape.Timespan _ -> timespan.deepCopy();
            case Shape.Opaque _ -> JSON.objectNode();
            case Shape.Choice(var words) -> {
                var choice = JSON.objectNode();
                words.forEach(choice.putArray("enum")::add);
                yield choice;
            }
            case Shape.ListOf(var item) -> {
                var list = type("array");
                list.set("items", schema(item, timespan));
                yield list;
            }
            case Shape.MapOf(var value) -> {
                var map = type("object");
                map.set("additionalProperties", schema(value, timespan));
                yield map;
            }
            case Shape.Fields(var byName, _) -> {
                var record = type("object");
                var properties = record.putObject("properties");
                byName.forEach((name, field) -> properties.set(name, schema(field, timespan)));
                yield record.put("additionalProperties", false);
            }
        };
    }

    private static ObjectNode type(String name) {
        return JSON.objectNode().put("type", name);
    }
}
