package dev.hansa.peering.configentry;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a value in a config entry may be. The schema of a kind is a table of these.
sealed interface Shape {
    Shape TEXT = new Text();
    Shape FLAG = new Flag();
    Shape COUNT = new Count();
    Shape DECIMAL = new Decimal();
    Shape TIMESPAN = new Timespan();

    /// Anything; for configuration that is handed to somebody else.
    Shape OPAQUE = new Opaque();

    record Text() implements Shape {}

    record Flag() implements Shape {}

    /// A whole number.
    record Count() implements Shape {}

    /// Any number.
    record Decimal() implements Shape {}

    record Timespan() implements Shape {}

    record Opaque() implements Shape {}

    record Choice(List<String> words) implements Shape {
        public Choice {
            words = List.copyOf(words);
        }
    }

    record ListOf(Shape item) implements Shape {}

    /// Keys are the operator's own.
    record MapOf(Shape value) implements Shape {}

    /// @param byName in the order in which they are written
    /// @param aliases other names of fields, folded
    record Fields(Map<String, Shape> byName, Map<String, String> aliases) implements Shape {
        public Fields {
            byName = Collections.unmodifiableMap(new LinkedHashMap<>(byName));
            aliases = Map.copyOf(aliases);
        }

        Fields alias(String other, String name) {
            var more = new LinkedHashMap<>(aliases);
            more.put(other, name);
            return new Fields(byName, more);
        }
    }

    static Shape oneOf(String... words) {
        return new Choice(List.of(words));
    }

    static Shape listOf(Shape item) {
        return new ListOf(item);
    }

    static Shape mapOf(Shape value) {
        return new MapOf(value);
    }

    /// A name, its shape, and so on by turns.
    static Fields fields(Object... namesAndShapes) {
        var byName = new LinkedHashMap<String, Shape>();
        for (var i = 0; i < namesAndShapes.length; i += 2) {
            byName.put((String) namesAndShapes[i], (Shape) namesAndShapes[i + 1]);
        }
        return new Fields(byName, Map.of());
    }
}
