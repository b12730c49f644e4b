package dev.hansa.peering.store;

/// The disk refused, or what is on it is not ours. Names the file and the cause.
public sealed class StoreFailure extends RuntimeException permits NotLeadingFailure {
    private static final long serialVersionUID = 1;

    public StoreFailure(String message, @org.jspecify.annotations.Nullable Throwable cause) {
        super(message, cause);
    }
}
