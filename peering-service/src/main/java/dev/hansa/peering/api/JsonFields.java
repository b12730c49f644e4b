package dev.hansa.peering.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hansa.bootstrap.ForeignText;
import dev.hansa.peering.configentry.GoDuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// The fields of a JSON object as Go reads them: names in any case, null as absent.
///
/// @param subject what the object is, for messages
record JsonFields(String subject, Map<String, JsonNode> byName) {
    /// Definitions are shallow; a deep body is an attack on the reader.
    private static final int MAX_DEPTH = 16;

    /// Between two words of a name: `Service|ID`, `TLS|Skip|Verify`.
    private static final Pattern WORDS =
            Pattern.compile("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])");

    private static final int MAX_PAIRS = 64;
    private static final int MAX_KEY = 128;
    private static final int MAX_VALUE = 512;

    private static final ObjectMapper JSON =
            new ObjectMapper(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(MAX_DEPTH)
                                                    .maxNumberLength(40)
                                                    .build())
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /// @param phrase what a message about an undecodable body begins with
    static JsonFields read(String body, String phrase) throws RefusedRequestException {
        try {
            return of("body", JSON.readTree(body));
        } catch (JsonProcessingException e) {
            var where = e.getLocation();
            throw RefusedRequestException.bad(
                    phrase
                            + ": expected a JSON object; found a mistake"
                            + (where == null
                                    ? ""
                                    : " at line "
                                            + where.getLineNr()
                                            + ", column "
                                            + where.getColumnNr()));
        } catch (RefusedRequestException e) {
            throw RefusedRequestException.bad(phrase + ": " + e.sentence());
        }
    }

    private static JsonFields of(String subject, JsonNode node) throws RefusedRequestException {
        if (!node.isObject()) {
            throw RefusedRequestException.bad(
                    subject + ": expected a JSON object; found something else");
        }
        var byName = new LinkedHashMap<String, JsonNode>();
        for (var property : node.properties()) {
            if (!property.getValue().isNull()) {
                // The last of two spellings wins, as in Go.
                byName.put(property.getKey().toLowerCase(Locale.ROOT), property.getValue());
            }
        }
        return new JsonFields(subject, byName);
    }

    /// Refuses any name but these, in the words of Go's decoder.
    JsonFields only(Collection<String> names) throws RefusedRequestException {
        var known = names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
        for (var name : byName.keySet()) {
            if (!known.contains(name)) {
                throw RefusedRequestException.bad(
                        "Body decoding failed: json: unknown field \""
                                + ForeignText.shown(name)
                                + "\": expected one of "
                                + String.join(", ", names));
            }
        }
        return this;
    }

    boolean has(String name) {
        return field(name).isPresent();
    }

    /// As it was written; empty when it is absent. `ServiceID` is also found as `service_id`, which
    /// Consul's files call it.
    Optional<JsonNode> field(String name) {
        var found = byName.get(name.toLowerCase(Locale.ROOT));
        return Optional.ofNullable(
                found == null
                        ? byName.get(WORDS.matcher(name).replaceAll("_").toLowerCase(Locale.ROOT))
                        : found);
    }

    /// Empty when absent.
    String text(String name) throws RefusedRequestException {
        var found = field(name);
        if (found.isPresent() && !found.get().isTextual()) {
            throw mismatch(name, "text");
        }
        return found.map(JsonNode::textValue).orElse("");
    }

    /// A duration in Go's words, which may also have been written as Go keeps it, as a number of
    /// nanoseconds. Empty when absent, and of the number 0, by which Go's programs say nothing.
    String duration(String name) throws RefusedRequestException {
        var found = field(name).filter(JsonNode::isNumber);
        if (found.isEmpty()) {
            return text(name);
        }
        if (!found.get().canConvertToLong()) {
            throw mismatch(name, "a duration");
        }
        var nanos = found.get().longValue();
        // the least has no positive one
        return nanos == 0
                ? ""
                : GoDuration.format(Duration.ofNanos(Math.max(nanos, -Long.MAX_VALUE)));
    }

    boolean flag(String name) throws RefusedRequestException {
        var found = field(name);
        if (found.isPresent() && !found.get().isBoolean()) {
            throw mismatch(name, "true or false");
        }
        return found.map(JsonNode::booleanValue).orElse(false);
    }

    int number(String name, int fallback) throws RefusedRequestException {
        var found = field(name);
        if (found.isPresent()
                && !(found.get().isIntegralNumber() && found.get().canConvertToInt())) {
            throw mismatch(name, "a whole number");
        }
        return found.map(JsonNode::intValue).orElse(fallback);
    }

    List<String> texts(String name) throws RefusedRequestException {
        var texts = new ArrayList<String>();
        for (var item : items(name)) {
            if (!item.isTextual()) {
                throw mismatch(name, "a list of texts");
            }
            texts.add(item.textValue());
        }
        return texts;
    }

    /// Held to Consul's limits of metadata: 64 pairs, keys of 128 characters and values of 512.
    Map<String, String> map(String name) throws RefusedRequestException {
        var map = new LinkedHashMap<String, String>();
        for (var pair : object(name).orElse(JSON.createObjectNode()).properties()) {
            if (!pair.getValue().isTextual()) {
                throw mismatch(name, "an object of texts");
            }
            map.put(pair.getKey(), pair.getValue().textValue());
        }
        if (map.size() > MAX_PAIRS) {
            throw RefusedRequestException.bad(
                    name + ": expected at most " + MAX_PAIRS + " pairs; found " + map.size());
        }
        for (var pair : map.entrySet()) {
            var key = pair.getKey();
            bounded(name + " key '" + key + "'", key, MAX_KEY);
            bounded(name + " value of '" + key + "'", pair.getValue(), MAX_VALUE);
        }
        return map;
    }

    private static void bounded(String subject, String text, int most)
            throws RefusedRequestException {
        if (text.length() > most) {
            throw RefusedRequestException.bad(
                    ForeignText.shown(subject)
                            + ": expected at most "
                            + most
                            + " characters; found "
                            + text.length());
        }
    }

    /// An object within, by its keys as they are.
    Optional<JsonNode> object(String name) throws RefusedRequestException {
        var found = field(name);
        if (found.isPresent() && !found.get().isObject()) {
            throw mismatch(name, "an object");
        }
        return found;
    }

    Optional<JsonFields> fields(String name) throws RefusedRequestException {
        var found = object(name);
        return found.isEmpty() ? Optional.empty() : Optional.of(of(name, found.get()));
    }

    List<JsonFields> list(String name) throws RefusedRequestException {
        var list = new ArrayList<JsonFields>();
        for (var item : items(name)) {
            list.add(of(name + "[" + list.size() + "]", item));
        }
        return list;
    }

    private Iterable<JsonNode> items(String name) throws RefusedRequestException {
        var found = field(name);
        if (found.isPresent() && !found.get().isArray()) {
            throw mismatch(name, "a list");
        }
        return found.map(node -> (Iterable<JsonNode>) node).orElse(List.of());
    }

    private RefusedRequestException mismatch(String name, String expected) {
        return RefusedRequestException.bad(
                "Body decoding failed: "
                        + (subject.equals("body") ? "" : subject + ".")
                        + name
                        + ": expected "
                        + expected
                        + "; found something else");
    }
}
