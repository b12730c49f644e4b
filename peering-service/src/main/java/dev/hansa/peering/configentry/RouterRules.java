package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.EntryRules.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The rules of `service-router` and `service-splitter`. They are held to Consul's rules first, so
/// that a mistake is named; then what would have to read requests is refused, because no sidecar of
/// ours does: taken silently, a route to a canary would send nothing there.
final class RouterRules {
    private static final List<String> HEADERS =
            List.of("Present", "Exact", "Prefix", "Suffix", "Regex");
    private static final List<String> QUERIES = List.of("Present", "Exact", "Regex");
    private static final Set<String> RETRIES =
            Set.of(
                    "5xx",
                    "gateway-error",
                    "reset",
                    "connect-failure",
                    "envoy-ratelimited",
                    "retriable-4xx",
                    "refused-stream",
                    "cancelled",
                    "deadline-exceeded",
                    "internal",
                    "resource-exhausted",
                    "unavailable");

    private static final String LATER =
            ": sidecars do not read requests yet; expected one that changes nothing, or a Redirect in a service-resolver, which acts on whole connections";

    private RouterRules() {}

    static void router(ObjectNode entry) throws InvalidEntryException {
        var name = EntryRules.named(entry);
        EntryRules.service("service-router Name", name, false);
        var routes = entry.path("Routes");
        for (var i = 0; i < routes.size(); i++) {
            match("Route[" + i + "]", routes.get(i).path("Match").path("HTTP"));
            destination("Route[" + i + "]", routes.get(i));
        }
        for (var i = 0; i < routes.size(); i++) {
            if (!changesNothing(name, routes.get(i))) {
                throw forbidden("Route[" + i + "] is not supported yet" + LATER);
            }
        }
    }

    private static void match(String where, JsonNode http) throws InvalidEntryException {
        HttpMatchRules.paths(where + " ", http);
        if (given(http, HttpMatchRules.PATHS) > 1) {
            throw forbidden(
                    where
                            + " should only contain at most one of PathExact, PathPrefix, or PathRegex");
        }
        each(where, "Header", http.path("Header"), HEADERS);
        each(where, "QueryParam", http.path("QueryParam"), QUERIES);
        HttpMatchRules.methods(where + " ", http);
    }

    private static void each(String where, String field, JsonNode list, List<String> ways)
            throws InvalidEntryException {
        for (var j = 0; j < list.size(); j++) {
            var one = where + " " + field + "[" + j + "]";
            if (list.get(j).path("Name").asText().isEmpty()) {
                throw forbidden(one + " missing required Name field");
            }
            if (given(list.get(j), ways) > 1) {
                throw forbidden(
                        one
                                + " should only contain one of "
                                + String.join(", ", ways.subList(0, ways.size() - 1))
                                + ", or "
                                + ways.getLast());
            }
        }
    }

    private static void destination(String where, JsonNode route) throws InvalidEntryException {
        var destination = route.path("Destination");
        var http = route.path("Match").path("HTTP");
        if (!destination.path("PrefixRewrite").asText().isEmpty()
                && http.path("PathExact").asText().isEmpty()
                && http.path("PathPrefix").asText().isEmpty()) {
            throw forbidden(
                    where
                            + " cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix");
        }
        for (var condition : destination.path("RetryOn")) {
            if (!RETRIES.contains(condition.asText())) {
                throw forbidden(
                        where
                                + " contains an invalid retry condition: \""
                                + ForeignText.shown(condition.asText())
                                + "\"");
            }
        }
        if (!destination.path("Service").asText().isEmpty()) {
            EntryRules.service(
                    where + " Destination.Service", destination.path("Service").asText(), false);
        }
    }

    /// Whether every request would go where it goes without the route, as it is.
    private static boolean changesNothing(String name, JsonNode route) {
        var http = route.path("Match").path("HTTP");
        var toAll = true;
        for (var field : http.properties()) {
            toAll &=
                    isNothing(field.getValue())
                            || field.getKey().equals("PathPrefix")
                                    && field.getValue().asText().equals("/")
                            || field.getKey().equals("CaseInsensitive");
        }
        return toAll && toItself(name, route.path("Destination"), List.of());
    }

    /// Whether a destination says nothing but maybe its own name.
    private static boolean toItself(String name, JsonNode destination, List<String> passedOver) {
        for (var field : destination.properties()) {
            var isOwn = field.getKey().equals("Service") && field.getValue().asText().equals(name);
            if (!isOwn && !passedOver.contains(field.getKey()) && !isNothing(field.getValue())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isNothing(JsonNode value) {
        return value.isEmpty()
                && (value.isContainerNode()
                        || value.asText().isEmpty()
                        || value.isBoolean() && !value.asBoolean()
                        || value.isNumber() && value.asDouble() == 0
                        || value.asText().equals("0s"));
    }

    static void splitter(ObjectNode entry) throws InvalidEntryException {
        var name = EntryRules.named(entry);
        EntryRules.service("service-splitter Name", name, false);
        var splits = entry.path("Splits");
        if (splits.isEmpty()) {
            throw forbidden("no splits configured");
        }
        var sum = BigDecimal.ZERO;
        var seen = new HashSet<String>();
        for (var i = 0; i < splits.size(); i++) {
            var where = "Splits[" + i + "]";
            var split = splits.get(i);
            var service = split.path("Service").asText();
            var weight = split.path("Weight").decimalValue();
            if (weight.signum() < 0 || weight.compareTo(BigDecimal.valueOf(100)) > 0) {
                throw forbidden(where + ".Weight: expected 0 to 100; found '" + weight + "'");
            }
            if (weight.stripTrailingZeros().scale() > 2) {
                throw forbidden(
                        where + ".Weight: expected at most two decimals; found '" + weight + "'");
            }
            sum = sum.add(weight);
            if (!service.isEmpty()) {
                EntryRules.service(where + ".Service", service, false);
            }
            var target = service.isEmpty() ? name : service;
            var subset = split.path("ServiceSubset").asText();
            if (!seen.add(subset + "." + target)) {
                throw forbidden(
                        "split destination occurs more than once: service=\""
                                + target
                                + "\", subset=\""
                                + ForeignText.shown(subset)
                                + "\", namespace=\"default\", partition=\"default\"");
            }
        }
        if (sum.compareTo(BigDecimal.valueOf(100)) != 0) {
            throw forbidden(
                    "the sum of all split weights must be 100, not "
                            + sum.stripTrailingZeros().toPlainString());
        }
        for (var i = 0; i < splits.size(); i++) {
            var weightless = splits.get(i).path("Weight").asDouble() == 0;
            if (!weightless && !toItself(name, splits.get(i), List.of("Weight"))) {
                throw forbidden("Splits[" + i + "] is not supported yet" + LATER);
            }
        }
    }

    /// How many of these say something.
    private static long given(JsonNode node, List<String> names) {
        return names.stream().map(node::path).filter(value -> !isNothing(value)).count();
    }
}
