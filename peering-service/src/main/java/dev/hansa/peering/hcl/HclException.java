package dev.hansa.peering.hcl;

/// A text that is no HCL as it is read here; the message says where, what was expected and what was
/// found, on one line and without the text of a string.
public final class HclException extends Exception {
    private static final long serialVersionUID = 1;

    private final int line;
    private final int column;

    HclException(int line, int column, String expected, String found) {
        super(
                "HCL at line "
                        + line
                        + ", column "
                        + column
                        + ": expected "
                        + expected
                        + "; found "
                        + found);
        this.line = line;
        this.column = column;
    }

    /// The first is 1.
    public int line() {
        return line;
    }

    /// In characters; the first is 1.
    public int column() {
        return column;
    }

    /// The sentence, for a larger one.
    public String sentence() {
        return String.valueOf(getMessage());
    }
}
