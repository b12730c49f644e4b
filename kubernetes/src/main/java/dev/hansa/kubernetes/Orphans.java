package dev.hansa.kubernetes;

import dev.hansa.kubernetes.api.ApiException;
import dev.hansa.kubernetes.api.StoredPeering;
import java.util.Optional;

/// Finds what this cluster has written for objects that are not there any more, or that have become
/// another entry, and removes it. Whether an object is there the API server is asked each time.
final class Orphans {
    private final Desk desk;

    Orphans(Desk desk) {
        this.desk = desk;
    }

    Outcome work() throws InterruptedException {
        if (!desk.cluster().isSynced(ResourceKind.EXPORTED_SERVICES)) {
            return new Outcome.Failed(
                    "watch of exportedservices: expected to have begun; found that it has not");
        }
        try {
            for (var kind : ResourceKind.values()) {
                if (kind.isEntry()) {
                    entries(kind);
                }
            }
            for (var peering : desk.api().peerings()) {
                peering(peering);
            }
            return new Outcome.Settled();
        } catch (ApiException e) {
            return Desk.outcome(e);
        }
    }

    private void entries(ResourceKind kind) throws ApiException, InterruptedException {
        for (var entry : desk.api().entries(kind.entryKind())) {
            var owner = ours(Owner.of(EntryWork.meta(entry)));
            if (owner.isPresent() && isLeft(owner.get(), kind, entry.name())) {
                desk.mayWrite();
                desk.api().delete(entry);
                desk.events()
                        .accept(
                                new OperatorEvent.OrphanRemoved(
                                        owner.get().object(), entry.kind() + "/" + entry.name()));
            }
        }
    }

    private void peering(StoredPeering peering) throws ApiException, InterruptedException {
        var owner = ours(Owner.of(peering.meta()));
        if (owner.isEmpty() || peering.isEnding()) {
            return;
        }
        var subject = owner.get().subject().filter(this::isWatched);
        if (subject.isPresent() && desk.cluster().now(subject.get()).isEmpty()) {
            desk.mayWrite();
            desk.api().deletePeering(peering.name());
            desk.events()
                    .accept(
                            new OperatorEvent.OrphanRemoved(
                                    owner.get().object(), "peering " + peering.name()));
        }
    }

    private Optional<Owner> ours(Optional<Owner> owner) {
        return owner.filter(one -> one.cluster().equals(desk.name()));
    }

    private boolean isLeft(Owner owner, ResourceKind kind, String name) {
        if (owner.object().equals(Owner.EXPORTS)) {
            // ExportsWork empties it, while there is an object to begin with
            return desk.cluster().known(ResourceKind.EXPORTED_SERVICES).isEmpty();
        }
        var subject = owner.subject().filter(this::isWatched).filter(one -> one.kind() == kind);
        if (subject.isEmpty()) {
            return false;
        }
        var object = desk.cluster().now(subject.get());
        return object.isEmpty() || !EntryWork.entryName(object.get()).equals(name);
    }

    private boolean isWatched(Subject subject) {
        return desk.cluster().sees(subject.group()) && desk.cluster().sees(subject.namespace());
    }
}
