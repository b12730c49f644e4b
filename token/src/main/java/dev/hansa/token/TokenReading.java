package dev.hansa.token;

/// What came of reading a token.
public sealed interface TokenReading {
    /// @param fingerprint over trust domain and root keys, for two people to compare
    record Accepted(PeeringToken token, String fingerprint) implements TokenReading {}

    record Rejected(TokenRejection rejection) implements TokenReading {}
}
