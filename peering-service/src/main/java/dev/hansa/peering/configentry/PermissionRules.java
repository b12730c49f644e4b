package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.EntryRules.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.ForeignText;
import java.util.List;

/// What is said of requests in `service-intentions`. It is read and held to Consul's rules, so that
/// a mistake is named first; then it is refused, because no sidecar of ours reads requests: taken
/// silently, an allow for one path would be an allow for all.
final class PermissionRules {
    private static final List<String> HEADERS =
            List.of("Present", "Exact", "Prefix", "Suffix", "Contains", "Regex");

    static final String LATER =
            "expected an Action of allow or deny for whole connections: sidecars do not read requests yet";

    private PermissionRules() {}

    static void jwt(ObjectNode entry) throws InvalidEntryException {
        if (!entry.path("JWT").isEmpty()) {
            throw forbidden("JWT: JWT requirements are not supported yet: " + LATER);
        }
    }

    /// @param where of the source, for the sentence
    static void hold(String where, String destination, ObjectNode source)
            throws InvalidEntryException {
        var permissions = source.path("Permissions");
        if (permissions.isEmpty()) {
            return;
        }
        if (destination.equals("*")) {
            throw forbidden(
                    where
                            + ".Permissions cannot be specified on intentions with wildcarded destinations");
        }
        if (!source.path("Action").asText().isEmpty()) {
            throw forbidden(where + ".Action must be omitted if Permissions are specified");
        }
        for (var i = 0; i < permissions.size(); i++) {
            permission(where + ".Permissions[" + i + "]", permissions.get(i));
        }
        throw forbidden(where + ".Permissions: L7 permissions are not supported yet: " + LATER);
    }

    private static void permission(String where, JsonNode permission) throws InvalidEntryException {
        if (!List.of("allow", "deny").contains(permission.path("Action").asText())) {
            throw forbidden(
                    where
                            + ".Action must be set to 'allow' or 'deny'; found '"
                            + ForeignText.shown(permission.path("Action").asText())
                            + "'");
        }
        if (!permission.path("JWT").isEmpty()) {
            throw forbidden(where + ".JWT: JWT requirements are not supported yet: " + LATER);
        }
        var http = permission.path("HTTP");
        if (!http.isObject()) {
            throw forbidden(where + ".HTTP is required");
        }
        if (given(http, HttpMatchRules.PATHS) == 0
                && http.path("Header").isEmpty()
                && http.path("Methods").isEmpty()) {
            throw forbidden(where + ".HTTP should not be empty");
        }
        HttpMatchRules.paths(where + ".HTTP.", http);
        if (given(http, HttpMatchRules.PATHS) > 1) {
            throw forbidden(
                    where
                            + ".HTTP should only contain at most one of PathExact, PathPrefix, or PathRegex");
        }
        for (var i = 0; i < http.path("Header").size(); i++) {
            if (given(http.path("Header").get(i), HEADERS) > 1) {
                throw forbidden(
                        where
                                + ".HTTP.Header["
                                + i
                                + "] should only contain one of Present, Exact, Prefix, Suffix, Contains, or Regex");
            }
        }
        HttpMatchRules.methods(where + ".HTTP.", http);
    }

    /// How many of these say something.
    private static long given(JsonNode node, List<String> names) {
        return names.stream()
                .map(node::path)
                .filter(value -> value.isBoolean() ? value.asBoolean() : !value.asText().isEmpty())
                .count();
    }
}
