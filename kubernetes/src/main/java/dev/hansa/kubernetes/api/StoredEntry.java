package dev.hansa.kubernetes.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/// A config entry as the server has it.
///
/// @param index by which a writer says what he has read
/// @param body without its indexes
public record StoredEntry(String kind, String name, long index, ObjectNode body) {
    public String meta(String key) {
        return body.path("Meta").path(key).asText("");
    }
}
