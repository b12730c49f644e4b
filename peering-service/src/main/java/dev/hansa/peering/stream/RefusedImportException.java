package dev.hansa.peering.stream;

import dev.hansa.peering.RefusalReason;

/// A resource is not for us to take, for a reason that is counted by itself.
final class RefusedImportException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final RefusalReason reason;

    RefusedImportException(RefusalReason reason, String message) {
        super(message);
        this.reason = reason;
    }

    static RefusalReason reason(IllegalArgumentException e) {
        return e instanceof RefusedImportException refused ? refused.reason : RefusalReason.INVALID;
    }
}
