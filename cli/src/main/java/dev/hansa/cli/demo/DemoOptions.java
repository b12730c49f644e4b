package dev.hansa.cli.demo;

import java.nio.file.Path;
import java.util.Optional;

/// What `hansa demo` was asked for. A network is the first three numbers of an IPv4 address.
///
/// @param upTo the last step to tell; empty: all of them
/// @param defaultDeny calls that no intention decides are denied, and the story writes those it
///   needs
public record DemoOptions(
        boolean once,
        Optional<Path> report,
        String eksNetwork,
        String lkeNetwork,
        boolean inNamespaces,
        boolean keep,
        Optional<String> upTo,
        boolean defaultDeny) {}
