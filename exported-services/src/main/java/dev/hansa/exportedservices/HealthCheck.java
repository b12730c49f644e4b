package dev.hansa.exportedservices;

/// One health check of a service instance, with its last result.
///
/// @param output the last result in words, at most 4096 characters
/// @param type what runs it: `tcp`, `http`, `grpc`, `ttl`, `proxy`, or empty
public record HealthCheck(String id, String name, CheckStatus status, String output, String type) {
    private static final int MAX_OUTPUT = 4096;

    public HealthCheck {
        if (output.length() > MAX_OUTPUT) {
            output = output.substring(0, MAX_OUTPUT);
        }
    }

    public HealthCheck with(CheckStatus newStatus, String newOutput) {
        return new HealthCheck(id, name, newStatus, newOutput, type);
    }
}
