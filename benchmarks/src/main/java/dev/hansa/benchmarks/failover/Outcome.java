package dev.hansa.benchmarks.failover;

/// How a request ended, on the clock of `System.nanoTime`.
///
/// @param dueNanos when it had to begin, whatever became of those before it
/// @param connectionNanos when its connection began to be opened
/// @param endedNanos when the whole answer was there, or when it had failed
/// @param from who answered; empty when it failed
/// @param failure why it failed; empty when it did not
record Outcome(
        ClientKind client,
        long dueNanos,
        long connectionNanos,
        long endedNanos,
        String from,
        String failure) {
    boolean ok() {
        return failure.isEmpty();
    }

    double millis() {
        return (endedNanos - dueNanos) / 1e6;
    }
}
