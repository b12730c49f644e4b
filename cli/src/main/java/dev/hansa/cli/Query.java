package dev.hansa.cli;

import java.util.ArrayList;
import java.util.List;

/// The query of a request, made of what flags say.
final class Query {
    private final List<String> parameters = new ArrayList<>();

    /// `?filter=` of a text; nothing of an empty one.
    static String filter(String text) {
        return new Query().add("filter", text).text();
    }

    /// @param value none where it is empty
    Query add(String name, String value) {
        if (!value.isEmpty()) {
            parameters.add(name + "=" + ApiClient.segment(value));
        }
        return this;
    }

    /// With its question mark; empty where there is none.
    String text() {
        return parameters.isEmpty() ? "" : "?" + String.join("&", parameters);
    }
}
