package dev.hansa.peering.login;

/// Something about logging in that does not hold: the message names what, what was expected and
/// what was found.
public final class InvalidLoginException extends Exception {
    private static final long serialVersionUID = 1;

    InvalidLoginException(String sentence) {
        super(sentence);
    }

    public String sentence() {
        return String.valueOf(getMessage());
    }
}
