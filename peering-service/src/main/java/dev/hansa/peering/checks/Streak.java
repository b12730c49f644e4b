package dev.hansa.peering.checks;

import dev.hansa.exportedservices.CheckDefinition.Thresholds;
import dev.hansa.exportedservices.CheckStatus;
import java.util.Optional;

/// Results in a row of one kind.
///
/// @param good how many passed, or passed with a warning, since the last failure
/// @param bad how many failed since the last that did not
public record Streak(int good, int bad) {
    public static final Streak NONE = new Streak(0, 0);

    public Streak with(CheckStatus result) {
        // a count that has reached its threshold long ago need not grow for ever
        return result.compareTo(CheckStatus.CRITICAL) < 0
                ? new Streak(Math.min(good + 1, 1_000_000), 0)
                : new Streak(0, Math.min(bad + 1, 1_000_000));
    }

    /// The status that follows; empty: as before.
    ///
    /// @param last the result that this streak ends with
    public Optional<CheckStatus> status(CheckStatus last, Thresholds thresholds) {
        if (bad == 0) {
            return good >= thresholds.passing() ? Optional.of(last) : Optional.empty();
        }
        if (bad >= thresholds.critical()) {
            return Optional.of(CheckStatus.CRITICAL);
        }
        return bad >= thresholds.warning() ? Optional.of(CheckStatus.WARNING) : Optional.empty();
    }
}
