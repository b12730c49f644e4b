package dev.hansa.peering.api;

import static dev.hansa.peering.api.RefusedRequestException.bad;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.peering.configentry.GoDuration;
import java.time.Duration;
import java.util.List;

/// A part of a definition that changes nothing here: kept under Consul's names, whatever the case
/// in which they were written, and shown as it was said. What says nothing is left out, since Go's
/// clients send a zero for what nobody has set.
///
/// @param fields in the order in which they are shown
record KeptBlock(List<Field> fields) {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final ObjectMapper READER = new ObjectMapper();

    /// How a value is read.
    @FunctionalInterface
    interface Part {
        /// @throws RefusedRequestException when it is of another kind
        JsonNode read(JsonFields from, String name) throws RefusedRequestException;
    }

    record Field(String name, Part part) {}

    static final Part TEXT = (from, name) -> JSON.textNode(from.text(name));

    static final Part NUMBER = (from, name) -> JSON.numberNode(from.number(name, 0));

    static final Part FLAG = (from, name) -> JSON.booleanNode(from.flag(name));

    /// As Go prints it, whether it came as text or as Go's count of nanoseconds.
    static final Part DURATION =
            (from, name) -> {
                var duration = duration(from, name);
                if (duration.isNegative()) {
                    throw bad(name + ": expected a duration that is not negative; found another");
                }
                return JSON.textNode(duration.isZero() ? "" : GoDuration.format(duration));
            };

    /// A duration under its name, or with `Duration` behind that: Consul's client reads either.
    static final Part NAMED_LONGER =
            (from, name) -> DURATION.read(from, from.has(name) ? name : name + "Duration");

    /// Its keys are not ours to know.
    static final Part OPAQUE = (from, name) -> from.object(name).orElseGet(JSON::objectNode);

    /// Names alone: what headers hold may be a secret.
    static final Part HEADERS =
            (from, name) -> {
                var hidden = JSON.objectNode();
                for (var header : from.object(name).orElseGet(JSON::objectNode).properties()) {
                    hidden.putArray(header.getKey()).add("<hidden>");
                }
                return hidden;
            };

    private static Duration duration(JsonFields from, String name) throws RefusedRequestException {
        var text = from.duration(name);
        try {
            return text.isEmpty() ? Duration.ZERO : GoDuration.parse(text);
        } catch (IllegalArgumentException e) {
            throw bad(name + ": " + e.getMessage());
        }
    }

    /// One within another.
    static Part block(Field... fields) {
        var block = new KeptBlock(List.of(fields));
        return (from, name) -> {
            var given = from.fields(name);
            return given.isEmpty() ? JSON.objectNode() : block.read(given.get());
        };
    }

    static Part many(Field... fields) {
        var block = new KeptBlock(List.of(fields));
        return (from, name) -> {
            var list = JSON.arrayNode();
            for (var item : from.list(name)) {
                list.add(block.read(item));
            }
            return list;
        };
    }

    /// @throws RefusedRequestException when a value is not of its kind
    ObjectNode read(JsonFields from) throws RefusedRequestException {
        var block = JSON.objectNode();
        for (var field : fields) {
            var value = field.part().read(from, field.name());
            if (says(value)) {
                block.set(field.name(), value);
            }
        }
        return block;
    }

    private static boolean says(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> !value.textValue().isEmpty();
            case NUMBER -> value.intValue() != 0;
            case BOOLEAN -> value.booleanValue();
            case ARRAY, BINARY, MISSING, NULL, OBJECT, POJO -> !value.isEmpty();
        };
    }

    /// The text that is kept of it; empty when it says nothing.
    ///
    /// @param most characters, since it is a part of each answer
    /// @throws RefusedRequestException when there are more
    static String text(String subject, ObjectNode block, int most) throws RefusedRequestException {
        var text = block.isEmpty() ? "" : block.toString();
        if (text.length() > most) {
            throw bad(
                    subject + ": expected at most " + most + " characters; found " + text.length());
        }
        return text;
    }

    /// What was read once, of the text that is kept of it.
    static ObjectNode kept(String text) {
        try {
            return (ObjectNode) READER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a block of a registration is no JSON any more", e);
        }
    }
}
