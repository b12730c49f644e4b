package dev.hansa.token;

/// What came of reading a token.
public sealed interface TokenReading {
    /// @param fingerprint over trust domain and root keys, for two people to compare
    /// @param form how it was written
    record Accepted(PeeringToken token, Fingerprint fingerprint, TokenForm form)
            implements TokenReading {}

    record Rejected(TokenRejection rejection) implements TokenReading {}
}
