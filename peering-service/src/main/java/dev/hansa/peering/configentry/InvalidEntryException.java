package dev.hansa.peering.configentry;

/// An entry that cannot be taken; stays within this package.
final class InvalidEntryException extends Exception {
    private static final long serialVersionUID = 1;

    private final int httpStatus;

    private InvalidEntryException(int httpStatus, String sentence) {
        super(sentence);
        this.httpStatus = httpStatus;
    }

    /// The text is not an entry.
    static InvalidEntryException unreadable(String sentence) {
        return new InvalidEntryException(400, sentence);
    }

    /// The entry says what may not be said; Consul's servers answer 500 then, and its clients know
    /// it so.
    static InvalidEntryException forbidden(String sentence) {
        return new InvalidEntryException(500, sentence);
    }

    ParsedEntry.Invalid told() {
        return new ParsedEntry.Invalid(String.valueOf(getMessage()), httpStatus);
    }
}
