package dev.hansa.token.login;

/// What came of a login's token.
public sealed interface LoginReading {
    record Accepted(LoginClaims claims) implements LoginReading {}

    /// None of the keys is the one that the token names, or could be. Newer keys may have it.
    record UnknownKey() implements LoginReading {}

    /// @param sentence for whoever shows the token: what is wrong with it, and nothing of it before
    ///   its signature was found to be good
    record Rejected(Reason reason, String sentence) implements LoginReading {}

    enum Reason {
        OVERSIZED,
        MALFORMED,
        ALGORITHM,
        SIGNATURE,
        ISSUER,
        AUDIENCE,
        NO_END,
        EXPIRED,
        NOT_YET
    }
}
