package dev.hansa.peering;

import java.util.Optional;

/// An answer of gRPC to a caller who may have gone meanwhile.
public final class LateAnswer {
    private LateAnswer() {}

    /// Gives it, on the call's event loop.
    ///
    /// @param end ends the response, and does nothing else: what it fails with is taken for the
    ///   caller's going
    /// @return in words, that nobody has waited for it; empty: it is on its way
    public static Optional<String> give(Runnable end) {
        try {
            end.run();
            return Optional.empty();
        } catch (IllegalStateException | NullPointerException e) {
            // the latter is what Vert.x (5.0.12) makes of a stream that was reset before its first
            // answer
            return Optional.of("it was gone before its answer: " + e.getMessage());
        }
    }
}
