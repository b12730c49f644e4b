package dev.hansa.kubernetes.api;

/// A request that did not have its way.
public final class ApiException extends Exception {
    private static final long serialVersionUID = 1;

    /// Whose turn it is now.
    public enum Cause {
        /// The server could not be asked, or could not do it now.
        UNREACHABLE,
        /// The token may not.
        FORBIDDEN,
        /// The server said no to what was asked.
        REFUSED,
        /// Somebody else has written meanwhile.
        CONFLICT
    }

    private final Cause reason;

    ApiException(Cause reason, String sentence) {
        super(sentence);
        this.reason = reason;
    }

    ApiException(Cause reason, String sentence, Throwable cause) {
        super(sentence, cause);
        this.reason = reason;
    }

    /// What the operator itself refuses, as the server would.
    public static ApiException refused(String sentence) {
        return new ApiException(Cause.REFUSED, sentence);
    }

    /// What the operator itself could not find out now.
    public static ApiException unreachable(String sentence) {
        return new ApiException(Cause.UNREACHABLE, sentence);
    }

    public Cause reason() {
        return reason;
    }

    /// One sentence, in the server's words where it has answered.
    public String sentence() {
        return String.valueOf(getMessage());
    }
}
