package dev.hansa.peering.configentry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.bootstrap.Settings.Nearest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Brings an entry into the one form that is kept: fields under Consul's names in the schema's
/// order, maps by key, nothing that is null. Two texts that say the same become the same JSON.
final class Normaliser {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /// A longer list is a mistake, and every route would have to walk it.
    private static final int MAX_ITEMS = 4096;

    private final String kind;

    Normaliser(String kind) {
        this.kind = kind;
    }

    ObjectNode entry(JsonNode entry, Shape.Fields schema) throws InvalidEntryException {
        return record("", entry, schema);
    }

    private JsonNode value(String path, JsonNode found, Shape shape) throws InvalidEntryException {
        return switch (shape) {
            case Shape.Text _ -> found.isTextual() ? found : mismatch(path, "text", found);
            case Shape.Flag _ -> found.isBoolean() ? found : mismatch(path, "true or false", found);
            case Shape.Count _ ->
                    found.isIntegralNumber() && found.canConvertToLong()
                            ? found
                            : mismatch(path, "a whole number", found);
            case Shape.Decimal _ ->
                    found.isNumber() && Double.isFinite(found.doubleValue())
                            ? found
                            : mismatch(path, "a number", found);
            case Shape.Timespan _ -> timespan(path, found);
            case Shape.Opaque _ -> found;
            case Shape.Choice(var words) -> choice(path, found, words);
            case Shape.ListOf(var item) -> list(path, found, item);
            case Shape.MapOf(var each) -> map(path, found, each);
            case Shape.Fields fields -> record(path, found, fields);
        };
    }

    private JsonNode timespan(String path, JsonNode found) throws InvalidEntryException {
        try {
            if (found.isIntegralNumber() && found.canConvertToLong()) {
                return NODES.textNode(GoDuration.format(Duration.ofNanos(found.longValue())));
            }
            if (found.isTextual()) {
                return NODES.textNode(GoDuration.format(GoDuration.parse(found.textValue())));
            }
        } catch (IllegalArgumentException e) {
            throw InvalidEntryException.unreadable(kind + ": " + path + ": " + e.getMessage());
        }
        return mismatch(path, "a duration such as 250ms, 10s or 1h30m", found);
    }

    private JsonNode choice(String path, JsonNode found, Iterable<String> words)
            throws InvalidEntryException {
        for (var word : words) {
            if (found.isTextual() && found.textValue().equals(word)) {
                return found;
            }
        }
        var nearest = found.isTextual() ? hint(found.textValue(), words) : "";
        throw InvalidEntryException.unreadable(
                kind
                        + ": "
                        + path
                        + ": expected one of "
                        + String.join(", ", words).replaceFirst("^, ", "")
                        + "; found "
                        + described(found)
                        + nearest);
    }

    private JsonNode list(String path, JsonNode found, Shape item) throws InvalidEntryException {
        if (!found.isArray()) {
            return mismatch(path, "a list", found);
        }
        if (found.size() > MAX_ITEMS) {
            throw InvalidEntryException.unreadable(
                    kind
                            + ": "
                            + path
                            + ": expected at most "
                            + MAX_ITEMS
                            + " items; found "
                            + found.size());
        }
        var list = NODES.arrayNode(found.size());
        for (var i = 0; i < found.size(); i++) {
            list.add(value(path + "[" + i + "]", found.get(i), item));
        }
        return list;
    }

    private JsonNode map(String path, JsonNode found, Shape each) throws InvalidEntryException {
        if (!found.isObject()) {
            return mismatch(path, "an object", found);
        }
        var sorted = new TreeMap<String, JsonNode>();
        for (var property : found.properties()) {
            if (!property.getValue().isNull()) {
                sorted.put(
                        property.getKey(),
                        value(
                                path + "[" + ForeignText.shown(property.getKey()) + "]",
                                property.getValue(),
                                each));
            }
        }
        var map = NODES.objectNode();
        sorted.forEach(map::set);
        return map;
    }

    private ObjectNode record(String path, JsonNode found, Shape.Fields fields)
            throws InvalidEntryException {
        if (!found.isObject()) {
            throw mismatched(path.isEmpty() ? "entry" : path, "an object", found);
        }
        var given = new HashMap<String, JsonNode>();
        for (var property : found.properties()) {
            var name = known(path, property.getKey(), fields);
            if (given.put(name, property.getValue()) != null) {
                throw InvalidEntryException.unreadable(
                        kind
                                + ": "
                                + below(path, name)
                                + ": expected once; found under two spellings");
            }
        }
        var record = NODES.objectNode();
        for (Map.Entry<String, Shape> field : fields.byName().entrySet()) {
            var value = given.get(field.getKey());
            if (value != null && !value.isNull()) {
                record.set(
                        field.getKey(),
                        value(below(path, field.getKey()), value, field.getValue()));
            }
        }
        return record;
    }

    /// The field that a key means, whether in CamelCase, camelCase or snake_case.
    private String known(String path, String key, Shape.Fields fields)
            throws InvalidEntryException {
        var folded = folded(key);
        for (var name : fields.byName().keySet()) {
            if (folded(name).equals(folded)) {
                return name;
            }
        }
        var alias = fields.aliases().get(folded);
        if (alias != null) {
            return alias;
        }
        var phrase = "invalid config key \"" + below(path, ForeignText.shown(key)) + "\"";
        if (folded.endsWith("namespace")) {
            throw InvalidEntryException.unreadable(
                    phrase + ", namespaces are a consul enterprise feature");
        }
        throw InvalidEntryException.unreadable(
                phrase
                        + ": a "
                        + kind
                        + " entry expects here one of "
                        + String.join(", ", fields.byName().keySet())
                        + hint(key, fields.byName().keySet()));
    }

    private static String hint(String word, Iterable<String> known) {
        return word.length() > 80
                ? ""
                : Nearest.to(word, known)
                        .filter(near -> !near.isEmpty())
                        .map(near -> "; did you mean '" + near + "'?")
                        .orElse("");
    }

    private static String folded(String key) {
        return key.replace("_", "").toLowerCase(Locale.ROOT);
    }

    private static String below(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private JsonNode mismatch(String path, String expected, JsonNode found)
            throws InvalidEntryException {
        throw mismatched(path, expected, found);
    }

    private InvalidEntryException mismatched(String path, String expected, JsonNode found) {
        return InvalidEntryException.unreadable(
                kind + ": " + path + ": expected " + expected + "; found " + described(found));
    }

    private static String described(JsonNode found) {
        return switch (found.getNodeType()) {
            case STRING -> "text '" + ForeignText.shown(found.textValue()) + "'";
            case NUMBER, BOOLEAN -> "'" + ForeignText.shown(found.asText()) + "'";
            case ARRAY -> "a list";
            case OBJECT, POJO -> "an object";
            case NULL, MISSING, BINARY -> "nothing";
        };
    }
}
