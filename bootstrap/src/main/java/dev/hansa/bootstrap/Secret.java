package dev.hansa.bootstrap;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/// A value that must never reach a log, an error, a metric or a URL. `toString` redacts it,
/// comparison takes the same time whatever differs.
public record Secret(String value) {

    /// Compares in constant time for values of equal length.
    public boolean matches(String candidate) {
        return MessageDigest.isEqual(
                value.getBytes(StandardCharsets.UTF_8), candidate.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret(var theirs) && matches(theirs);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "<redacted>";
    }
}
