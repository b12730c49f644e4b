package dev.hansa.cli.agent;

/// A request that did not have its way.
final class ServerException extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean refused;

    /// @param refused whether a server has judged it, so that another would say the same
    ServerException(boolean refused, String sentence, Throwable cause) {
        super(sentence, cause);
        this.refused = refused;
    }

    ServerException(boolean refused, String sentence) {
        super(sentence);
        this.refused = refused;
    }

    boolean isRefused() {
        return refused;
    }

    String sentence() {
        return String.valueOf(getMessage());
    }
}
