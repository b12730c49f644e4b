package dev.hansa.peering.configentry;

import static dev.hansa.peering.configentry.EntryRules.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hansa.bootstrap.ForeignText;
import java.util.List;
import java.util.Locale;

/// What a match of requests must satisfy wherever it stands: in a route and in a permission.
final class HttpMatchRules {
    /// At most one of these may be given.
    static final List<String> PATHS = List.of("PathExact", "PathPrefix", "PathRegex");

    private static final List<String> METHODS =
            List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE");

    private HttpMatchRules() {}

    /// @param subject of the sentence, with what separates it from a field's name
    static void paths(String subject, JsonNode http) throws InvalidEntryException {
        for (var path : List.of("PathExact", "PathPrefix")) {
            var text = http.path(path).asText();
            if (!text.isEmpty() && !text.startsWith("/")) {
                throw forbidden(
                        subject
                                + path
                                + " doesn't start with '/': \""
                                + ForeignText.shown(text)
                                + "\"");
            }
        }
    }

    /// @param subject of the sentence, with what separates it from a field's name
    static void methods(String subject, JsonNode http) throws InvalidEntryException {
        for (var method : http.path("Methods")) {
            if (!METHODS.contains(method.asText().toUpperCase(Locale.ROOT))) {
                throw forbidden(
                        subject
                                + "Methods contains an invalid method \""
                                + ForeignText.shown(method.asText())
                                + "\"");
            }
        }
    }
}
