package dev.hansa.kubernetes;

import java.time.Duration;

/// How the work on a subject ended.
sealed interface Outcome {
    /// Nothing to do until something changes.
    record Settled() implements Outcome {}

    /// As it should be, or waiting for somebody; to be looked at again.
    record Again(Duration after) implements Outcome {}

    /// What it says is refused. Tried again, later each time, for the reason may go away.
    record Refused(String words) implements Outcome {}

    /// Could not be done now.
    record Failed(String words) implements Outcome {}
}
