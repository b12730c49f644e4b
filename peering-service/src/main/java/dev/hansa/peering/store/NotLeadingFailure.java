package dev.hansa.peering.store;

/// Whoever asked did so as the leader, or asked this server as if it led, and another one leads, or
/// is about to. Nothing is wrong: the same is asked there.
public final class NotLeadingFailure extends StoreFailure {
    private static final long serialVersionUID = 1;

    public NotLeadingFailure(String message) {
        super(message, null);
    }
}
