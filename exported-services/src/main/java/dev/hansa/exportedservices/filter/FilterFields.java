package dev.hansa.exportedservices.filter;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// The fields that filters over a `T` may name, each with its kind, so that a mistyped name is
/// found when the filter is read and not when it silently matches nothing.
public final class FilterFields<T> {
    /// What operators a field takes.
    public enum Kind {
        TEXT,
        WHOLE,
        FLAG,
        TEXTS,
        TABLE,
        /// A text of each member of a list: one member that fits is enough.
        EACH
    }

    record Field<T>(Kind kind, Function<T, FilterValue> read) {}

    private final Map<List<String>, Field<T>> fields = new LinkedHashMap<>();

    private FilterFields() {}

    public static <T> FilterFields<T> none() {
        return new FilterFields<>();
    }

    private FilterFields<T> with(String path, Kind kind, Function<T, FilterValue> read) {
        var more = new FilterFields<T>();
        more.fields.putAll(fields);
        more.fields.put(List.of(path.split("\\.")), new Field<>(kind, read));
        return more;
    }

    /// @param path with dots: `Service.Address`
    public FilterFields<T> text(String path, Function<T, String> read) {
        return with(path, Kind.TEXT, read.andThen(FilterValue.Text::new));
    }

    public FilterFields<T> whole(String path, Function<T, Integer> read) {
        return with(path, Kind.WHOLE, read.andThen(FilterValue.Whole::new));
    }

    public FilterFields<T> flag(String path, Function<T, Boolean> read) {
        return with(path, Kind.FLAG, read.andThen(FilterValue.Flag::new));
    }

    public FilterFields<T> texts(String path, Function<T, List<String>> read) {
        return with(path, Kind.TEXTS, read.andThen(FilterValue.Texts::new));
    }

    /// @param read the text of each member of a list
    public FilterFields<T> each(String path, Function<T, List<String>> read) {
        return with(path, Kind.EACH, read.andThen(FilterValue.Each::new));
    }

    /// Also makes a field of every key below it.
    public FilterFields<T> table(String path, Function<T, Map<String, String>> read) {
        return with(path, Kind.TABLE, read.andThen(FilterValue.Table::new));
    }

    Optional<Field<T>> at(List<String> path) {
        var field = fields.get(path);
        if (field != null) {
            return Optional.of(field);
        }
        if (path.size() < 2) {
            return Optional.empty();
        }
        var key = path.getLast();
        return Optional.ofNullable(fields.get(path.subList(0, path.size() - 1)))
                .filter(table -> table.kind() == Kind.TABLE)
                .map(table -> new Field<>(Kind.TEXT, table.read().andThen(all -> below(all, key))));
    }

    private static FilterValue below(FilterValue table, String key) {
        return table instanceof FilterValue.Table(var values) && values.containsKey(key)
                ? new FilterValue.Text(values.getOrDefault(key, ""))
                : new FilterValue.Absent();
    }

    /// For sentences: the names of all fields.
    Collection<String> names() {
        return fields.entrySet().stream()
                .map(field ->
                        String.join(".", field.getKey())
                                + (field.getValue().kind() == Kind.TABLE ? ".<key>" : ""))
                .toList();
    }
}
