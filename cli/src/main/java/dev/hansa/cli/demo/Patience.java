package dev.hansa.cli.demo;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/// Waits for a condition with a deadline, and says what it last saw when the deadline passes.
final class Patience {
    /// Short beside anything that is waited for, long beside what one look costs.
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(40);

    private final Console console;

    Patience(Console console) {
        this.console = console;
    }

    /// What one look found: what was waited for, or what was there instead.
    sealed interface Look<T> {
        record Found<T>(T value) implements Look<T> {}

        record NotYet<T>(String seen) implements Look<T> {}
    }

    /// Looks once; a StepFailed says that waiting longer is of no use.
    @FunctionalInterface
    interface Watch<T> {
        Look<T> look() throws StepFailed, IOException, InterruptedException;
    }

    /// Looks until it is there, at most `limit`. A failure to look counts as not yet.
    ///
    /// @throws StepFailed when it did not come in time
    /// @throws InterruptedException when the demo is told to end
    <T> T until(String what, Duration limit, Watch<T> watch)
            throws StepFailed, InterruptedException {
        var deadline = System.nanoTime() + limit.toNanos();
        console.waiting(what);
        while (true) {
            String seen;
            Optional<IOException> failure = Optional.empty();
            try {
                switch (watch.look()) {
                    case Look.Found<T>(var value) -> {
                        return value;
                    }
                    case Look.NotYet<T>(var found) -> seen = found;
                }
            } catch (IOException e) {
                seen = e.getClass().getSimpleName() + ": " + e.getMessage();
                failure = Optional.of(e);
            }
            if (System.nanoTime() > deadline) {
                var sentence =
                        what
                                + ": expected within "
                                + limit.toSeconds()
                                + " s; found '"
                                + seen
                                + "'";
                throw failure.map(cause -> new StepFailed(sentence, cause))
                        .orElseGet(() -> new StepFailed(sentence));
            }
            Thread.sleep(BETWEEN_LOOKS);
        }
    }

    /// As [#until] for a condition without a value.
    void untilTrue(String what, Duration limit, Condition condition)
            throws StepFailed, InterruptedException {
        until(
                what,
                limit,
                () -> condition.holds() ? new Look.Found<>(true) : new Look.NotYet<>("not so"));
    }

    /// Something that comes true.
    @FunctionalInterface
    interface Condition {
        boolean holds() throws StepFailed, IOException, InterruptedException;
    }
}
