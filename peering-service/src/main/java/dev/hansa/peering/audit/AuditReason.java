package dev.hansa.peering.audit;

import java.util.Arrays;

/// Why the state was against a change: a word in the record, which is hashed, and the sentence that
/// it is shown with. Words, and when each is given, stay what they are; sentences may be bettered.
public enum AuditReason {
    NONE("", ""),
    STALE("stale", "expected what is there as it was read; found it changed since"),
    TAKEN("taken", "expected a name, an id or a secret that no other has; found it taken"),
    ABSENT("absent", "expected what it is about to be there; found none"),
    CROWDED("crowded", "expected fewer of its kind; found as many as may be"),
    DELETING("deleting", "expected a peering that stays; found it marked for deletion"),
    WRONG_SECRET("wrong-secret", "expected the secret that is good for it; found another"),
    EXPIRED("expired", "expected a secret that is still good; found it expired"),
    USED("used", "expected a secret or a place that was not used; found it used"),
    FORBIDDEN("forbidden", "expected what the state allows; found something else asked for"),
    MALFORMED("malformed", "expected what the store can take; found it malformed"),
    SUPERSEDED("superseded", "expected to be the only one of its kind; found another begun since"),
    OTHER("other", "expected what the state allows; found otherwise");

    private final String word;
    private final String sentence;

    AuditReason(String word, String sentence) {
        this.word = word;
        this.sentence = sentence;
    }

    /// In records.
    public String word() {
        return word;
    }

    /// For whoever reads it; a word of a newer version is shown as it is.
    static String sentence(String word) {
        return Arrays.stream(values())
                .filter(each -> each.word.equals(word))
                .map(each -> each.sentence)
                .findFirst()
                .orElse(word);
    }
}
