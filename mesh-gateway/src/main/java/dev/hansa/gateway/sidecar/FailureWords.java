package dev.hansa.gateway.sidecar;

/// What is told of a failure.
final class FailureWords {
    private FailureWords() {}

    /// The innermost cause: a verifier's sentence, where there is one.
    static String of(Throwable failure) {
        var cause = failure;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
