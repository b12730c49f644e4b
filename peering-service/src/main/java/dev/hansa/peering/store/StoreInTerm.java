package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import java.util.Optional;
import java.util.OptionalLong;

/// A store for whoever acts as the leader of a term.
record StoreInTerm(RaftStore store, long term) implements Store {
    @Override
    public StoreAnswer apply(StoreCommand command) {
        return store.apply(command, OptionalLong.of(term));
    }

    @Override
    public Latest<StoreState> state() {
        return store.state();
    }

    @Override
    public Optional<String> problem() {
        return store.problem();
    }

    /// The store belongs to the server, not to whoever leads.
    @Override
    public void close() {}
}
