package dev.hansa.exportedservices.filter;

/// A text that is no filter; the message says where, what was expected and what was found.
public final class InvalidFilterException extends Exception {
    private static final long serialVersionUID = 1;

    InvalidFilterException(String sentence) {
        super(sentence);
    }

    /// The sentence, for a larger one.
    public String sentence() {
        return String.valueOf(getMessage());
    }
}
