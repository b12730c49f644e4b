package dev.hansa.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.ForeignText;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;

/// A label selector as Kubernetes has them. One that asks nothing finds nothing: what is exported
/// is named.
final class Selector {
    private static final Set<String> PARTS = Set.of("matchLabels", "matchExpressions");
    private static final Set<String> CONDITION = Set.of("key", "operator", "values");

    private Selector() {}

    /// Why it is none: a condition that is not understood would make it wider than its author
    /// meant.
    static Optional<String> problem(JsonNode selector) {
        for (var name : selector.properties()) {
            if (!PARTS.contains(name.getKey())) {
                return unknown("selector", name.getKey());
            }
        }
        for (var condition : selector.path("matchExpressions")) {
            for (var name : condition.properties()) {
                if (!CONDITION.contains(name.getKey())) {
                    return unknown("matchExpressions", name.getKey());
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> unknown(String where, String name) {
        return Optional.of(
                where + ": expected no other field; found '" + ForeignText.shown(name) + "'");
    }

    static boolean matches(JsonNode selector, Map<String, String> labels) {
        var equal = selector.path("matchLabels");
        var conditions = selector.path("matchExpressions");
        if (equal.isEmpty() && conditions.isEmpty()) {
            return false;
        }
        return equal.properties().stream()
                        .allMatch(one -> one.getValue().asText().equals(labels.get(one.getKey())))
                && StreamSupport.stream(conditions.spliterator(), false)
                        .allMatch(condition -> holds(condition, labels));
    }

    private static boolean holds(JsonNode condition, Map<String, String> labels) {
        var value = labels.get(condition.path("key").asText());
        var isListed =
                value != null
                        && StreamSupport.stream(condition.path("values").spliterator(), false)
                                .anyMatch(one -> one.asText().equals(value));
        return switch (condition.path("operator").asText()) {
            case "In" -> isListed;
            case "NotIn" -> !isListed;
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            default -> false;
        };
    }
}
