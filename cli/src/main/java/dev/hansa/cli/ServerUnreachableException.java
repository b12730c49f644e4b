package dev.hansa.cli;

/// Nobody answers there, or nobody that is believed.
final class ServerUnreachableException extends CommandFailedException {
    ServerUnreachableException(String message, Throwable cause) {
        super(message, cause);
    }
}
