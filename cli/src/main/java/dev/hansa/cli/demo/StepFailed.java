package dev.hansa.cli.demo;

/// A step did not hold: what was expected and what was found.
final class StepFailed extends Exception {
    private static final long serialVersionUID = 1;

    StepFailed(String message) {
        super(message);
    }

    StepFailed(String message, Throwable cause) {
        super(message, cause);
    }
}
