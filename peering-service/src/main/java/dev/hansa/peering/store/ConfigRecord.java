package dev.hansa.peering.store;

/// A config entry as it is kept.
///
/// @param json the normalised entry, keys in Consul's CamelCase, without indexes
public record ConfigRecord(
        String kind, String name, String json, long createIndex, long modifyIndex) {}
