package dev.hansa.peering.store;

/// What a config entry is found by.
public record ConfigKey(String kind, String name) {}
