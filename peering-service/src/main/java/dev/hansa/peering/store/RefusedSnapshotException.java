package dev.hansa.peering.store;

/// A snapshot that is not taken; the message is one sentence that names subject, expected and
/// found. Nothing has changed.
public final class RefusedSnapshotException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedSnapshotException(String sentence) {
        super(sentence);
    }

    public String sentence() {
        return String.valueOf(getMessage());
    }
}
