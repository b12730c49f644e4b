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
}
