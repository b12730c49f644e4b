package dev.hansa.kubernetes.lease;

import java.time.Duration;

/// Asked before each write: may this replica still write, until whatever it begins has ended?
@FunctionalInterface
public interface Fence {
    /// Thrown where it may not. Another replica does the work, or this one again later.
    final class NotLeadingException extends RuntimeException {
        private static final long serialVersionUID = 1;

        public NotLeadingException() {
            super("another replica may hold the lease before this write has ended");
        }
    }

    boolean holdsFor(Duration work);

    /// @throws NotLeadingException when `work` might end after the lease
    default void check(Duration work) {
        if (!holdsFor(work)) {
            throw new NotLeadingException();
        }
    }
}
