package dev.hansa.peering.config;

import java.nio.file.Path;

/// An operator's own certificate for the HTTP API, both PEM.
///
/// @param certificate the leaf and what is between it and the root
/// @param key not encrypted
public record HttpTlsFiles(Path certificate, Path key) {}
