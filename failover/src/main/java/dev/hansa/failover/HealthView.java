package dev.hansa.failover;

/// The verdict on a target or one of its endpoints, and the evidence for it in words.
///
/// @param spare it works, and is left for one that is preferred: connections try it after all that
///   is healthy. Never both
public record HealthView(boolean healthy, boolean spare, String evidence) {
    public static final HealthView GOOD = new HealthView(true, false, "passing");

    public HealthView {
        if (healthy && spare) {
            throw new IllegalArgumentException(
                    "health: expected healthy or spare; found both: " + evidence);
        }
    }

    public static HealthView of(boolean healthy, String evidence) {
        return new HealthView(healthy, false, evidence);
    }

    public static HealthView bad(String evidence) {
        return of(false, evidence);
    }

    public static HealthView spare(String evidence) {
        return new HealthView(false, true, evidence);
    }

    /// Whether a connection may go there at all.
    public boolean works() {
        return healthy || spare;
    }
}
