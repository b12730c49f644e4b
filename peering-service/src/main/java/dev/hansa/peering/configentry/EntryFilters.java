package dev.hansa.peering.configentry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.hansa.exportedservices.filter.FilterFields;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// What a filter may ask of the entries of a kind, as they are shown: made of the table by which
/// entries are read, so that whatever can be written can be asked for. A field that an entry does
/// not have is empty, false or 0.
public final class EntryFilters {
    private static final Map<String, FilterFields<JsonNode>> BY_KIND = table();

    private EntryFilters() {}

    /// @param kind one that there is
    public static FilterFields<JsonNode> of(String kind) {
        var fields = BY_KIND.get(kind);
        if (fields == null) {
            throw new IllegalArgumentException("expected a kind; found '" + kind + "'");
        }
        return fields;
    }

    private static Map<String, FilterFields<JsonNode>> table() {
        var table = new LinkedHashMap<String, FilterFields<JsonNode>>();
        Schemas.byKind()
                .forEach((kind, fields) ->
                        table.put(
                                kind,
                                new Place("", Stream::of, false)
                                        .with(FilterFields.none(), fields)));
        // there are none, and all of them have these
        for (var kind : UntakenKinds.names()) {
            table.put(
                    kind,
                    FilterFields.<JsonNode>none()
                            .text("Kind", entry -> entry.path("Kind").asText())
                            .text("Name", entry -> entry.path("Name").asText()));
        }
        return Map.copyOf(table);
    }

    /// Where in an entry.
    ///
    /// @param path with dots; empty: the entry itself
    /// @param at what is there
    /// @param isMany whether it is below a list, of which one member that fits is enough
    private record Place(String path, Function<JsonNode, Stream<JsonNode>> at, boolean isMany) {
        Place below(String name) {
            return new Place(
                    path.isEmpty() ? name : path + "." + name,
                    at.andThen(found ->
                            found.map(node -> node.path(name))
                                    .filter(node -> !node.isMissingNode() && !node.isNull())),
                    isMany);
        }

        Place members() {
            return new Place(path, at.andThen(found -> found.flatMap(Place::children)), true);
        }

        private static Stream<JsonNode> children(JsonNode node) {
            return StreamSupport.stream(node.spliterator(), false);
        }

        private JsonNode only(JsonNode entry) {
            return at.apply(entry).findFirst().orElse(MissingNode.getInstance());
        }

        private List<String> texts(JsonNode entry) {
            return at.apply(entry).map(JsonNode::asText).toList();
        }

        FilterFields<JsonNode> with(FilterFields<JsonNode> fields, Shape shape) {
            return switch (shape) {
                case Shape.Text _, Shape.Choice _, Shape.Timespan _ ->
                        isMany
                                ? fields.each(path, this::texts)
                                : fields.text(path, entry -> only(entry).asText());
                case Shape.Flag _ ->
                        isMany
                                ? fields.each(path, this::texts)
                                : fields.flag(path, entry -> only(entry).asBoolean());
                case Shape.Count _ ->
                        isMany
                                ? fields.each(path, this::texts)
                                : fields.whole(path, entry -> only(entry).asInt());
                case Shape.Decimal _ -> isMany ? fields.each(path, this::texts) : fields;
                // somebody else's
                case Shape.Opaque _ -> fields;
                case Shape.MapOf(var value) -> map(fields, value);
                case Shape.ListOf(Shape.Fields item) -> members().with(fields, item);
                case Shape.ListOf(var item) ->
                        isMany
                                ? members().with(fields, item)
                                : fields.texts(path, members()::texts);
                case Shape.Fields(var byName, _) -> {
                    var all = fields;
                    for (var field : byName.entrySet()) {
                        all = below(field.getKey()).with(all, field.getValue());
                    }
                    yield all;
                }
            };
        }

        /// Of what is not text the keys alone.
        private FilterFields<JsonNode> map(FilterFields<JsonNode> fields, Shape value) {
            if (isMany) {
                return fields;
            }
            return value instanceof Shape.Text
                    ? fields.table(
                            path,
                            entry ->
                                    only(entry).properties().stream()
                                            .collect(
                                                    Collectors.toMap(
                                                            Map.Entry::getKey,
                                                            one -> one.getValue().asText())))
                    : fields.texts(
                            path,
                            entry ->
                                    only(entry).properties().stream()
                                            .map(Map.Entry::getKey)
                                            .toList());
        }
    }
}
