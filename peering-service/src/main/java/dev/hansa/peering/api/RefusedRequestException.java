package dev.hansa.peering.api;

/// A request that is not answered as asked; stays within this package. The message is the body.
final class RefusedRequestException extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;

    RefusedRequestException(int status, String sentence) {
        super(sentence);
        this.status = status;
    }

    static RefusedRequestException bad(String sentence) {
        return new RefusedRequestException(400, sentence);
    }

    int status() {
        return status;
    }

    String sentence() {
        return String.valueOf(getMessage());
    }

    /// Text of a stranger, cut and on one line.
    static String shown(String text) {
        var cut = text.length() > 80 ? text.substring(0, 80) + "…" : text;
        return cut.replaceAll("\\p{Cntrl}", "?");
    }
}
