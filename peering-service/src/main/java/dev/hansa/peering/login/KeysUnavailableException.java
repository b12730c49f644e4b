package dev.hansa.peering.login;

/// An issuer's keys cannot be had. The message is for operators: whoever logs in is a stranger, and
/// must not learn from it what this server reaches.
public final class KeysUnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    KeysUnavailableException(String sentence, Throwable cause) {
        super(sentence, cause);
    }

    KeysUnavailableException(String sentence) {
        super(sentence);
    }

    public String sentence() {
        return String.valueOf(getMessage());
    }
}
