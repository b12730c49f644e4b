package dev.hansa.peering.checks;

import dev.hansa.exportedservices.CheckStatus;

/// What one question has found.
///
/// @param output for people; may quote what the target has answered
public record Verdict(CheckStatus status, String output) {
    public static Verdict critical(String output) {
        return new Verdict(CheckStatus.CRITICAL, output);
    }
}
