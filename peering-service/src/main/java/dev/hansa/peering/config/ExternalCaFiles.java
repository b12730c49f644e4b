package dev.hansa.peering.config;

import java.nio.file.Path;

/// Where an operator keeps the intermediate of an own root, all PEM.
public record ExternalCaFiles(Path root, Path intermediate, Path intermediateKey) {}
