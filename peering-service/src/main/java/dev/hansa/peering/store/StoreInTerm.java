package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import java.util.Optional;
import java.util.OptionalLong;

/// A store for whoever acts as the leader of a term.
record StoreInTerm(RaftStore store, long term) implements Store {
    /// @throws StoreFailure also when another server leads by now: that is no answer to what was
    ///   asked, and must not be taken for one (a secret that is wrong, an entry that has changed)
    @Override
    public StoreAnswer apply(StoreCommand command) {
        var answer = store.apply(command, OptionalLong.of(term));
        if (answer instanceof StoreAnswer.Refused(var reason)
                && ReplicaMachine.isOfAnotherTerm(reason)) {
            throw new NotLeadingFailure("store: " + reason);
        }
        // a note may be left unwritten while not all members can read it
        if (!(command instanceof StoreCommand.NoteAct)) {
            Witness.speaks();
        }
        return answer;
    }

    @Override
    public Latest<StoreState> state() {
        return store.state();
    }

    @Override
    public void confirm() {
        store.confirm();
    }

    @Override
    public Optional<String> problem() {
        return store.problem();
    }

    @Override
    public Optional<String> databaseProblem() {
        return store.databaseProblem();
    }

    /// The store belongs to the server, not to whoever leads.
    @Override
    public void close() {}
}
