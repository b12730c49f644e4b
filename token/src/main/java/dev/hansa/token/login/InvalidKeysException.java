package dev.hansa.token.login;

/// Keys that cannot be used; the message says why and never quotes them.
public final class InvalidKeysException extends Exception {
    private static final long serialVersionUID = 1;

    InvalidKeysException(String sentence) {
        super(sentence);
    }

    public String sentence() {
        return String.valueOf(getMessage());
    }
}
