package dev.hansa.cli;

/// A command that was understood and did not succeed. The message is the one sentence that the user
/// sees; the exit status is 1.
sealed class CommandFailedException extends Exception permits ServerUnreachableException {
    CommandFailedException(String message) {
        super(message);
    }

    CommandFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
