package dev.hansa.peering.login;

import dev.hansa.bootstrap.ForeignText;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// A name with places for what a login's token says: `team-${value.team}`.
public final class BindName {
    private static final Pattern PLACE = Pattern.compile("\\$\\{\\s*value\\.([A-Za-z0-9_]+)\\s*}");

    /// Two of the longest names.
    private static final int MAX_CHARACTERS = 256;

    private final List<Part> parts;

    private sealed interface Part {
        record Fixed(String text) implements Part {}

        record Value(String name) implements Part {}
    }

    private BindName(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    /// @param kind what it names
    /// @param names that the auth method gives to claims
    /// @throws InvalidLoginException when no token could make a name of it
    public static BindName read(String text, BindKind kind, Collection<String> names)
            throws InvalidLoginException {
        if (text.isEmpty() || text.length() > MAX_CHARACTERS) {
            throw new InvalidLoginException(
                    "BindName: expected 1 to "
                            + MAX_CHARACTERS
                            + " characters; found "
                            + text.length());
        }
        var parts = new ArrayList<Part>();
        var places = PLACE.matcher(text);
        var from = 0;
        while (places.find()) {
            if (!names.contains(places.group(1))) {
                throw new InvalidLoginException(
                        "BindName: expected a name of ClaimMappings "
                                + names.stream().sorted().toList()
                                + "; found '"
                                + ForeignText.shown(places.group(1))
                                + "'");
            }
            parts.add(new Part.Fixed(text.substring(from, places.start())));
            parts.add(new Part.Value(places.group(1)));
            from = places.end();
        }
        parts.add(new Part.Fixed(text.substring(from)));
        var name = new BindName(parts);
        // as if each claim said 'x', which every kind of name may have anywhere
        if (!kind.isName(name.with(_ -> Optional.of("x")).orElse(""), name.isFixed())) {
            throw new InvalidLoginException(
                    "BindName: expected "
                            + kind.grammar()
                            + ", with ${value.NAME} for what a token says; found '"
                            + ForeignText.shown(text)
                            + "'");
        }
        return name;
    }

    private boolean isFixed() {
        return parts.size() == 1;
    }

    private interface Values {
        Optional<String> of(String name);
    }

    private Optional<String> with(Values values) {
        var text = new StringBuilder();
        for (var part : parts) {
            switch (part) {
                case Part.Fixed(var fixed) -> text.append(fixed);
                case Part.Value(var name) -> {
                    var value = values.of(name).filter(found -> !found.isEmpty());
                    if (value.isEmpty()) {
                        return Optional.empty();
                    }
                    text.append(value.get());
                }
            }
        }
        return Optional.of(text.toString());
    }

    /// The name for whoever says this; empty when he does not say what stands in it, or what comes
    /// out is no name: nobody gets another than was meant.
    Optional<String> of(MappedClaims claims, BindKind kind) {
        return with(name -> Optional.ofNullable(claims.values().get(name)))
                .filter(name -> kind.isName(name, isFixed()));
    }
}
