package dev.hansa.peering.login;

import dev.hansa.bootstrap.ForeignText;
import dev.hansa.exportedservices.filter.FilterFields;
import dev.hansa.token.login.LoginClaims;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/// Which claims an auth method looks at, and what it calls them.
///
/// @param values by claim, or JSON pointer to one: the name that `${value.name}` and selectors use
/// @param lists the same for claims with several texts, `list.name` in selectors
public record ClaimMappings(Map<String, String> values, Map<String, String> lists) {
    /// A word that a selector and a template can have.
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,63}");

    /// Names and paths of groups fit; what is longer is compared with for nothing.
    private static final int MAX_VALUE = 512;

    /// Somebody is in a hundred groups; each selector looks at all of them.
    private static final int MAX_ITEMS = 512;

    public ClaimMappings {
        values = Map.copyOf(values);
        lists = Map.copyOf(lists);
    }

    /// Why they cannot be used; empty when they can.
    public Optional<String> fault() {
        return fault("ClaimMappings", values.values())
                .or(() -> fault("ListClaimMappings", lists.values()));
    }

    private static Optional<String> fault(String field, Collection<String> names) {
        for (var name : names) {
            if (!NAME.matcher(name).matches()) {
                return Optional.of(
                        field
                                + ": expected a name of letters, digits and '_' that begins with a letter; found '"
                                + ForeignText.shown(name)
                                + "'");
            }
        }
        return names.stream().distinct().count() == names.size()
                ? Optional.empty()
                : Optional.of(field + ": expected another name for each claim; found one twice");
    }

    /// What selectors may ask of.
    FilterFields<MappedClaims> fields() {
        var fields = FilterFields.<MappedClaims>none();
        for (var name : values.values()) {
            fields = fields.text("value." + name, claims -> claims.values().getOrDefault(name, ""));
        }
        for (var name : lists.values()) {
            fields =
                    fields.texts(
                            "list." + name, claims -> claims.lists().getOrDefault(name, List.of()));
        }
        return fields;
    }

    /// @throws InvalidLoginException when a claim is not what it is mapped as
    public MappedClaims of(LoginClaims claims) throws InvalidLoginException {
        return new MappedClaims(
                each(values, claims, "a text, a number or a flag", ClaimMappings::text, ""),
                each(
                        lists,
                        claims,
                        "at most " + MAX_ITEMS + " texts",
                        ClaimMappings::texts,
                        List.of()));
    }

    private static <T> Map<String, T> each(
            Map<String, String> mappings,
            LoginClaims claims,
            String expected,
            Function<Object, Optional<T>> read,
            T none)
            throws InvalidLoginException {
        var mapped = new LinkedHashMap<String, T>();
        for (var mapping : mappings.entrySet()) {
            var found = claims.at(mapping.getKey());
            var value = found.isEmpty() ? Optional.of(none) : read.apply(found.get());
            mapped.put(
                    mapping.getValue(),
                    value.orElseThrow(() ->
                            new InvalidLoginException(
                                    "claim '"
                                            + ForeignText.shown(mapping.getKey())
                                            + "': expected "
                                            + expected
                                            + ", of at most "
                                            + MAX_VALUE
                                            + " characters; found something else")));
        }
        return mapped;
    }

    private static Optional<String> text(Object found) {
        return Optional.of(found)
                .filter(one ->
                        one instanceof String || one instanceof Number || one instanceof Boolean)
                .map(String::valueOf)
                .filter(text -> text.length() <= MAX_VALUE);
    }

    /// A single text is a list of one, as some providers write it.
    private static Optional<List<String>> texts(Object found) {
        if (!(found instanceof List<?> list)) {
            return text(found).map(List::of);
        }
        var texts = new ArrayList<String>();
        for (var item : list) {
            text(item == null ? List.of() : item).ifPresent(texts::add);
        }
        return texts.size() == list.size() && texts.size() <= MAX_ITEMS
                ? Optional.of(texts)
                : Optional.empty();
    }
}
