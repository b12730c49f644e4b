package dev.hansa.peering.api;

/// A file of service definitions that says something else than one; the message is one sentence.
public final class InvalidServiceFileException extends Exception {
    private static final long serialVersionUID = 1;

    InvalidServiceFileException(String sentence) {
        super(sentence);
    }

    InvalidServiceFileException(String sentence, Throwable cause) {
        super(sentence, cause);
    }

    public String sentence() {
        return String.valueOf(getMessage());
    }
}
