package dev.hansa.kubernetes.inject;

import java.time.Instant;

/// What happens in the injector. One place decides what is logged and counted.
public sealed interface InjectorEvent {
    record Started(String address, String rules) implements InjectorEvent {}

    /// @param pod namespace and name, or the beginning of its name
    record Injected(String pod, String service) implements InjectorEvent {}

    record LeftAlone(String pod, String why) implements InjectorEvent {}

    record Refused(String pod, InjectDecision.Refusal reason, String sentence)
            implements InjectorEvent {}

    /// A request that was no review of a pod, or could not be answered.
    record ReviewFailed(String words) implements InjectorEvent {}

    record LeaderGained(String identity) implements InjectorEvent {}

    record LeaderLost(String identity, String reason) implements InjectorEvent {}

    /// The lease could not be asked for or renewed.
    record LeaseFailed(String identity, String reason) implements InjectorEvent {}

    /// The webhook answers with another certificate from now on.
    record CertificateTaken(Instant end) implements InjectorEvent {}

    /// Secret or configuration were written; `what` names which and why.
    record Written(String what) implements InjectorEvent {}

    /// Certificate or configuration could not be looked at or written; it is tried again.
    record UpkeepFailed(String words) implements InjectorEvent {}

    /// A pod's own init container has given up, and an Event of Kubernetes says so.
    record PodReported(String pod, String reason) implements InjectorEvent {}
}
