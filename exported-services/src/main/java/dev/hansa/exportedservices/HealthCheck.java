package dev.hansa.exportedservices;

import java.util.Optional;

/// One health check of a service instance, with its last result.
///
/// @param output the last result in words, at most 4096 characters
/// @param type what runs it: `tcp`, `http`, `grpc`, `ttl`, `proxy`, or empty
/// @param definition what its owner said of it; empty: nothing but its name
public record HealthCheck(
        String id,
        String name,
        CheckStatus status,
        String output,
        String type,
        Optional<CheckDefinition> definition) {
    /// The id of a node's check that says whether the node is there; Consul's name for it.
    public static final String NODE_ALIVE = "serfHealth";

    private static final int MAX_OUTPUT = 4096;

    public HealthCheck {
        if (output.length() > MAX_OUTPUT) {
            // half a character of two is none, and cannot be written as UTF-8
            var splits = Character.isHighSurrogate(output.charAt(MAX_OUTPUT - 1));
            output = output.substring(0, splits ? MAX_OUTPUT - 1 : MAX_OUTPUT);
        }
    }

    /// One that nobody said more of than its result.
    public HealthCheck(String id, String name, CheckStatus status, String output, String type) {
        this(id, name, status, output, type, Optional.empty());
    }

    public HealthCheck with(CheckStatus newStatus, String newOutput) {
        return new HealthCheck(id, name, newStatus, newOutput, type, definition);
    }

    /// Whether it is about the node, and so about all that runs there.
    public boolean isOfNode() {
        return definition.map(CheckDefinition::ofNode).orElse(false);
    }

    /// Whether this datacenter's servers find its result out, or wait for it.
    public boolean isRun() {
        return definition.flatMap(CheckDefinition::way).isPresent();
    }
}
