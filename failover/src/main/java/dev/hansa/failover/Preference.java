package dev.hansa.failover;

import java.time.Duration;

/// Which of a service's healthy targets its callers should prefer.
///
/// @param spread how connections are divided among them
/// @param minHealthyPercent a target with a smaller share of healthy instances is left for another
///   that has enough; 0: one healthy instance suffices
/// @param holdDown how long a target must have been healthy again before callers go back to it; 0:
///   at once
public record Preference(Spread spread, int minHealthyPercent, Duration holdDown) {
    public static final Preference NONE = new Preference(new Spread.Sequential(), 0, Duration.ZERO);

    public Preference {
        if (minHealthyPercent < 0 || minHealthyPercent > 100) {
            throw new IllegalArgumentException(
                    "share of healthy instances: expected 0 to 100 percent; found "
                            + minHealthyPercent);
        }
        if (holdDown.isNegative()) {
            throw new IllegalArgumentException("hold-down: expected 0 or more; found " + holdDown);
        }
    }
}
