package dev.hansa.failover;

/// The verdict on a target or one of its endpoints, and the evidence for it in words.
public record HealthView(boolean healthy, String evidence) {
    public static final HealthView GOOD = new HealthView(true, "passing");

    public static HealthView bad(String evidence) {
        return new HealthView(false, evidence);
    }
}
