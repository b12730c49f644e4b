package dev.hansa.peering.audit;

import java.util.List;

/// What a record is kept for. Each class has room of its own, so that no number of refusals pushes
/// out what was done, and no number of everyday changes who was given trust. Words, and what is of
/// which class, stay what they are: they are hashed.
public enum AuditClass {
    /// Who may do what here, and which server is one: tokens, policies, the authority, join tokens,
    /// servers, snapshots. All of it asks for a right over the whole datacenter, so that nobody who
    /// has less can push any of it out.
    TRUST("trust", 50_000),

    /// All else that was done: config entries, intentions among them, peerings, registrations.
    CHANGE("change", 50_000),

    /// What was not: the state was against it, or the caller may not.
    REFUSAL("refusal", 20_000);

    /// Of the words of acts, up to the first dot.
    private static final List<String> TRUSTED =
            List.of(
                    "acl",
                    "acl-policy",
                    "acl-token",
                    "audit",
                    "auth-method",
                    "binding-rule",
                    "ca",
                    "join-token",
                    "server",
                    "snapshot");

    private final String word;
    private final int most;

    AuditClass(String word, int most) {
        this.word = word;
        this.most = most;
    }

    /// In records.
    public String word() {
        return word;
    }

    /// How many are kept. All three together take up 50 MB as records are, and 400 MB if all texts
    /// were as long as they may be and none in ASCII.
    public int most() {
        return most;
    }

    /// @throws IllegalArgumentException when there is none of this word
    public static AuditClass of(String word) {
        for (var each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        throw new IllegalArgumentException(
                "audit record: expected a class of trust, change, refusal; found another");
    }

    /// @param what of a record, as are the others
    public static AuditClass of(String what, String outcome) {
        if (outcome.equals(AuditOutcome.REFUSED.word())
                || outcome.equals(AuditOutcome.DENIED.word())) {
            return REFUSAL;
        }
        // each proxy uses one, as often as it is started
        var isUse = what.equals("join-token.use");
        var isTrusted = TRUSTED.contains(what.split("\\.", 2)[0]);
        return isTrusted && !isUse ? TRUST : CHANGE;
    }
}
