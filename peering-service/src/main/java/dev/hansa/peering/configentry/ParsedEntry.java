package dev.hansa.peering.configentry;

/// What came of reading a config entry.
public sealed interface ParsedEntry {
    /// @param json keys in CamelCase, with `Kind` and `Name`, without indexes
    record Valid(String kind, String name, String json) implements ParsedEntry {}

    /// @param sentence what is wrong, in words that contain Consul's
    /// @param httpStatus 400 when the text cannot be read as an entry, 500 (as Consul) when the
    ///   entry says something that may not be said
    record Invalid(String sentence, int httpStatus) implements ParsedEntry {}
}
