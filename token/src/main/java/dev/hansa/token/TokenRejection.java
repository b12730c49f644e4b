package dev.hansa.token;

import dev.hansa.bootstrap.ForeignText;

/// Why a token was not accepted.
///
/// @param detail a lower-case fragment that names expected and found, and nothing secret
public record TokenRejection(Reason reason, String detail) {
    /// Parsers quote what they choke on, at any length.
    private static final int MAX_DETAIL = 1000;

    public TokenRejection {
        detail = ForeignText.shown(detail, MAX_DETAIL);
    }

    /// The name is a metric's label.
    public enum Reason {
        OVERSIZED,
        MALFORMED,
        UNSIGNED,
        ALGORITHM,
        WRONG_TYPE,
        FORBIDDEN_HEADER,
        UNKNOWN_VERSION,
        KEY_NOT_TRUSTED,
        ALTERED,
        EXPIRED,
        NOT_YET_VALID,
        WRONG_AUDIENCE,
        WRONG_FINGERPRINT,
        BAD_CLAIM
    }

    /// The whole sentence for an operator.
    public String sentence() {
        return "peering token rejected: " + detail;
    }
}
