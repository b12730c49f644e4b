package dev.hansa.kubernetes;

import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.StoredEntry;
import dev.hansa.kubernetes.api.StoredPeering;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// Finds what this cluster has written for objects that are not there any more, or that have become
/// another entry, and removes it. Whether an object is there the API server is asked each time.
final class Orphans {
    /// Requests without an answer in one round: each may take eight seconds.
    private static final int MAX_UNANSWERED = 3;

    /// An entry goes when those that need it have gone; none needs a longer chain than the kinds.
    private static final int MAX_ROUNDS = ResourceKind.values().length;

    private final Desk desk;
    private final AtomicBoolean hasMetNamesake = new AtomicBoolean();

    Orphans(Desk desk) {
        this.desk = desk;
    }

    /// What has become of one round.
    private static final class Round {
        private Outcome outcome = new Outcome.Settled();
        private boolean hasRemoved;
        private int unanswered;

        /// One that cannot be removed does not keep the others.
        void attempt(Desk.Removal one) throws InterruptedException {
            if (unanswered >= MAX_UNANSWERED) {
                return;
            }
            try {
                one.run();
            } catch (ApiException e) {
                outcome = Desk.outcome(e);
                if (e.reason() == ApiException.Cause.UNREACHABLE) {
                    unanswered++;
                }
            } catch (KubernetesClientException e) {
                outcome = new Outcome.Failed("Kubernetes: HTTP " + e.getCode());
                unanswered++;
            }
        }
    }

    Outcome work() throws InterruptedException {
        if (!desk.cluster().isSynced(ResourceKind.EXPORTED_SERVICES)) {
            return new Outcome.Failed(
                    "watch of exportedservices: expected to have begun; found that it has not");
        }
        var round = round();
        for (var i = 1; i < MAX_ROUNDS && round.hasRemoved && !isDone(round); i++) {
            round = round();
        }
        return round.outcome;
    }

    private static boolean isDone(Round round) {
        return round.outcome instanceof Outcome.Settled;
    }

    private Round round() throws InterruptedException {
        var round = new Round();
        for (var kind : ResourceKind.values()) {
            if (kind.isEntry()) {
                round.attempt(() -> {
                    for (var entry : desk.api().entries(kind.entryKind())) {
                        round.attempt(() -> entry(round, kind, entry));
                    }
                });
            }
        }
        round.attempt(() -> {
            for (var peering : desk.api().peerings()) {
                round.attempt(() -> peering(round, peering));
            }
        });
        return round;
    }

    private void entry(Round round, ResourceKind kind, StoredEntry entry)
            throws ApiException, InterruptedException {
        var owner = ours(Owner.of(EntryWork.meta(entry)));
        if (owner.isPresent() && isLeft(owner.get(), kind, entry.name())) {
            desk.mayWrite();
            desk.api().delete(entry);
            removed(round, owner.get(), entry.kind() + "/" + entry.name());
        }
    }

    private void peering(Round round, StoredPeering peering)
            throws ApiException, InterruptedException {
        var owner = ours(Owner.of(peering.meta()));
        if (owner.isEmpty() || peering.isEnding()) {
            return;
        }
        var subject = owner.get().subject().filter(desk.cluster()::sees);
        if (subject.isEmpty()
                || desk.cluster().now(subject.get()).isPresent()
                || !desk.cluster().isGone(subject.get())) {
            return;
        }
        // it is deleted by its name, which another may have by now
        var now = desk.api().peering(peering.name());
        if (now.filter(one -> one.id().equals(peering.id()))
                .flatMap(one -> Owner.of(one.meta()))
                .equals(owner)) {
            desk.mayWrite();
            desk.api().deletePeering(peering.name());
            removed(round, owner.get(), "peering " + peering.name());
        }
    }

    private void removed(Round round, Owner owner, String what) {
        round.hasRemoved = true;
        desk.events().accept(new OperatorEvent.OrphanRemoved(owner.object(), what));
    }

    private Optional<Owner> ours(Optional<Owner> owner) {
        owner.filter(one -> one.isOfNamesakeOf(desk.name()))
                .filter(_ -> hasMetNamesake.compareAndSet(false, true))
                .ifPresent(one ->
                        desk.events()
                                .accept(
                                        new OperatorEvent.NamesakeFound(
                                                desk.name(), one.cluster(), one.object())));
        return owner.filter(one -> one.cluster().equals(desk.name()));
    }

    private boolean isLeft(Owner owner, ResourceKind kind, String name) {
        if (owner.object().equals(Owner.EXPORTS)) {
            // ExportsWork empties it, while there is an object to begin with. Those of a definition
            // that is not served just now may be there; a group that never was has none
            var cluster = desk.cluster();
            return cluster.lost(ResourceKind.EXPORTED_SERVICES).isEmpty()
                    && !cluster.lacks(ApiGroup.HANSA, ResourceKind.EXPORTED_SERVICES)
                    && cluster.isSynced(ResourceKind.EXPORTED_SERVICES)
                    && cluster.known(ResourceKind.EXPORTED_SERVICES).isEmpty();
        }
        var subject =
                owner.subject().filter(desk.cluster()::sees).filter(one -> one.kind() == kind);
        if (subject.isEmpty()) {
            return false;
        }
        var object = desk.cluster().now(subject.get());
        return object.isPresent()
                ? !EntryWork.entryName(object.get()).equals(name)
                : desk.cluster().isGone(subject.get());
    }
}
