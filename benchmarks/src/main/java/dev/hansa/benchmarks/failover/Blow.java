package dev.hansa.benchmarks.failover;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/// Something that happens under load, and its undoing.
///
/// @param victim whose answers, after the undoing, are the failback; empty: there is none to see
/// @param refuge beginnings, with commas between them, of the names of those who have to answer
///   after the blow and did not before; empty: others answered already
/// @param survivors among whom the load should be even after the blow; empty: not looked at
/// @param isTold whether times count from when the catalog knows, as it is the catalog that says
///   so, and not from when something was done
/// @param before brings the world to where the blow can fall; not under load
/// @param strike the blow
/// @param undo the opposite; when it returns, what was struck runs again, and may not serve yet
/// @param after brings the world back to where it was before; not under load
record Blow(
        String victim,
        String refuge,
        List<String> survivors,
        boolean isTold,
        PerService<Knowledge> knowledge,
        Step before,
        Step strike,
        Step undo,
        Step after) {
    /// A part of it.
    @FunctionalInterface
    interface Step {
        Step NONE = () -> {};

        void run() throws IOException, InterruptedException;
    }

    Blow {
        survivors = List.copyOf(survivors);
    }

    /// Whether an answer is from where callers have to go.
    boolean isRefuge(String from) {
        return !refuge.isEmpty() && Arrays.stream(refuge.split(",", -1)).anyMatch(from::startsWith);
    }

    /// Nothing has to be prepared.
    Blow(
            String victim,
            String refuge,
            List<String> survivors,
            boolean isTold,
            PerService<Knowledge> knowledge,
            Step strike,
            Step undo) {
        this(victim, refuge, survivors, isTold, knowledge, Step.NONE, strike, undo, Step.NONE);
    }
}
