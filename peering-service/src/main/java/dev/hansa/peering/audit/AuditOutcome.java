package dev.hansa.peering.audit;

/// How an act has ended. The words stay what they are: they are hashed.
public enum AuditOutcome {
    /// The change is in the state, or done elsewhere.
    APPLIED("applied"),

    /// The state was against it.
    REFUSED("refused"),

    /// The caller may not.
    DENIED("denied"),

    /// It is done elsewhere than in the store, and may still fail.
    BEGUN("begun"),

    /// What had begun was not done.
    FAILED("failed");

    private final String word;

    AuditOutcome(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }
}
