package dev.hansa.kubernetes.inject;

import dev.hansa.kubernetes.inject.InjectDecision.Refusal;

/// Ends the reading of a pod that is refused. [Injection#decide] makes a decision of it.
final class RefusedPodException extends Exception {
    private static final long serialVersionUID = 1;

    private final Refusal reason;

    RefusedPodException(Refusal reason, String sentence) {
        super(sentence);
        this.reason = reason;
    }

    Refusal reason() {
        return reason;
    }

    InjectDecision.Refuse decision() {
        return new InjectDecision.Refuse(reason, String.valueOf(getMessage()));
    }
}
