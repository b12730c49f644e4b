package dev.hansa.peering.store;

import dev.hansa.bootstrap.Latest;
import java.util.Optional;

/// Another store, of which a test changes one answer. It is not closed with this one: whoever has
/// opened it closes it.
public abstract class StoreThrough implements Store {
    private final Store store;

    protected StoreThrough(Store store) {
        this.store = store;
    }

    @Override
    public StoreAnswer apply(StoreCommand command) {
        return store.apply(command);
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
    public void close() {}
}
