package dev.hansa.peering.store;

/// The disk refused, or what is on it is not ours. Names the file and the cause.
public final class StoreFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    public StoreFailure(String message, @org.jspecify.annotations.Nullable Throwable cause) {
        super(message, cause);
    }
}
