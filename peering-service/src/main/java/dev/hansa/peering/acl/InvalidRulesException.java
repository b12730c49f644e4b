package dev.hansa.peering.acl;

/// Rules that cannot be read; the message names the place, what was expected and what was found.
public final class InvalidRulesException extends Exception {
    private static final long serialVersionUID = 1;

    InvalidRulesException(String sentence) {
        super(sentence);
    }

    public String sentence() {
        return String.valueOf(getMessage());
    }
}
