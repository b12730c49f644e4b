package dev.hansa.peering.api;

import dev.hansa.peering.PeeringEvent;
import dev.hansa.peering.acl.AccessControl;
import dev.hansa.peering.store.Store;
import dev.hansa.peering.store.StoreAnswer;
import dev.hansa.peering.store.StoreCommand;
import java.util.function.Consumer;
import java.util.function.Function;

/// What writing of tokens and policies has in common.
record AclWrites(AccessControl control, Store store, Consumer<PeeringEvent> events) {
    /// @throws RefusedRequestException 401, which is how Consul's clients know
    void requireEnabled() throws RefusedRequestException {
        if (!control.enabled()) {
            throw new RefusedRequestException(401, "ACL support disabled");
        }
    }

    /// @param what has changed, for people
    /// @throws RefusedRequestException when the store has a reason against it
    void apply(StoreCommand command, String what) throws RefusedRequestException {
        apply(command, what, RefusedRequestException::bad);
    }

    /// @param refusal of the store's reason
    void apply(StoreCommand command, String what, Function<String, RefusedRequestException> refusal)
            throws RefusedRequestException {
        switch (store.apply(command)) {
            case StoreAnswer.Applied _ -> events.accept(new PeeringEvent.AccessChanged(what));
            case StoreAnswer.Unchanged _ -> {
                return;
            }
            case StoreAnswer.Refused(var reason) -> throw refusal.apply(reason);
        }
    }
}
