package dev.hansa.kubernetes;

import dev.hansa.kubernetes.catalog.PodProblem;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/// What happens in the operator. One place decides what is logged and counted.
public sealed interface OperatorEvent {
    record Started(String cluster, String namespaces) implements OperatorEvent {}

    /// The token goes over a network that others may listen to.
    record InTheClear(String address) implements OperatorEvent {}

    /// @param identity of this replica
    record LeaderGained(String identity) implements OperatorEvent {}

    record LeaderLost(String identity, String reason) implements OperatorEvent {}

    /// The lease could not be asked for or renewed.
    record LeaseFailed(String identity, String reason) implements OperatorEvent {}

    record Written(Subject subject, String what) implements OperatorEvent {}

    record Removed(Subject subject, String what) implements OperatorEvent {}

    /// The work on a subject has ended and there is nothing to try again.
    record Settled(Subject subject) implements OperatorEvent {}

    /// @param words why, in the words of whoever refused
    record Refused(Subject subject, String words, Duration again) implements OperatorEvent {}

    record Failed(Subject subject, String words, Duration again) implements OperatorEvent {}

    /// An object was let go although what it had written could not be removed.
    record Abandoned(Subject subject, String words) implements OperatorEvent {}

    /// @param owner of whom nothing is there any more
    record OrphanRemoved(String owner, String what) implements OperatorEvent {}

    /// Another cluster of this one's name has written at this server; told once.
    record NamesakeFound(String cluster, String other, String object) implements OperatorEvent {}

    /// There is more to do than the queue holds.
    record QueueFull(String subject) implements OperatorEvent {}

    /// A watch ended in a way that it does not mend itself; it begins anew.
    record WatchFailed(String kind, String words) implements OperatorEvent {}

    /// What the cluster lacks is other than before.
    ///
    /// @param kinds definitions that are not there; none: all are
    record KindsLacking(SortedSet<String> kinds) implements OperatorEvent {
        public KindsLacking {
            kinds = Collections.unmodifiableSortedSet(new TreeSet<>(kinds));
        }
    }

    /// The look at everything, which comes each resync, has ended early.
    record ResyncFailed(String words) implements OperatorEvent {}

    /// @param service of Kubernetes, or what is nobody's any more
    record CatalogWritten(String service, int registered, int removed) implements OperatorEvent {}

    /// Which addresses of the cluster stand for services is other than before.
    ///
    /// @param services of Kubernetes, whose addresses do; none: the entry is gone
    record ClusterIpsWritten(int services) implements OperatorEvent {}

    record CatalogSettled() implements OperatorEvent {}

    record CatalogRefused(String service, String words, Duration again) implements OperatorEvent {}

    record CatalogFailed(String service, String words, Duration again) implements OperatorEvent {}

    /// Told once for each pod and problem.
    record PodProblemFound(PodProblem problem) implements OperatorEvent {}

    /// The pod's author is not told.
    ///
    /// @param code what the API server answered; 0: nothing
    record EventNotWritten(String pod, int code) implements OperatorEvent {}
}
